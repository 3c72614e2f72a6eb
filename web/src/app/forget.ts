import { sweepStores } from "@/audio/render-store";
import { forgetDrafts } from "@/features/lyrics/draftStore";
import { forgetMixes } from "@/features/player/mixMemory";
import { forgetUploads } from "@/features/uploads/store";

/** Removes from this device what belongs to a deleted account. Mixes and renderings do not say whose they
 * are: all of them go. Never rejects: a store that the browser does not allow holds nothing either. */
export async function forget(email: string): Promise<void> {
  const owners = [
    () => forgetUploads(email),
    () => forgetDrafts(email),
    () => forgetMixes(),
    () => sweepStores(Infinity),
  ];
  await Promise.allSettled(owners.map(async (owner) => owner()));
}
