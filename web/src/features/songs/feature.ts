import type { Feature } from "../feature";

export const songs: Feature = {
  name: "songs",
  slots: { library: () => import("./LibraryView"), unfinishedSong: () => import("./UnfinishedView") },
};
