import { Mic } from "lucide-react";
import type { Feature } from "../feature";

export const capture: Feature = {
  name: "capture",
  pages: { "/takes": () => import("./takes/TakesPage") },
  menu: [{ label: "Takes", icon: Mic, path: "/takes" }],
  slots: {
    libraryTakes: () => import("./recorder/LibraryTakes"),
    record: () => import("./recorder/SongTake"),
    lanes: () => import("./lane/TakeLanes"),
  },
  songPanel: { order: 4, label: "Takes", load: () => import("./takes/TakesPanel") },
  // What a reload or a crash has interrupted goes on, on whichever page.
  async onSignedIn(email, { session, api, queries }) {
    const { keepingOf } = await import("./queue/useQueue");
    const state = session.state();
    if (state.status === "in" && state.email === email) await keepingOf(email, session, api, queries);
  },
  forget: async (email) => (await import("./queue/forget")).forgetTakes(email),
};
