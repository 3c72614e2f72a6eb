import type { Feature } from "../feature";

export const capture: Feature = {
  name: "capture",
  slots: { libraryTakes: () => import("./recorder/LibraryTakes"), record: () => import("./recorder/SongTake") },
  // What a reload or a crash has interrupted goes on, on whichever page.
  async onSignedIn(email, { session, api, queries }) {
    const { keepingOf } = await import("./queue/useQueue");
    const state = session.state();
    if (state.status === "in" && state.email === email) await keepingOf(email, session, api, queries);
  },
  forget: async (email) => (await import("./queue/forget")).forgetTakes(email),
};
