import { type DBSchema, openDB } from "idb";
import type { Upload } from "./model";

/** Where uploads outlive the page. Every call may reject, with QuotaExceededError when the device is full. */
export interface Store {
  /** In the order in which they were added. */
  load(owner: string): Promise<Upload[]>;
  add(upload: Upload, file: Blob): Promise<void>;
  /** Changes what is there; brings nothing back that was removed. */
  save(upload: Upload): Promise<void>;
  file(id: string): Promise<Blob | undefined>;
  remove(id: string): Promise<void>;
}

interface Schema extends DBSchema {
  uploads: { key: string; value: Upload; indexes: { owner: string } };
  // Apart from the rest, so that a changed title does not write fifty megabytes again.
  files: { key: string; value: Blob };
}

/** Removes the uploads of `owner`, sent or not. Rejects as `openStore`. */
export async function forgetUploads(owner: string): Promise<void> {
  const store = await openStore();
  for (const { id } of await store.load(owner)) await store.remove(id);
}

/** Rejects where the browser keeps nothing, as in some private windows. */
export async function openStore(name = "unplugd.uploads"): Promise<Store> {
  const db = await openDB<Schema>(name, 1, {
    upgrade(fresh) {
      fresh.createObjectStore("uploads", { keyPath: "id" }).createIndex("owner", "owner");
      fresh.createObjectStore("files");
    },
    blocking: () => db.close(),
  });
  return {
    async load(owner) {
      const all = await db.getAllFromIndex("uploads", "owner", owner);
      return all.sort((a, b) => a.addedAt - b.addedAt || a.id.localeCompare(b.id));
    },
    async add(upload, file) {
      const change = db.transaction(["uploads", "files"], "readwrite");
      const writes = [change.objectStore("files").put(file, upload.id), change.objectStore("uploads").put(upload)];
      // Whichever of them fails first says why; the others then fail too.
      await Promise.all([...writes, change.done]);
    },
    async save(upload) {
      const change = db.transaction("uploads", "readwrite");
      if (await change.store.getKey(upload.id)) await change.store.put(upload);
      await change.done;
    },
    file: (id) => db.get("files", id),
    async remove(id) {
      const change = db.transaction(["uploads", "files"], "readwrite");
      await Promise.all([
        change.objectStore("uploads").delete(id),
        change.objectStore("files").delete(id),
        change.done,
      ]);
    },
  };
}
