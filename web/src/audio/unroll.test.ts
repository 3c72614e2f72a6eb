// @vitest-environment node
import { describe, expect, it } from "vitest";
import { loopFrames, pieceAt } from "./unroll";

describe("a song with a loop as one stream", () => {
  it("runs to the song's end without one", () => {
    expect(pieceAt(0, null, 100, 60)).toEqual({ song: 0, frames: 60, next: 60, wraps: false });
    expect(pieceAt(60, null, 100, 60)).toEqual({ song: 60, frames: 40, next: null, wraps: false });
  });

  it("turns back at the loop's end, to the sample", () => {
    const loop = { start: 10, end: 30 };
    expect(pieceAt(0, loop, 100, 20)).toEqual({ song: 0, frames: 20, next: 20, wraps: false });
    expect(pieceAt(20, loop, 100, 20)).toEqual({ song: 20, frames: 10, next: 10, wraps: true });
    expect(pieceAt(10, loop, 100, 20)).toEqual({ song: 10, frames: 20, next: 10, wraps: true });
  });

  it("leaves alone who is behind the loop", () => {
    expect(pieceAt(30, { start: 10, end: 30 }, 100, 500).next).toBeNull();
  });

  it("turns back at the very end of the song", () => {
    expect(pieceAt(90, { start: 50, end: 100 }, 100, 500)).toEqual({ song: 90, frames: 10, next: 50, wraps: true });
  });
});

describe("a loop in samples", () => {
  const rate = 44_100;
  it("is inside the song, whichever way round it was drawn", () => {
    expect(loopFrames({ start: 2, end: 1 }, rate, 10 * rate)).toEqual({ start: rate, end: 2 * rate });
    expect(loopFrames({ start: -5, end: 50 }, rate, 10 * rate)).toEqual({ start: 0, end: 10 * rate });
  });
  it("is at least a tenth of a second long", () => {
    expect(loopFrames({ start: 1, end: 1 }, rate, 10 * rate)).toEqual({ start: rate, end: rate + 4410 });
    expect(loopFrames({ start: 10, end: 10 }, rate, 10 * rate)).toEqual({ start: 10 * rate - 4410, end: 10 * rate });
  });
  it("is none where there is no room or no number", () => {
    expect(loopFrames({ start: 0, end: 1 }, rate, 100)).toBeNull();
    expect(loopFrames({ start: NaN, end: 1 }, rate, 10 * rate)).toBeNull();
  });
});
