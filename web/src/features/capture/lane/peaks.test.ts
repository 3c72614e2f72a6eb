// @vitest-environment node
import { expect, it } from "vitest";
import { joinPeaks, laneBars, PEAKS_A_SECOND, readPeaks } from "./peaks";

it("peaks are read from figures, and from nothing else", () => {
  expect(readPeaks({ peaks: [0, 255, 7] })).toEqual([0, 255, 7]);
  for (const wrong of [null, {}, { peaks: "x" }, { peaks: [256] }, { peaks: [0.5] }])
    expect(readPeaks(wrong)).toEqual([]);
});

it("windows lie where they belong, and a missing one is silent", () => {
  const windows = new Map([
    [0, [1, 2]],
    [2, [3]],
  ]);
  const all = joinPeaks(windows, 1);
  expect(all.length).toBe(2 * PEAKS_A_SECOND + 1);
  expect([all[0], all[1], all[2], all[100]]).toEqual([1, 2, 0, 3]);
  expect(joinPeaks(new Map(), 60).length).toBe(0);
});

it("a take is drawn where it is heard: from its place on, also before the song and past its end", () => {
  const second = new Uint8Array(PEAKS_A_SECOND).fill(100);
  expect([...laneBars(second, 2, 5, 5)]).toEqual([0, 0, 1, 0, 0]);
  expect([...laneBars(second, -0.5, 4, 4)]).toEqual([1, 0, 0, 0]);
  expect([...laneBars(second, 3.5, 4, 4)]).toEqual([0, 0, 0, 1]);
  expect([...laneBars(new Uint8Array(), 0, 4, 2)]).toEqual([0, 0]);
});
