import type { Song } from "@/api/client";

/** In which order the songs are shown. A minus: the other way round. */
export type Sort = "newest" | "title" | "-title" | "bpm" | "-bpm" | "key" | "-key" | "length" | "-length";

/** What a person can choose, in words. */
export const SORTS: { sort: Sort; label: string }[] = [
  { sort: "newest", label: "Newest first" },
  { sort: "title", label: "Title, A to Z" },
  { sort: "-title", label: "Title, Z to A" },
  { sort: "bpm", label: "BPM, slow to fast" },
  { sort: "-bpm", label: "BPM, fast to slow" },
  { sort: "key", label: "Key, 1A to 12B" },
  { sort: "-key", label: "Key, 12B to 1A" },
  { sort: "length", label: "Length, short to long" },
  { sort: "-length", label: "Length, long to short" },
];

export const toSort = (text: string | null): Sort => SORTS.find(({ sort }) => sort === text)?.sort ?? "newest";

/** What a click on a column's heading leads to: up, down, and back to the newest first. */
export function after(column: "title" | "bpm" | "key" | "length", now: Sort): Sort {
  if (now === column) return `-${column}`;
  return now === `-${column}` ? "newest" : column;
}

const titles = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Round the wheel: 1A, 1B, 2A … */
const place = (song: Song) =>
  song.camelot ? Number(song.camelot.slice(0, -1)) * 2 + (song.camelot.endsWith("B") ? 1 : 0) : null;

const numbers = {
  bpm: (song: Song) => song.tempoBpm,
  key: place,
  length: (song: Song) => song.durationSec,
};

/** The songs, which come newest first, in this order. Those without the figure come last, whichever way it goes. */
export function sorted(songs: readonly Song[], sort: Sort): Song[] {
  if (sort === "newest") return [...songs];
  const way = sort.startsWith("-") ? -1 : 1;
  const column = (way < 0 ? sort.slice(1) : sort) as "title" | "bpm" | "key" | "length";
  if (column === "title") return [...songs].sort((a, b) => way * titles.compare(a.title ?? "", b.title ?? ""));
  const figure = numbers[column];
  return [...songs].sort((a, b) => {
    const [one, other] = [figure(a), figure(b)];
    // An unreadable song has no figures at all.
    if (typeof one !== "number" || typeof other !== "number")
      return Number(typeof one !== "number") - Number(typeof other !== "number");
    return way * (one - other);
  });
}
