// @vitest-environment node
import { expect, test } from "vitest";
import { Clicker } from "./clicker";
import { clicksOf, makeGrid } from "./grid";

const N = 128;
const RATE = 44_100;

/** Output frames at which clicks begin, while `speed` frames of the stream pass for each; the stream begins at `from`. */
function onsets(
  clicker: Clicker,
  chunks: { stream: number; song: number; frames: number }[],
  { from = 0, quanta = 400, speed = 1 } = {},
): number[] {
  const found: number[] = [];
  let quiet = 1000;
  for (let quantum = 0; quantum < quanta; quantum++) {
    const out = new Float32Array(N);
    const at = from + quantum * N * speed;
    clicker.process(out, { from: at, to: at + N * speed, chunks });
    out.forEach((sample, i) => {
      if (sample === 0) quiet++;
      else {
        // A sine's first sample is 0.
        if (quiet > 50) found.push(quantum * N + i - 1);
        quiet = 0;
      }
    });
  }
  return found;
}

const at = (...beats: number[]) => {
  const clicker = new Clicker(RATE);
  clicker.set({ beats: Float64Array.from(beats), accents: new Uint8Array(beats.length) });
  return clicker;
};

test("a click begins on its beat, to the sample", () => {
  expect(onsets(at(0, 5000, 10_077), [{ stream: 0, song: 0, frames: 100_000 }])).toEqual([0, 5000, 10_077]);
});

test("it follows the speed", () => {
  const chunk = [{ stream: 700, song: 0, frames: 100_000 }];
  expect(onsets(at(5000, 10_000), chunk, { from: 700, speed: 0.5 })).toEqual([10_000, 20_000]);
  const fast = onsets(at(5000, 10_000), chunk, { from: 700, speed: 1.25 });
  expect(fast).toEqual([4000, 8000]);
});

test("a loop clicks at each turn, also where the turn lies within a quantum", () => {
  const turns = [0, 1, 2].map((turn) => ({ stream: turn * 9001, song: 20_000, frames: 9001 }));
  expect(onsets(at(20_000, 24_000, 29_001), turns, { quanta: 200 })).toEqual([0, 4000, 9001, 13_001, 18_002, 22_002]);
});

test("a beat at a seam of two quanta clicks once, whatever the rounding", () => {
  const clicker = at(1000);
  const chunks = [{ stream: 0, song: 0, frames: 9000 }];
  const heard: boolean[] = [];
  for (const [from, to] of [
    [900, 1000.4],
    [999.8, 1128],
  ] as const) {
    const out = new Float32Array(N);
    clicker.process(out, { from, to, chunks });
    heard.push(out.filter((sample) => sample !== 0).length > 0);
  }
  const tail = new Float32Array(2 * N);
  clicker.process(tail, null);
  // One click of full level: two would add up.
  expect(Math.max(...tail)).toBeLessThan(0.5);
  expect(heard).toEqual([false, true]);
});

test("silence clicks no more, but a click that has begun ends by itself", () => {
  const clicker = at(10, 300);
  const out = new Float32Array(N);
  clicker.process(out, { from: 0, to: N, chunks: [{ stream: 0, song: 0, frames: 9000 }] });
  clicker.process(out, null);
  expect(out.some((sample) => sample !== 0)).toBe(true);
  for (let i = 0; i < 12; i++) clicker.process(out, null);
  expect(out.every((sample) => sample === 0)).toBe(true);
});

test("the first beat of a bar sounds higher", () => {
  const crossings = (accent: number) => {
    const clicker = new Clicker(RATE);
    clicker.set({ beats: Float64Array.of(0), accents: Uint8Array.of(accent) });
    const out = new Float32Array(1024);
    clicker.process(out, { from: 0, to: 1024, chunks: [{ stream: 0, song: 0, frames: 9000 }] });
    return out.filter((sample, i) => sample >= 0 && (out[i - 1] ?? 0) < 0).length;
  };
  expect(crossings(1)).toBeGreaterThan(crossings(0) + 5);
});

test("a grid gives the beats' frames and says which begin bars", () => {
  const grid = makeGrid({ anchors: [{ t: 0, beat: 0, bpm: 60 }], downbeats: [1], meter: 3 }, 5);
  expect(clicksOf(grid)).toEqual({
    beats: Float64Array.of(0, RATE, 2 * RATE, 3 * RATE, 4 * RATE, 5 * RATE),
    accents: Uint8Array.of(0, 1, 0, 0, 1, 0),
  });
  expect(clicksOf(null)).toBeNull();
});
