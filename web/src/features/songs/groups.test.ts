import { expect, it } from "vitest";
import { aSong } from "@/api/songs.fake";
import { grouped, lines, toGrouping } from "./groups";

const song = (songId: string, artist: string | null, album: string | null = null) => aSong(songId, { artist, album });
const shape = (groups: ReturnType<typeof grouped>) =>
  groups.map(({ name, songs }) => [name, songs.map(({ songId }) => songId).join("")]);

it("puts the songs of an artist together, however the name is written, those without one last", () => {
  const songs = [song("a", null), song("b", "Zoe"), song("c", " abba "), song("d", "ABBA"), song("e", "Ärzte")];
  expect(shape(grouped(songs, "artist"))).toEqual([
    ["abba", "cd"],
    ["Ärzte", "e"],
    ["Zoe", "b"],
    [null, "a"],
  ]);
  expect(shape(grouped([song("a", "Beyonce\u0301"), song("b", "Beyonc\u00e9")], "artist"))).toEqual([
    ["Beyonce\u0301", "ab"],
  ]);
});

it("keeps an album by several artists whole, and tells two albums of one name apart", () => {
  const hits = [song("a", "Queen", "Greatest Hits"), song("b", "Queen", "Greatest Hits")];
  const others = [song("c", "ABBA", "greatest hits"), song("d", "ABBA", "Greatest Hits")];
  const party = [song("e", "One", "Party"), song("f", "Two", "Party"), song("g", "Two", "Party")];
  const albums = grouped([...hits, ...others, ...party, song("h", "One")], "album");
  expect(shape(albums)).toEqual([
    ["greatest hits", "cd"],
    ["Greatest Hits", "ab"],
    ["Party", "efg"],
    [null, "h"],
  ]);
  expect(albums.map(({ artist }) => artist)).toEqual(["ABBA", "Queen", null, "One"]);
  expect(new Set(albums.map(({ key }) => key)).size).toBe(4);
});

it("makes lines of as many songs as stand side by side; a heading starts a new one", () => {
  const songs = [song("a", "One"), song("b", "Two"), song("c", "One"), song("d", "One")];
  const shown = (by: "none" | "artist", columns: number) =>
    lines(songs, by, columns).map((line) =>
      line.kind === "heading" ? line.group.name : `${line.at}:${line.songs.map(({ songId }) => songId).join("")}`,
    );
  expect(shown("none", 3)).toEqual(["0:abc", "3:d"]);
  expect(shown("artist", 2)).toEqual(["One", "0:ac", "2:d", "Two", "3:b"]);
});

it("takes nothing from an address but what it knows", () => {
  expect(["artist", "album", "year", null].map(toGrouping)).toEqual(["artist", "album", "none", "none"]);
});
