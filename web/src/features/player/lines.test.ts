// @vitest-environment node
import { expect, test } from "vitest";
import { makeGrid } from "@/audio/grid";
import { linesOf } from "./lines";

/** 100 bars of two seconds, four beats each. */
function lines(width: number) {
  const grid = makeGrid({ anchors: [{ t: 0, beat: 0, bpm: 120 }], downbeats: [0], meter: 4 }, 200);
  if (!grid) throw new Error("no grid");
  return linesOf(grid, width);
}

test("a wide waveform shows bars and the beats between them", () => {
  const { bars, beats } = lines(2500);
  expect(bars.slice(0, 3)).toEqual([0, 2, 4]);
  expect(beats.slice(0, 4)).toEqual([0.5, 1, 1.5, 2.5]);
});

test("a narrower one shows bars, then every second or fourth of them", () => {
  expect(lines(900)).toMatchObject({ beats: [] });
  expect(lines(900).bars).toHaveLength(101);
  expect(lines(350).bars.slice(0, 2)).toEqual([0, 4]);
  expect(lines(160).bars.slice(0, 2)).toEqual([0, 8]);
  expect(lines(0).bars.length).toBeLessThan(3);
});
