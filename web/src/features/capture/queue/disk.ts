/**
 * The sound of takes on this device: PCM without a header, one file a window. A file grows block by block, so what was
 * written before a crash is there after it. In OPFS, or in IndexedDB where a browser lends no files.
 */
import type { Store } from "./store";

/** Writes one take. One call after the other. */
export interface TakeWriter {
  /** Adds to a window's end. Rejects with QuotaExceededError when the device is full. */
  write(windowIndex: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Everything written is safe, also from a power cut. */
  flush(): Promise<void>;
  /** The window is complete; another tab may read it. */
  finish(windowIndex: number): Promise<void>;
}

export interface Disk {
  /** The windows of a take that are here, with their sizes in bytes. */
  list(recordingId: string): Promise<{ windowIndex: number; bytes: number }[]>;
  read(recordingId: string, windowIndex: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  remove(recordingId: string, windowIndex: number): Promise<void>;
  /** All of a take. */
  drop(recordingId: string): Promise<void>;
}

interface SyncHandle {
  getSize(): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}
type SyncFile = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncHandle> };

const FOLDER = "capture";

const nameOf = (windowIndex: number) => `window_${String(windowIndex).padStart(3, "0")}.pcm`;

async function folderOf(recordingId: string, create = false): Promise<FileSystemDirectoryHandle> {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create });
  return root.getDirectoryHandle(recordingId, { create });
}

const lendsFiles = () => "getDirectory" in (globalThis.navigator?.storage ?? {});

const isMissing = (error: unknown) => error instanceof DOMException && error.name === "NotFoundError";
const unlessMissing = (error: unknown) => {
  if (!isMissing(error)) throw error;
};

/** Runs in a worker: only there does a browser lend a file that is written in place. Null where it lends none. */
export async function fileWriter(recordingId: string): Promise<TakeWriter | null> {
  if (!lendsFiles()) return null;
  const open = async (windowIndex: number) => {
    const folder = await folderOf(recordingId, true);
    return ((await folder.getFileHandle(nameOf(windowIndex), { create: true })) as SyncFile).createSyncAccessHandle();
  };
  let current: { windowIndex: number; handle: SyncHandle; at: number };
  async function turnTo(windowIndex: number) {
    const handle = await open(windowIndex);
    current = { windowIndex, handle, at: handle.getSize() };
  }
  try {
    await turnTo(0);
  } catch {
    return null;
  }
  return {
    async write(windowIndex, bytes) {
      if (current.windowIndex !== windowIndex) await turnTo(windowIndex);
      const written = current.handle.write(bytes, { at: current.at });
      if (written < bytes.length) throw new DOMException("The device is full.", "QuotaExceededError");
      current.at += written;
    },
    async flush() {
      current.handle.flush();
    },
    async finish() {
      current.handle.flush();
      current.handle.close();
      current.windowIndex = -1;
    },
  };
}

/** The same in IndexedDB. A block waits until it has half a second, since each is a transaction. */
export function blockWriter(store: Store, recordingId: string, blockBytes: number): TakeWriter {
  let waiting: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  let block = 0;
  let at = 0;
  async function put() {
    if (size === 0) return;
    const whole = joined(waiting);
    [waiting, size] = [[], 0];
    await store.addBlock(recordingId, at, block++, whole);
  }
  return {
    async write(windowIndex, bytes) {
      at = windowIndex;
      waiting.push(bytes);
      size += bytes.length;
      if (size >= blockBytes) await put();
    },
    flush: put,
    finish: put,
  };
}

export const joined = (pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
};

/** Reads and removes in both places, since the worker may have had to choose the second one. */
export function openDisk(store: Store): Disk {
  const files = lendsFiles();
  return {
    async list(recordingId) {
      const sizes = new Map<number, number>();
      if (files)
        try {
          const folder = await folderOf(recordingId);
          for await (const [name, file] of folder as unknown as AsyncIterable<[string, FileSystemFileHandle]>) {
            const index = /^window_(\d{3})\.pcm$/.exec(name)?.[1];
            if (index) sizes.set(Number(index), (await file.getFile()).size);
          }
        } catch (error) {
          unlessMissing(error);
        }
      for (const { windowIndex, bytes } of await store.blocks(recordingId))
        sizes.set(windowIndex, (sizes.get(windowIndex) ?? 0) + bytes.length);
      return [...sizes]
        .filter(([, bytes]) => bytes > 0)
        .sort(([a], [b]) => a - b)
        .map(([windowIndex, bytes]) => ({ windowIndex, bytes }));
    },
    async read(recordingId, windowIndex) {
      const blocks = await store.blocks(recordingId, windowIndex);
      if (blocks.length) return joined(blocks.map(({ bytes }) => bytes));
      if (!files) return undefined;
      try {
        const file = await (await folderOf(recordingId)).getFileHandle(nameOf(windowIndex));
        return new Uint8Array(await (await file.getFile()).arrayBuffer());
      } catch (error) {
        unlessMissing(error);
        return undefined;
      }
    },
    async remove(recordingId, windowIndex) {
      if (files)
        await folderOf(recordingId)
          .then((folder) => folder.removeEntry(nameOf(windowIndex)))
          .catch(unlessMissing);
      await store.removeBlocks(recordingId, windowIndex);
    },
    async drop(recordingId) {
      if (files)
        await navigator.storage
          .getDirectory()
          .then((root) => root.getDirectoryHandle(FOLDER))
          .then((root) => root.removeEntry(recordingId, { recursive: true }))
          .catch(unlessMissing);
    },
  };
}
