// @vitest-environment node
import { expect, test } from "vitest";
import { AHEAD, BEHIND, boxOf, inView, noteAt, rangeOf, sungInView } from "./notes";

const notes = [
  { start: 0, end: 1, midi: 60 },
  { start: 2, end: 3, midi: 67 },
  { start: 20, end: 21, midi: 62 },
];

test("notes come into view ahead of the voice, and leave behind it", () => {
  expect(inView(notes, 0)).toEqual(notes.slice(0, 2));
  expect(inView(notes, 4)).toEqual(notes.slice(1, 2));
  expect(inView(notes, 10)).toEqual([]);
});

test("the note that is sung, or the next one", () => {
  expect(noteAt(notes, 0.5)?.midi).toBe(60);
  expect(noteAt(notes, 1.5)?.midi).toBe(67);
  expect(noteAt(notes, 30)).toBeUndefined();
});

test("a note is drawn by its time and its pitch", () => {
  const range = rangeOf(notes);
  expect(range).toEqual({ low: 59, high: 68 });
  const box = boxOf({ start: 2, end: 2 + AHEAD, midi: 68 }, 2, range);
  expect(box).toEqual({ left: BEHIND / (BEHIND + AHEAD), right: 1, top: 0 });
});

test("a melody of one note lies in the middle", () => {
  const range = rangeOf(notes.slice(0, 1));
  expect(boxOf({ start: 0, end: 1, midi: 60 }, 0, range).top).toBeCloseTo(0.5);
});

test("what was sung is in stretches, in the song's time", () => {
  const sung = { begins: 10, step: 1, midi: [60, 61, null, 60, 70, 71] };
  expect(sungInView(sung, 11)).toEqual([
    [
      { at: 10, midi: 60 },
      { at: 11, midi: 61 },
    ],
    [{ at: 13, midi: 60 }],
    [
      { at: 14, midi: 70 },
      { at: 15, midi: 71 },
    ],
  ]);
  expect(sungInView(sung, 30)).toEqual([]);
  expect(sungInView(sung, 16.5)).toEqual([[{ at: 15, midi: 71 }]]);
});
