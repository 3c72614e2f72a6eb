import type { Song } from "@/api/client";
import type { Status } from "@/api/songs";

/** What the library shows. */
export type Show = "all" | "ready" | "active" | "failed";

export const SHOWS: { show: Show; label: string }[] = [
  { show: "all", label: "All" },
  { show: "ready", label: "Ready" },
  { show: "active", label: "In progress" },
  { show: "failed", label: "Failed" },
];

/** The API lists by one status, so a filter is up to three lists; undefined is the list of everything. */
export const STATUSES: Record<Show, readonly (Status | undefined)[]> = {
  all: [undefined],
  ready: ["COMPLETED"],
  active: ["PENDING_UPLOAD", "QUEUED", "PROCESSING"],
  failed: ["FAILED", "CANCELLED"],
};

export const toShow = (text: string | null): Show => SHOWS.find(({ show }) => show === text)?.show ?? "all";

/** One list as far as it has been read. `more`: older songs follow. */
export interface Part {
  songs: readonly Song[];
  more: boolean;
}

/**
 * Several lists, each newest first, as one. Songs older than the end of a list that goes on are held back: songs of that
 * list may come before them. A song that has moved on is shown only where it belongs now, and once.
 */
export function merge(show: Show, parts: readonly Part[]): Song[] {
  const horizon = parts.reduce((end, { songs, more }) => {
    const last = more ? songs.at(-1)?.songId : undefined;
    return last !== undefined && last > end ? last : end;
  }, "");
  const wanted: readonly (Song["status"] | undefined)[] = STATUSES[show];
  const found = new Map<string, Song>();
  for (const { songs } of parts)
    for (const song of songs) {
      const belongs = wanted.includes(undefined) || wanted.includes(song.status);
      const known = found.get(song.songId);
      if (belongs && song.songId >= horizon && (!known || known.seq < song.seq)) found.set(song.songId, song);
    }
  return [...found.values()].sort((a, b) => (a.songId < b.songId ? 1 : -1));
}

/** Which lists to read on: those that hold the others back. */
export function behind(parts: readonly Part[]): number[] {
  const ends = parts.map(({ songs, more }) => (more ? (songs.at(-1)?.songId ?? "~") : ""));
  const horizon = ends.reduce((a, b) => (a > b ? a : b), "");
  return ends.flatMap((end, index) => (end !== "" && end === horizon ? [index] : []));
}
