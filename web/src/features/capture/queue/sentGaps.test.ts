import { expect, test } from "vitest";
import type { Gap } from "./model";
import { MOST_GAPS, sentGaps } from "./sentGaps";

const gap = (start: number, more: Partial<Gap> = {}): Gap => ({ start, frames: 1, lost: 0, why: "missed", ...more });

test("a few gaps are sent as they are", () => {
  const gaps = [gap(5), gap(7, { why: "paused", frames: 0 }), gap(9, { lost: 3 })];
  expect(sentGaps(gaps, 100)).toEqual(gaps);
});

test("a gap ends where the take ends", () => {
  // A crash takes the last blocks; what was noted of them is beyond the end.
  expect(sentGaps([gap(90, { frames: 20 }), gap(200, { lost: 4 })], 100)).toEqual([
    gap(90, { frames: 10 }),
    gap(100, { frames: 0, lost: 4 }),
  ]);
});

test("too many gaps are joined with their neighbours of the same kind, and nothing of them is lost", () => {
  const gaps = Array.from({ length: 5000 }, (_, i) => gap(1000 * i, { lost: 2, why: i % 2 ? "missed" : "stalled" }));
  const all = sentGaps(gaps, 10_000_000);
  expect(all.length).toBeLessThanOrEqual(MOST_GAPS);
  expect(all.reduce((sum, { lost }) => sum + lost, 0)).toBe(10_000);
  for (const { start, why } of gaps)
    expect(all.some((one) => one.why === why && one.start <= start && start < one.start + one.frames)).toBe(true);
});
