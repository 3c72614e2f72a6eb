// @vitest-environment node
import { expect, test } from "vitest";
import { addPcm, decibels, scaleFor, toPcm, widen } from "./mixdown";

const pcm = (...samples: number[]) => new Uint8Array(Int16Array.from(samples).buffer);
const samples = (bytes: Uint8Array) => [...new Int16Array(bytes.slice().buffer)];
const NOTHING = { high: 0, low: 0 };

function mix(parts: [Uint8Array, number][], length: number) {
  const sum = new Float32Array(length);
  for (const [bytes, gain] of parts) addPcm(sum, bytes, gain);
  const scale = scaleFor(widen(NOTHING, sum));
  return { out: samples(toPcm(sum, scale)), scale };
}

test("full gains give the stems' sum to the bit", () => {
  const [a, b] = [pcm(1, -2, 30_000, -32_768), pcm(-5, 7, 2767, 0)];
  expect(
    mix(
      [
        [a, 1],
        [b, 1],
      ],
      4,
    ),
  ).toEqual({ out: [-4, 5, 32_767, -32_768], scale: 1 });
});

test("a gain of 0 is silence, and half is half", () => {
  expect(mix([[pcm(100, -100, 7), 0]], 3).out.map(Math.abs)).toEqual([0, 0, 0]);
  expect(mix([[pcm(100, -100, 8), 0.5]], 3).out).toEqual([50, -50, 4]);
});

test("what would clip is lowered as a whole, and not more than it has to be", () => {
  const { out, scale } = mix(
    [
      [pcm(32_767, -16_000), 1],
      [pcm(32_767, 0), 1],
    ],
    2,
  );
  expect(out).toEqual([32_767, -8000]);
  expect(decibels(scale)).toBeCloseTo(6.02, 2);
  expect(mix([[pcm(-32_768), 1.5]], 1).out).toEqual([-32_768]);
  expect(mix([[pcm(32_767), 1.5]], 1).out).toEqual([32_767]);
});

test("the extent grows over blocks, and silence lowers nothing", () => {
  const first = widen(NOTHING, Float32Array.of(5, -7));
  expect(widen(first, Float32Array.of(6, -1))).toEqual({ high: 6, low: -7 });
  expect(scaleFor(NOTHING)).toBe(1);
  expect(decibels(1)).toBe(0);
});

test("a shorter stem ends in silence", () => {
  expect(
    mix(
      [
        [pcm(1), 1],
        [pcm(1, 2, 3), 1],
      ],
      3,
    ).out,
  ).toEqual([2, 2, 3]);
});
