// @vitest-environment node
import { expect, it } from "vitest";
import type { Song } from "@/api/client";
import { aSong } from "@/api/songs.fake";
import { after, type Sort, sorted, toSort } from "./sorting";

const songs = [
  aSong("E", { title: "10 years", tempoBpm: 128, camelot: "8B", durationSec: 200 }),
  aSong("D", { title: "Über", tempoBpm: null, camelot: null, durationSec: null }),
  aSong("C", { title: "9 years", tempoBpm: 90.5, camelot: "12A", durationSec: 100 }),
  aSong("B", { title: "apple", tempoBpm: 128, camelot: "8A", durationSec: 300 }),
  // As the API lists a song that it cannot read: hardly a field is there.
  { songId: "A", status: "UNREADABLE", title: null } as unknown as Song,
];
const ids = (sort: Sort) =>
  sorted(songs, sort)
    .map(({ songId }) => songId)
    .join("");

it("songs without the figure come last, equal ones newest first", () => {
  expect(ids("newest")).toBe("EDCBA");
  expect(ids("bpm")).toBe("CEBDA");
  expect(ids("-bpm")).toBe("EBCDA");
  expect(ids("key")).toBe("BECDA");
  expect(ids("-key")).toBe("CEBDA");
  expect(ids("length")).toBe("CEBDA");
  expect(ids("-length")).toBe("BECDA");
  expect(ids("oldest")).toBe("ABCDE");
});

it("songs are sorted by their artists, those of none last", () => {
  const band = (songId: string, artist: string | null) => aSong(songId, { artist });
  const found = (sort: Sort) =>
    sorted([band("C", "Zoe"), band("B", null), band("A", "abba")], sort).map(({ songId }) => songId);
  expect(found("artist")).toEqual(["A", "C", "B"]);
  expect(found("-artist")).toEqual(["C", "A", "B"]);
});

it("titles are sorted as people read them", () => {
  expect(ids("title")).toBe("CEBDA");
  expect(ids("-title")).toBe("DBECA");
});

it("a heading sorts up, down, and then not at all", () => {
  expect(after("bpm", "newest")).toBe("bpm");
  expect(after("bpm", "bpm")).toBe("-bpm");
  expect(after("bpm", "-bpm")).toBe("newest");
  expect(after("key", "-bpm")).toBe("key");
  expect(after("added", "key")).toBe("newest");
  expect(after("added", "newest")).toBe("oldest");
  expect(after("added", "oldest")).toBe("newest");
  expect(toSort("-key")).toBe("-key");
  expect(toSort("mood")).toBe("newest");
});
