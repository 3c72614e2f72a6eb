import type { Feature } from "../feature";

export const session: Feature = {
  name: "session",
  slots: { signedOut: () => import("./SessionPages") },
};
