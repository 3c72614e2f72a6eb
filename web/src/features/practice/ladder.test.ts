// @vitest-environment node
import { describe, expect, test } from "vitest";
import { ceilingOf, ladderOf } from "./ladder";

describe("the ladder", () => {
  test("adds one stem after the other, drums first", () => {
    const rungs = ladderOf(["vocals", "other", "bass", "drums"]);
    expect(rungs.map(({ stems }) => stems.join("+"))).toEqual([
      "drums",
      "drums+bass",
      "drums+bass+other",
      "drums+bass+other+vocals",
    ]);
    expect(rungs.map(({ mask }) => mask)).toEqual([1, 3, 7, 15]);
    expect(rungs.map(({ mask }) => ceilingOf(mask, 0))).toEqual([5, 4, 4, 3]);
  });

  test("further stems come with the rest", () => {
    const rungs = ladderOf(["drums", "bass", "other", "vocals", "piano", "guitar"]);
    expect(rungs[2]).toEqual({
      stems: ["drums", "bass", "other", "guitar", "piano"],
      mask: 1 | 2 | 4 | 16 | 32,
      added: ["other", "guitar", "piano"],
    });
  });

  test("what is silent is no step, and cannot be counted as the drums alone", () => {
    const rungs = ladderOf(["drums", "bass", "other", "vocals"], (stem) => stem !== "drums");
    expect(rungs.map(({ mask }) => mask)).toEqual([2, 6, 14]);
    expect(ceilingOf(rungs[0]?.mask ?? 0, 0)).toBe(4);
  });

  test.each([
    [1, 0, 5],
    [0, 0, 5],
    [3, 1, 3],
    [15, 2, 1],
    [15, 9, 0],
  ])("mask %i with %i hints in words leaves %i", (mask, hints, best) => {
    expect(ceilingOf(mask, hints)).toBe(best);
  });
});
