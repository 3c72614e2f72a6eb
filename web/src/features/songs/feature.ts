import type { Feature } from "../feature";

export const songs: Feature = {
  name: "songs",
  pages: { "/details/:songId": () => import("./details/DetailsPage") },
  slots: { library: () => import("./LibraryView"), unfinishedSong: () => import("./UnfinishedView") },
};
