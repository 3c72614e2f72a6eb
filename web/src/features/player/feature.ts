import type { Feature } from "../feature";

export const player: Feature = {
  name: "player",
  slots: { studio: () => import("./Studio") },
  // A mix does not say whose it is: all of them go.
  forget: async () => (await import("./mixMemory")).forgetMixes(),
};
