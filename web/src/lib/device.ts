/** What a browser lends a page only where it is allowed to: many let people refuse a site all of it. Nothing here throws. */

export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

const memory = memoryStore();

/** What outlives the tab; where the browser allows no storage, a memory that lasts as long as the tab. */
export function deviceStore(): Store {
  try {
    const store = localStorage;
    void store.length; // some hand it out and refuse every call of it
    return store;
  } catch {
    return memory;
  }
}

export function keysIn(store: Store, prefix: string): string[] {
  return Array.from({ length: store.length }, (_, index) => store.key(index)).filter(
    (key): key is string => key?.startsWith(prefix) ?? false,
  );
}

function memoryStore(): Store {
  const kept = new Map<string, string>();
  return {
    get length() {
      return kept.size;
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

/** A way to the other tabs; null where there is none. */
export function openChannel(name: string): BroadcastChannel | null {
  try {
    return new BroadcastChannel(name);
  } catch {
    return null;
  }
}
