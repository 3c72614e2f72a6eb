import { FEATURES } from "./slots";

/** Remove from this device what belongs to a deleted account. Never rejects: a store that the browser does not allow
 * holds nothing either, and one that fails holds up no other. */
export async function forget(email: string, features: typeof FEATURES = FEATURES): Promise<void> {
  await Promise.allSettled(features.map(async (feature) => feature.forget?.(email)));
}
