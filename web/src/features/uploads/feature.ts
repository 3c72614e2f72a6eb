import type { Feature } from "../feature";

export const uploads: Feature = {
  name: "uploads",
  slots: { libraryHeader: () => import("./UploadPanel") },
  // What a reload or a crash has interrupted goes on, on whichever page.
  async onSignedIn(email, { session, api, queries }) {
    const { queueOf } = await import("./useUploads");
    const state = session.state();
    if (state.status === "in" && state.email === email) await queueOf(email, session, api, queries);
  },
  forget: async (email) => (await import("./store")).forgetUploads(email),
};
