import { downloadZip, predictLength } from "client-zip";
import { Problem } from "@/api/client";

/** Where everything is saved to. */
export interface Target {
  /** `path` uses slashes. Rejects with the signal's reason when it is aborted, and leaves no half file then. */
  save(path: string, content: Response, signal: AbortSignal): Promise<void>;
  /** After the last file. Rejects with the signal's reason when it is aborted. */
  finish(signal: AbortSignal): Promise<void>;
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
  const files: { name: string; input: Blob; lastModified: Date }[] = [];
  let bytes = 0;
  let number = 1;
  async function saveArchive(name: string, signal: AbortSignal) {
    // Each file is let go as soon as it has been copied, so that the archive takes its room only once.
    const content = await downloadZip(emptied(files))
      .blob()
      .catch(() => {
        throw new Problem(0, "unsaved", "The archive could not be written. Is there enough space on this device?");
      });
    signal.throwIfAborted();
    save(content, name);
    bytes = 0;
  }
  return {
    async save(path, content, signal) {
      const file = { name: path, input: await content.blob(), lastModified: new Date() };
      signal.throwIfAborted();
      const size = Number(predictLength([file]));
      if (files.length > 0 && bytes + size > most) await saveArchive(`unplugd-${number++}.zip`, signal);
      files.push(file);
      bytes += size;
    },
    finish: (signal) => saveArchive(number === 1 ? "unplugd.zip" : `unplugd-${number}.zip`, signal),
  };
}

function* emptied<T>(list: T[]): Generator<T> {
  for (let first = list.shift(); first !== undefined; first = list.shift()) yield first;
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
