import type { Song } from "@/api/client";
import { compareNames } from "./sorting";

/** What the songs are put together by. */
export type Grouping = "none" | "artist" | "album";

export const GROUPINGS: { by: Grouping; label: string }[] = [
  { by: "none", label: "No groups" },
  { by: "artist", label: "By artist" },
  { by: "album", label: "By album" },
];

export const toGrouping = (text: string | null): Grouping => GROUPINGS.find(({ by }) => by === text)?.by ?? "none";

export interface Group {
  /** Unlike that of any other group. */
  key: string;
  /** Null: songs that say nothing of it. */
  name: string | null;
  /** Of an album: whose it is; null for one by several. */
  artist?: string | null;
  songs: Song[];
}

const plain = (text: string | null | undefined) => (text ?? "").normalize("NFC").trim().toLowerCase();

/** The songs in groups by name, those without a name last. In a group they keep the order they come in. */
export function grouped(songs: readonly Song[], by: Exclude<Grouping, "none">): Group[] {
  const groups = [...split(songs, (song) => plain(song[by]))].flatMap(([name, members]) =>
    by === "artist" || !name ? [{ key: name, songs: members }] : albums(name, members),
  );
  const named = groups.map(({ key, songs: members }) => ({
    key,
    songs: members,
    name: members[0]?.[by]?.trim() || null,
    ...(by === "album" && { artist: commonArtist(members) }),
  }));
  const rank = ({ name }: Group) => (name === null ? 1 : 0);
  return named.sort(
    (a, b) =>
      rank(a) - rank(b) || compareNames(a.name ?? "", b.name ?? "") || compareNames(a.artist ?? "", b.artist ?? ""),
  );
}

/** The albums of one name. One album by several artists has a song or so of each; two albums that share a name, many. */
function albums(name: string, songs: Song[]): { key: string; songs: Song[] }[] {
  const artists = split(songs, ({ artist }) => plain(artist));
  const several = artists.size > 1 && [...artists.values()].every(({ length }) => length > 1);
  if (!several) return [{ key: name, songs }];
  return [...artists].map(([artist, members]) => ({ key: `${name}\n${artist}`, songs: members }));
}

function split(songs: readonly Song[], by: (song: Song) => string): Map<string, Song[]> {
  const parts = new Map<string, Song[]>();
  for (const song of songs) {
    const key = by(song);
    const part = parts.get(key);
    if (part) part.push(song);
    else parts.set(key, [song]);
  }
  return parts;
}

function commonArtist(songs: readonly Song[]): string | null {
  const [first] = songs;
  return first?.artist && songs.every(({ artist }) => plain(artist) === plain(first.artist)) ? first.artist : null;
}

/** One line of the page: a heading, or as many songs as stand side by side. `at`: how many songs come before. */
export type Line = { kind: "heading"; group: Group } | { kind: "songs"; songs: readonly Song[]; at: number };

/** The songs as lines of `columns` songs each. */
export function lines(songs: readonly Song[], by: Grouping, columns: number): Line[] {
  const found: Line[] = [];
  let at = 0;
  const put = (members: readonly Song[]) => {
    for (let from = 0; from < members.length; from += columns) {
      const row = members.slice(from, from + columns);
      found.push({ kind: "songs", songs: row, at });
      at += row.length;
    }
  };
  if (by === "none") put(songs);
  else
    for (const group of grouped(songs, by)) {
      found.push({ kind: "heading", group });
      put(group.songs);
    }
  return found;
}
