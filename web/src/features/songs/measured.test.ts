// @vitest-environment node
import { expect, it } from "vitest";
import { aSong } from "@/api/songs.fake";
import { keyOf, lengthAloud, tempoOf } from "./measured";

const song = (change: Parameters<typeof aSong>[1]) => aSong("A", change);

it("a figure is shown short and read aloud in words", () => {
  expect(tempoOf(song({ tempoBpm: 127.6, tempoConfidence: 0.9 }))).toEqual({
    text: "128",
    spoken: "128 beats per minute",
  });
  expect(keyOf(song({ musicKey: "F# minor", camelot: "11A", keyConfidence: 0.9 }))).toEqual({
    text: "F♯ minor",
    camelot: "11A",
    spoken: "key F sharp minor, Camelot 11 A",
  });
  expect(keyOf(song({ musicKey: "Bb major", camelot: "6B" }))?.spoken).toBe("key B flat major, Camelot 6 B");
});

it("a doubtful figure says so, to the eye and the ear", () => {
  expect(tempoOf(song({ tempoBpm: 64, tempoConfidence: 0.2 }))).toEqual({
    text: "about 64",
    spoken: "perhaps 64 beats per minute",
  });
  expect(keyOf(song({ musicKey: "C major", camelot: "8B", keyConfidence: 0 }))).toMatchObject({
    text: "C major?",
    spoken: "key perhaps C major, Camelot 8 B",
  });
});

it("what was not measured shows nothing", () => {
  expect(tempoOf(song({}))).toBeUndefined();
  expect(keyOf(song({}))).toBeUndefined();
});

it.each([
  [185.9, "length 3 minutes 5 seconds"],
  [60, "length 1 minute"],
  [1, "length 1 second"],
  [0.5, "length 0 seconds"],
])("a length of %d s", (seconds, text) => {
  expect(lengthAloud(seconds)).toBe(text);
});
