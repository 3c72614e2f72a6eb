import { Zip } from "./zip";

/** Where everything is saved to. */
export interface Target {
  /** `path` uses slashes. Rejects with the signal's reason when it is aborted, and leaves no half file then. */
  save(path: string, content: Response, signal: AbortSignal): Promise<void>;
  /** After the last file. */
  finish(): Promise<void>;
}

/** A new archive begins when one has this many bytes: browsers keep it whole until it is saved. */
const ARCHIVE_BYTES = 1_000_000_000;

type Picker = (options: { id: string; mode: "readwrite"; startIn: "downloads" }) => Promise<FileSystemDirectoryHandle>;

const picker = (): Picker | undefined => (globalThis as { showDirectoryPicker?: Picker }).showDirectoryPicker;

/** Asks for a folder where the browser can write into one; else archives that are downloaded. Null: the person went back. */
export async function chooseTarget(): Promise<Target | null> {
  const pick = picker();
  if (!pick) return archiveTarget();
  try {
    return folderTarget(await pick({ id: "unplugd-export", mode: "readwrite", startIn: "downloads" }));
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    // Some companies forbid pages to write into folders, and embedded pages may not.
    return archiveTarget();
  }
}

export function folderTarget(folder: FileSystemDirectoryHandle): Target {
  return {
    async save(path, content, signal) {
      const names = path.split("/");
      const name = names.pop() as string;
      let inside = folder;
      for (const part of names) inside = await inside.getDirectoryHandle(part, { create: true });
      const file = await (await inside.getFileHandle(name, { create: true })).createWritable();
      // Written to a temporary file that close moves into place, so that no half file is left.
      await (content.body ?? new Blob([]).stream()).pipeTo(file, { signal });
    },
    finish: () => Promise.resolve(),
  };
}

export function archiveTarget(save: (content: Blob, name: string) => void = download, most = ARCHIVE_BYTES): Target {
  let zip = new Zip();
  let number = 1;
  return {
    async save(path, content, signal) {
      const file = await content.blob();
      signal.throwIfAborted();
      if (zip.size > 0 && zip.size + file.size > most) {
        save(zip.finish(), `unplugd-${number}.zip`);
        number += 1;
        zip = new Zip();
      }
      await zip.add(path, file, new Date());
      signal.throwIfAborted();
    },
    finish() {
      save(zip.finish(), number === 1 ? "unplugd.zip" : `unplugd-${number}.zip`);
      return Promise.resolve();
    },
  };
}

/** Hands a file to the person's downloads. */
export function download(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // Safari reads the address only after the click has been handled.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
