import { openDisk } from "./disk";
import { openStore } from "./store";

/** Removes the takes of `owner` from this device, sent or not. Rejects as `openStore`. */
export async function forgetTakes(owner: string): Promise<void> {
  const store = await openStore();
  const disk = openDisk(store);
  for (const { id } of await store.recordings(owner)) {
    await disk.drop(id);
    await store.remove(id);
  }
}
