import { forgetStarts } from "../starts";
import { openStore } from "./store";

/** Removes from this device what `owner` did while practising, sent or not. Rejects as `openStore`. */
export async function forgetPractice(owner: string): Promise<void> {
  forgetStarts();
  const store = await openStore();
  for (const { number } of await store.all(owner)) await store.remove(number);
}
