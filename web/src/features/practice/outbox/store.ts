import { type DBSchema, openDB } from "idb";
import type { CardChanges, Grade } from "@/api/practice";

/** What a person did, as it is sent. Each may be sent more than once and counts once. */
export type Deed =
  | { kind: "grade"; songId: string; grade: Grade }
  | { kind: "undo"; songId: string; reviewId: string }
  | { kind: "change"; songId: string; changes: CardChanges };

/** A deed that waits on this device. */
export interface Waiting {
  /** Its place in the order. */
  number?: number;
  owner: string;
  deed: Deed;
  /** Why it was refused; it then waits for the person. */
  trouble: string | null;
}

export type Kept = Waiting & { number: number };

/** Where deeds outlive the page. Every call may reject. */
export interface Store {
  /** In the order in which they were done. */
  all(owner: string): Promise<Kept[]>;
  add(waiting: Waiting): Promise<Kept>;
  /** Changes one that is still there. */
  put(kept: Kept): Promise<void>;
  remove(number: number): Promise<void>;
}

interface Schema extends DBSchema {
  deeds: { key: number; value: Waiting; indexes: { owner: string } };
}

export const DATABASE = "unplugd.practice";

/** Rejects where the browser keeps nothing, as in some private windows. */
export async function openStore(name = DATABASE): Promise<Store> {
  const db = await openDB<Schema>(name, 1, {
    upgrade(fresh) {
      fresh.createObjectStore("deeds", { keyPath: "number", autoIncrement: true }).createIndex("owner", "owner");
    },
    blocking: () => db.close(),
  });
  return {
    async all(owner) {
      const found = (await db.getAllFromIndex("deeds", "owner", owner)) as Kept[];
      return found.sort((a, b) => a.number - b.number);
    },
    async add(waiting) {
      const change = db.transaction("deeds", "readwrite", { durability: "strict" });
      const number = await change.store.add(waiting);
      await change.done;
      return { ...waiting, number };
    },
    async put(kept) {
      const change = db.transaction("deeds", "readwrite");
      if (await change.store.getKey(kept.number)) await change.store.put(kept);
      await change.done;
    },
    remove: (number) => db.delete("deeds", number),
  };
}

/** A store that lasts as long as the tab, for browsers that keep nothing. */
export function memoryStore(): Store {
  const rows = new Map<number, Kept>();
  let last = 0;
  return {
    all: (owner) => Promise.resolve([...rows.values()].filter((row) => row.owner === owner)),
    add(waiting) {
      const kept = { ...waiting, number: ++last };
      rows.set(kept.number, kept);
      return Promise.resolve(kept);
    },
    put(kept) {
      if (rows.has(kept.number)) rows.set(kept.number, kept);
      return Promise.resolve();
    },
    remove: (number) => Promise.resolve(void rows.delete(number)),
  };
}

/** A store that takes into the memory what the device has no room for. */
export function withSpare(store: Store, spare = memoryStore()): Store {
  // Numbers below 0 are the spare's, so that none is in both.
  const mirrored = (kept: Kept): Kept => ({ ...kept, number: -kept.number });
  return {
    all: async (owner) => [...(await store.all(owner)), ...(await spare.all(owner)).map(mirrored)],
    add: (waiting) => store.add(waiting).catch(async () => mirrored(await spare.add(waiting))),
    put: (kept) => (kept.number < 0 ? spare.put(mirrored(kept)) : store.put(kept)),
    remove: (number) => (number < 0 ? spare.remove(-number) : store.remove(number)),
  };
}
