// @vitest-environment node
import { expect, test } from "vitest";
import { readMeasure, readMeasures } from "./measurements";

/** What the API answers has no types: each measure is what its writer made it. */
const answer = (value: unknown) => ({ value, edited: [], locked: [] }) as never;

test("what the machine measured is read", () => {
  const beats = {
    anchors: [{ t: 0.1, beat: 0, bpm: 120 }],
    downbeats: [0.1],
    meter: 4,
    candidates: [60],
    confidence: 0.4,
  };
  expect(readMeasure("beats", answer(beats))?.value).toEqual({
    anchors: beats.anchors,
    downbeats: [0.1],
    meter: 4,
    confidence: 0.4,
  });
  const key = { tonic: "C", mode: "minor", confidence: 0.5, second: "Eb major", camelot: "5A" };
  expect(readMeasure("key", answer(key))?.value).toEqual({
    tonic: "C",
    mode: "minor",
    confidence: 0.5,
    second: { tonic: "Eb", mode: "major" },
  });
  expect(readMeasure("chords", answer([{ start: 0, end: 2, label: "C:maj" }]))?.value).toHaveLength(1);
  expect(readMeasure("loudness", answer({ integrated: -14, range: 4, truePeak: -1 }))?.value).toEqual({
    integrated: -14,
    truePeak: -1,
  });
  const melody = { notes: [{ start: 0, end: 1, midi: 60, cents: 4 }], curve: {}, confidence: 1 };
  expect(readMeasure("melody", answer(melody))?.value).toEqual([{ start: 0, end: 1, midi: 60, cents: 4 }]);
});

test("what a person has set has no confidence", () => {
  const own = { value: { tonic: "A", mode: "minor" }, edited: ["mode", "tonic"], locked: ["mode", "tonic"] };
  expect(readMeasure("key", own as never)).toEqual({
    value: { tonic: "A", mode: "minor", confidence: null, second: null },
    edited: ["mode", "tonic"],
    locked: ["mode", "tonic"],
  });
});

test.each([
  ["beats", {}],
  ["beats", { anchors: [] }],
  ["beats", { anchors: [{ t: "0", beat: 0, bpm: 1 }] }],
  ["key", { tonic: null, mode: null, confidence: 0 }],
  ["key", { tonic: "C", mode: "dorian" }],
  ["chords", []],
  ["chords", [{ start: 2, end: 1, label: "C" }]],
  ["sections", "A"],
  ["loudness", { integrated: null }],
  ["melody", { notes: [] }],
] as const)("%s of %j is nothing", (measure, value) => {
  expect(readMeasure(measure, answer(value))).toBeNull();
});

test("a measure that nobody knows stays null", () => {
  const nothing = { beats: null, key: null, chords: null, sections: null, loudness: null, melody: null };
  expect(readMeasures(nothing)).toEqual(nothing);
});
