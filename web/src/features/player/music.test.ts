// @vitest-environment node
import { expect, test } from "vitest";
import type { Measures } from "@/api/measurements";
import { levelOf, musicOf, UNKNOWN } from "./music";

const measured = <T>(value: T) => ({ value, edited: [], locked: [] });
const NOTHING: Measures = { beats: null, key: null, chords: null, sections: null, loudness: null, melody: null };
const db = (gain: number) => 20 * Math.log10(gain);

test("a song that nobody measured is played as it is", () => {
  expect(musicOf(null, 60)).toEqual(UNKNOWN);
  expect(musicOf(NOTHING, 60)).toEqual(UNKNOWN);
});

test("songs come to the same loudness", () => {
  for (const integrated of [-8, -14, -23]) {
    expect(integrated + db(levelOf({ integrated, truePeak: integrated + 10 }))).toBeCloseTo(-18);
  }
});

test("no soft song is raised until it clips, and none is lowered for its peak", () => {
  expect(db(levelOf({ integrated: -24, truePeak: -3 }))).toBeCloseTo(2);
  expect(levelOf({ integrated: -24, truePeak: 0.5 })).toBe(1);
  expect(levelOf({ integrated: -24, truePeak: null })).toBe(1);
  expect(db(levelOf({ integrated: -60, truePeak: -40 }))).toBeCloseTo(12);
  expect(levelOf({ integrated: -70, truePeak: -100 })).toBe(1);
});

test("beats become a grid, and sections behind the end are left out", () => {
  const beats = { anchors: [{ t: 0, beat: 0, bpm: 120 }], downbeats: [0], meter: 4, confidence: 1 };
  const sections = [
    { start: 0, end: 8, label: "A" },
    { start: 90, end: 99, label: "B" },
  ];
  const music = musicOf({ ...NOTHING, beats: measured(beats), sections: measured(sections) }, 60);
  expect(music.grid?.bars[1]).toBe(2);
  expect(music.sections.map(({ label }) => label)).toEqual(["A"]);
});
