import { type DBSchema, openDB } from "idb";
import type { Part, Recording } from "./model";

/** Where takes outlive the page. Every call may reject, with QuotaExceededError when the device is full. */
export interface Store {
  /** In the order in which they were begun. */
  recordings(owner: string): Promise<Recording[]>;
  recording(id: string): Promise<Recording | undefined>;
  add(recording: Recording): Promise<void>;
  /** Changes what is there, field by field: the tab that records and the one that sends write into the same row. */
  change(id: string, fields: Partial<Recording>): Promise<void>;
  parts(recordingId: string): Promise<Part[]>;
  /** Adds a part once: one that is there stays as it is. */
  addPart(part: Part): Promise<void>;
  savePart(part: Part): Promise<void>;
  removePart(id: string): Promise<void>;
  /** A window's sound, block by block, where the browser lends no files. */
  addBlock(recordingId: string, windowIndex: number, block: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  blocks(recordingId: string, windowIndex?: number): Promise<{ windowIndex: number; bytes: Uint8Array<ArrayBuffer> }[]>;
  removeBlocks(recordingId: string, windowIndex: number): Promise<void>;
  addPicture(recordingId: string, second: number, jpeg: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Pictures of the seconds from … to - 1, in their order. */
  pictures(recordingId: string, from: number, to: number): Promise<Uint8Array<ArrayBuffer>[]>;
  removePictures(recordingId: string, from: number, to: number): Promise<void>;
  /** A take with its parts, blocks and pictures. */
  remove(id: string): Promise<void>;
  close(): void;
}

interface Schema extends DBSchema {
  recordings: { key: string; value: Recording; indexes: { owner: string } };
  parts: { key: string; value: Part; indexes: { recording: string } };
  blocks: { key: [string, number, number]; value: Uint8Array<ArrayBuffer> };
  pictures: { key: [string, number]; value: Uint8Array<ArrayBuffer> };
}

/** Rejects where the browser keeps nothing, as in some private windows. */
export async function openStore(name = "unplugd.capture"): Promise<Store> {
  const db = await openDB<Schema>(name, 1, {
    upgrade(fresh) {
      fresh.createObjectStore("recordings", { keyPath: "id" }).createIndex("owner", "owner");
      fresh.createObjectStore("parts", { keyPath: "id" }).createIndex("recording", "recordingId");
      fresh.createObjectStore("blocks");
      fresh.createObjectStore("pictures");
    },
    blocking: () => db.close(),
  });
  const blocksOf = (id: string, from = 0, to = Infinity) => IDBKeyRange.bound([id, from, 0], [id, to, Infinity]);
  const picturesOf = (id: string, from = 0, to = Infinity) => IDBKeyRange.bound([id, from], [id, to], false, true);
  return {
    async recordings(owner) {
      const all = await db.getAllFromIndex("recordings", "owner", owner);
      return all.sort((a, b) => a.startedAt - b.startedAt || a.id.localeCompare(b.id));
    },
    recording: (id) => db.get("recordings", id),
    add: async (recording) => void (await db.add("recordings", recording)),
    async change(id, fields) {
      const change = db.transaction("recordings", "readwrite");
      const row = await change.store.get(id);
      if (row) await change.store.put({ ...row, ...fields });
      await change.done;
    },
    async parts(recordingId) {
      const all = await db.getAllFromIndex("parts", "recording", recordingId);
      return all.sort((a, b) => a.windowIndex - b.windowIndex || a.kind.localeCompare(b.kind));
    },
    async addPart(part) {
      const change = db.transaction("parts", "readwrite");
      if (!(await change.store.getKey(part.id))) await change.store.put(part);
      await change.done;
    },
    async savePart(part) {
      const change = db.transaction("parts", "readwrite");
      if (await change.store.getKey(part.id)) await change.store.put(part);
      await change.done;
    },
    removePart: (id) => db.delete("parts", id),
    addBlock: async (id, windowIndex, block, bytes) => void (await db.put("blocks", bytes, [id, windowIndex, block])),
    async blocks(id, windowIndex) {
      const found = [];
      let cursor = await db.transaction("blocks").store.openCursor(blocksOf(id, windowIndex, windowIndex));
      for (; cursor; cursor = await cursor.continue()) found.push({ windowIndex: cursor.key[1], bytes: cursor.value });
      return found;
    },
    removeBlocks: (id, windowIndex) => db.delete("blocks", blocksOf(id, windowIndex, windowIndex)),
    addPicture: async (id, second, jpeg) => void (await db.put("pictures", jpeg, [id, second])),
    pictures: async (id, from, to) => (from < to ? db.getAll("pictures", picturesOf(id, from, to)) : []),
    removePictures: (id, from, to) => db.delete("pictures", picturesOf(id, from, to)),
    async remove(id) {
      const change = db.transaction(["recordings", "parts", "blocks", "pictures"], "readwrite");
      const parts = await change.objectStore("parts").index("recording").getAllKeys(id);
      await Promise.all([
        change.objectStore("recordings").delete(id),
        ...parts.map((part) => change.objectStore("parts").delete(part)),
        change.objectStore("blocks").delete(blocksOf(id)),
        change.objectStore("pictures").delete(picturesOf(id)),
        change.done,
      ]);
    },
    close: () => db.close(),
  };
}
