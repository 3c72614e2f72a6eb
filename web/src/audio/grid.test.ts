// @vitest-environment node
import { expect, test } from "vitest";
import { type Anchor, barAt, beatAt, bpmAt, makeGrid, nearestBeat, placeAt, stepFrom, timeOf, wholeBars } from "./grid";

const steady: Anchor[] = [{ t: 0.5, beat: 0, bpm: 120 }];
/** 120 for eight beats, then 100. */
const drifting: Anchor[] = [
  { t: 1, beat: 0, bpm: 120 },
  { t: 5, beat: 8, bpm: 100 },
];
const grid = (anchors = steady, downbeats = [1.5], meter = 4, durationSec = 20) => {
  const made = makeGrid({ anchors, downbeats, meter }, durationSec);
  if (!made) throw new Error("no grid");
  return made;
};

test("beats and times are each other's reverse, through a change of tempo and outside of the anchors", () => {
  for (const beat of [-1.5, 0, 3.25, 7.99, 8, 12.5]) expect(beatAt(drifting, timeOf(drifting, beat))).toBeCloseTo(beat);
  expect(timeOf(drifting, 9)).toBeCloseTo(5.6);
  expect(timeOf(drifting, -1)).toBeCloseTo(0.5);
});

test("up to the next anchor the beats fill the time there is, whatever its rounded tempo says", () => {
  const anchors = [
    { t: 0, beat: 0, bpm: 119 },
    { t: 4, beat: 8, bpm: 120 },
  ];
  expect(timeOf(anchors, 7)).toBeCloseTo(3.5);
  expect(bpmAt(grid(anchors, [0]), 1)).toBeCloseTo(120);
});

test("the grid reaches from the song's start to its end", () => {
  const { beats, bars, downbeats } = grid();
  expect(beats[0]).toBeCloseTo(0);
  expect(beats.at(-1)).toBeCloseTo(20);
  expect(bars[0]).toBeCloseTo(1.5);
  expect(bars[1]).toBeCloseTo(3.5);
  expect(downbeats[0]).toBe(3);
  expect(bars.at(-1)).toBeCloseTo(19.5);
});

test("bars follow the downbeats where those are not a meter apart", () => {
  expect(grid(steady, [0.5, 2.5, 3.5], 4).bars.slice(0, 4)).toEqual([0.5, 2.5, 3.5, 5.5]);
});

test("without downbeats the first beat begins a bar", () => {
  expect(grid([{ t: 0, beat: 0, bpm: 60 }], [], 3).bars.slice(0, 3)).toEqual([0, 3, 6]);
});

test.each([
  ["no anchor", []],
  ["times that do not grow", [...steady, { t: 0.5, beat: 4, bpm: 120 }]],
  ["beats that do not grow", [...steady, { t: 4, beat: 0, bpm: 120 }]],
  ["a tempo of 0", [{ t: 0, beat: 0, bpm: 0 }]],
  ["no number", [{ t: NaN, beat: 0, bpm: 100 }]],
  ["too many beats", [{ t: 0, beat: 0, bpm: 1e9 }]],
])("%s makes no grid", (_, anchors) => {
  expect(makeGrid({ anchors, downbeats: [], meter: 4 }, 20)).toBeNull();
});

test("bar and beat as musicians count", () => {
  expect(placeAt(grid(), 0)).toEqual({ bar: 0, beat: 2 }); // an upbeat of three quarters
  expect(placeAt(grid(), 1.5)).toEqual({ bar: 1, beat: 1 });
  expect(placeAt(grid(), 3.49)).toEqual({ bar: 1, beat: 4 });
  expect(barAt(grid(), 3.5 - 0.001)).toBe(1); // a hair early is on the line
});

test("the nearest beat", () => {
  expect(nearestBeat(grid(), 1.74)).toBeCloseTo(1.5);
  expect(nearestBeat(grid(), 1.76)).toBeCloseTo(2);
  expect(nearestBeat(grid(), 99)).toBeCloseTo(20);
});

test("a loop becomes whole bars, at least one", () => {
  const bars = grid([{ t: 0, beat: 0, bpm: 120 }], [0]);
  expect(wholeBars(bars, 4.2, 7.4)).toEqual({ start: 4, end: 8 });
  expect(wholeBars(bars, 7.4, 4.2)).toEqual({ start: 4, end: 8 });
  expect(wholeBars(bars, 4.1, 4.4)).toEqual({ start: 4, end: 6 });
  expect(wholeBars(bars, 19, 19.9)).toEqual({ start: 18, end: 20 });
  expect(wholeBars(grid(steady, [0.5], 4, 2), 0, 2)).toBeNull();
});

test("steps by bars", () => {
  const { bars } = grid([{ t: 0, beat: 0, bpm: 120 }], [0]);
  expect(stepFrom(bars, 4.5, 1)).toBe(6);
  expect(stepFrom(bars, 4.5, -1)).toBe(4);
  expect(stepFrom(bars, 4.2, -1)).toBe(2);
  expect(stepFrom(bars, 4, 1)).toBe(6);
  expect(stepFrom(bars, 20, 1)).toBeNull();
  expect(stepFrom(bars, 0, -1)).toBeNull();
});
