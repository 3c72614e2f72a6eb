import type { Song } from "@/api/client";

/** In which order the songs are shown. A minus: the other way round. */
export type Sort = "newest" | "oldest" | Column | `-${Column}`;
export type Column = "title" | "artist" | "bpm" | "key" | "length";

/** What a person can choose, in words. */
export const SORTS: { sort: Sort; label: string }[] = [
  { sort: "newest", label: "Newest first" },
  { sort: "oldest", label: "Oldest first" },
  { sort: "title", label: "Title, A to Z" },
  { sort: "-title", label: "Title, Z to A" },
  { sort: "artist", label: "Artist, A to Z" },
  { sort: "-artist", label: "Artist, Z to A" },
  { sort: "bpm", label: "BPM, slow to fast" },
  { sort: "-bpm", label: "BPM, fast to slow" },
  { sort: "key", label: "Key, 1A to 12B" },
  { sort: "-key", label: "Key, 12B to 1A" },
  { sort: "length", label: "Length, short to long" },
  { sort: "-length", label: "Length, long to short" },
];

export const toSort = (text: string | null): Sort => SORTS.find(({ sort }) => sort === text)?.sort ?? "newest";

/** What a click on a column's heading leads to: up, down, and back to the newest first. */
export function after(column: Column | "added", now: Sort): Sort {
  if (column === "added") return now === "newest" ? "oldest" : "newest";
  if (now === column) return `-${column}`;
  return now === `-${column}` ? "newest" : column;
}

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
export const compareNames = names.compare.bind(names);

/** Round the wheel: 1A, 1B, 2A … */
const place = (song: Song) =>
  song.camelot ? Number(song.camelot.slice(0, -1)) * 2 + (song.camelot.endsWith("B") ? 1 : 0) : null;

type Figure = string | number | null | undefined;
const FIGURES: Record<Column, (song: Song) => Figure> = {
  title: (song) => song.title,
  artist: (song) => song.artist,
  bpm: (song) => song.tempoBpm,
  key: place,
  length: (song) => song.durationSec,
};

/** An unreadable song has none at all. */
const isMissing = (figure: Figure) => figure === null || figure === undefined || figure === "";

/** The songs, which come newest first, in this order. Those without the figure come last, whichever way it goes. */
export function sorted(songs: readonly Song[], sort: Sort): Song[] {
  if (sort === "newest") return [...songs];
  if (sort === "oldest") return [...songs].reverse();
  const way = sort.startsWith("-") ? -1 : 1;
  const figure = FIGURES[(way < 0 ? sort.slice(1) : sort) as Column];
  // Each figure is read once, not at each comparison: a library has thousands.
  const known = songs.map((song) => ({ song, figure: figure(song) }));
  known.sort(({ figure: one }, { figure: other }) => {
    if (isMissing(one) || isMissing(other)) return Number(isMissing(one)) - Number(isMissing(other));
    return way * (typeof one === "number" ? one - Number(other) : compareNames(String(one), String(other)));
  });
  return known.map(({ song }) => song);
}
