// @vitest-environment node
import { describe, expect, it } from "vitest";
import { byteRange, CELL_SAMPLES, cellCount, cellOf, cellRange, frameOffset, samplesOf } from "./frames";

describe("the byte range of a part of a song", () => {
  // Computed with ml.audio.stream.
  it.each([
    [0, 0],
    [1, 417],
    [2, 835],
    [3, 1253],
    [12, 5015],
    [49, 20480],
    [1000, 417959],
    [22969, 9600104],
  ])("starts frame %i at byte %i", (frame, offset) => expect(frameOffset(frame)).toBe(offset));

  it.each([
    [0, 1, 0, 3342, 1105],
    [0, 73728, 0, 27166, 1105],
    [73728, 147456, 25913, 53915, 3409],
    [1000, 9000, 0, 3760, 2105],
    [26000000, 26460000, 9432502, 9600521, 2769],
    [44100, 308700, 15464, 112430, 2581],
  ])("finds samples %i to %i", (start, stop, first, last, skip) => {
    expect(byteRange(start, stop)).toEqual({ from: first, to: last + 1, skip });
  });

  it("gives a cell the same bytes alone and among others", () => {
    const total = samplesOf(600);
    const all = cellRange(3, 4, total);
    for (const cell of [3, 4, 5, 6]) {
      const own = cellRange(cell, 1, total);
      expect(own.from).toBeGreaterThanOrEqual(all.from);
      expect(own.to).toBeLessThanOrEqual(all.to);
    }
  });

  it("ends the last cell with the song", () => {
    const total = CELL_SAMPLES + 10;
    expect(cellCount(total)).toBe(2);
    expect(cellOf(total - 1)).toBe(1);
    // As far as the song goes, and eight frames at least.
    expect(cellRange(1, 1, total)).toEqual(byteRange(CELL_SAMPLES, total));
  });

  it("has a sample even where a song claims none", () => expect(samplesOf(0)).toBe(1));
});
