import type { Feature } from "../feature";

export const takeaway: Feature = {
  name: "takeaway",
  songPanel: { order: 2, label: "Download", load: () => import("./TakeAway") },
  // A rendering does not say whose it is: all of them go.
  forget: async () => (await import("@/audio/render-store")).sweepStores(Infinity),
};
