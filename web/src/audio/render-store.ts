/** Where a rendering is kept while it is made: a file of the browser's own on the disk, or memory where there is none. */
import { RenderError } from "./render-fetch";

export interface Store {
  write(bytes: Uint8Array, at: number): void;
  /** Fills `into` from `at` on. */
  read(into: Uint8Array, at: number): void;
  truncate(size: number): void;
  /** What has been written, to be downloaded. */
  finish(): Promise<Blob>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
}

/** The part of FileSystemSyncAccessHandle that is used; the DOM's types know it only inside workers. */
interface SyncHandle {
  read(into: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}
type SyncFile = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncHandle> };

const FOLDER = "renderings";
/** How long (ms) a finished file stays: no event says when a download is complete. */
const KEPT = 600_000;

const folder = async () => (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });

/** Removes what earlier renderings left: files that no download can want any more. Those being written are locked. */
export async function sweepStores(now = Date.now()): Promise<void> {
  try {
    const place = await folder();
    for await (const [name, handle] of place as unknown as AsyncIterable<[string, FileSystemFileHandle]>) {
      const { lastModified } = await handle.getFile();
      if (now - lastModified > KEPT) await place.removeEntry(name).catch(() => undefined);
    }
  } catch {
    // No such storage here (a private window): then nothing was left either.
  }
}

/** A place for one rendering. */
export async function openStore(): Promise<Store> {
  await sweepStores();
  try {
    const place = await folder();
    const name = `${crypto.randomUUID()}.part`;
    const file = (await place.getFileHandle(name, { create: true })) as SyncFile;
    try {
      return diskStore(file, await file.createSyncAccessHandle(), () => place.removeEntry(name));
    } catch (error) {
      await place.removeEntry(name);
      throw error;
    }
  } catch {
    return memoryStore();
  }
}

function diskStore(file: SyncFile, handle: SyncHandle, remove: () => Promise<void>): Store {
  return {
    write(bytes, at) {
      let written: number;
      try {
        written = handle.write(bytes, { at });
      } catch (error) {
        throw new RenderError("space", String(error));
      }
      if (written < bytes.length) throw new RenderError("space", "the disk took only a part");
    },
    read(into, at) {
      if (handle.read(into, { at }) < into.length) throw new RenderError("broken", "the rendering lost its end");
    },
    truncate: (size) => handle.truncate(size),
    async finish() {
      handle.flush();
      handle.close();
      return file.getFile();
    },
    async discard() {
      handle.close();
      await remove();
    },
  };
}

const PAGE = 4 * 1024 * 1024;

/** In pages, so that growing copies nothing. */
export function memoryStore(): Store {
  let pages: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const each = (at: number, length: number, visit: (page: Uint8Array, from: number, offset: number) => number) => {
    for (let done = 0; done < length;) {
      const index = Math.floor((at + done) / PAGE);
      while (pages.length <= index) pages.push(new Uint8Array(PAGE));
      done += visit(pages[index] as Uint8Array, (at + done) % PAGE, done);
    }
  };
  return {
    write(bytes, at) {
      try {
        each(at, bytes.length, (page, from, offset) => {
          const part = bytes.subarray(offset, offset + PAGE - from);
          page.set(part, from);
          return part.length;
        });
      } catch (error) {
        throw new RenderError("space", String(error));
      }
      size = Math.max(size, at + bytes.length);
    },
    read(into, at) {
      if (at + into.length > size) throw new RenderError("broken", "the rendering lost its end");
      each(at, into.length, (page, from, offset) => {
        const part = page.subarray(from, from + into.length - offset);
        into.set(part, offset);
        return part.length;
      });
    },
    truncate(to) {
      size = to;
      pages = pages.slice(0, Math.ceil(to / PAGE));
    },
    async finish() {
      const parts = pages.map((page, index) => page.subarray(0, Math.min(PAGE, size - index * PAGE)));
      pages = [];
      return new Blob(parts);
    },
    async discard() {
      pages = [];
    },
  };
}
