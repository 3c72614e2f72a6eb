import type { Feature } from "../feature";

export const lyrics: Feature = {
  name: "lyrics",
  slots: { karaoke: () => import("./SingView") },
  songPanel: { order: 1, label: "Lyrics", load: () => import("./LyricsPanel") },
  forget: async (email) => (await import("./draftStore")).forgetDrafts(email),
};
