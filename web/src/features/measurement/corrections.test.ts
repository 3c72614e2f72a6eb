// @vitest-environment node
import { expect, test } from "vitest";
import { makeGrid } from "@/audio/grid";
import { barHere, bpmOf, inMeter, type OwnBeats, scaled, tapped } from "./corrections";

const DURATION = 20;
const steady = { anchors: [{ t: 0.25, beat: 0, bpm: 120 }], downbeats: [0.75, 2.75], meter: 4 };
const drifting = {
  anchors: [
    { t: 0.1, beat: 0, bpm: 100 },
    { t: 6.1, beat: 10, bpm: 110 },
  ],
  downbeats: [0.7],
  meter: 4,
};
const gridOf = (beats: typeof steady, own: OwnBeats | null) => {
  const grid = own && makeGrid({ ...beats, ...own }, DURATION);
  if (!grid) throw new Error("no grid");
  return grid;
};

test("half the tempo keeps the first bar's beginning, and a bar lasts twice as long", () => {
  const grid = gridOf(steady, scaled(steady, 0.5, DURATION));
  expect(grid.anchors[0]?.bpm).toBe(60);
  expect(grid.bars.slice(0, 2)).toEqual([0.75, 4.75]);
  expect(grid.beats.slice(0, 2)).toEqual([0.75, 1.75]);
});

test("twice the tempo, and back again, is what was there", () => {
  const double = scaled(steady, 2, DURATION);
  expect(gridOf(steady, double).bars.slice(0, 2)).toEqual([0.75, 1.75]);
  const back = gridOf(steady, scaled({ ...steady, ...double }, 0.5, DURATION));
  const before = makeGrid({ ...steady, downbeats: [0.75] }, DURATION);
  expect(back.bars).toEqual(before?.bars);
  expect(back.beats).toEqual(before?.beats.map((one) => expect.closeTo(one, 3)));
});

test("songs whose tempo drifts keep their beats", () => {
  const half = gridOf(drifting, scaled(drifting, 0.5, DURATION));
  const before = makeGrid(drifting, DURATION)?.beats ?? [];
  for (const beat of half.beats) expect(before.some((one) => Math.abs(one - beat) < 0.001)).toBe(true);
  expect(half.bars[0]).toBeCloseTo(0.7);
});

test("what the API would not take is not offered", () => {
  const at = (bpm: number) => ({ ...steady, anchors: [{ t: 0, beat: 0, bpm }] });
  expect(scaled(at(39), 0.5, DURATION)).toBeNull();
  expect(scaled(at(201), 2, DURATION)).toBeNull();
});

test.each([
  ["half", scaled(drifting, 0.5, DURATION)],
  ["double", scaled(drifting, 2, DURATION)],
  ["half from a late bar", scaled({ ...steady, downbeats: [5.25] }, 0.5, DURATION)],
  ["taps", tapped([3.1, 3.6, 4.1, 4.6], 4, DURATION)],
  ["a late downbeat", barHere(steady, 19.9, DURATION)],
])("%s: no number below 0, and all of them grow", (_, own) => {
  const numbers = [own?.anchors?.map(({ t }) => t), own?.anchors?.map(({ beat }) => beat), own?.downbeats];
  for (const row of numbers)
    row?.forEach((one, i) => {
      expect(one).toBeGreaterThanOrEqual(0);
      expect(one).toBeLessThanOrEqual(DURATION);
      if (i > 0) expect(one).toBeGreaterThan(row[i - 1] ?? 0);
    });
});

test("a bar begins at the beat nearest to where the person is", () => {
  const own = barHere(steady, 3.4, DURATION);
  expect(Object.keys(own ?? {})).toEqual(["downbeats"]);
  expect(gridOf(steady, own).bars.slice(0, 2)).toEqual([1.25, 3.25]);
});

test("another meter counts from the first bar on", () => {
  const own = inMeter(steady, 3, DURATION);
  expect(own).not.toHaveProperty("anchors");
  expect(gridOf(steady, own).bars.slice(0, 3)).toEqual([0.75, 2.25, 3.75]);
});

test("taps give the tempo of the line through them, and the first begins a bar", () => {
  const taps = [3.02, 3.49, 4.01, 4.5, 4.98];
  expect(bpmOf(taps)).toBeCloseTo(121.7, 0);
  expect(bpmOf(taps.slice(0, 3))).toBeNull();
  expect(bpmOf([1, 1, 1, 1])).toBeNull();
  expect(bpmOf([1, 1.01, 1.02, 1.03])).toBeNull();
  const grid = gridOf(steady, tapped([3.1, 3.6, 4.1, 4.6], 4, DURATION));
  expect(grid.bars.some((bar) => Math.abs(bar - 3.1) < 0.001)).toBe(true);
  expect(grid.anchors).toEqual([{ t: expect.closeTo(0.1), beat: 0, bpm: 120 }]);
});
