// @vitest-environment node
import { expect, it } from "vitest";
import { Guard, GUARD_FRAMES } from "./guard";

const run = (levels: number[]) => {
  const guard = new Guard(1);
  return levels.flatMap((level) => {
    const out = new Float32Array(GUARD_FRAMES);
    guard.process([Float32Array.from({ length: GUARD_FRAMES }, (_, i) => level * Math.cos(i))], [out]);
    return [...out];
  });
};

it("hands on what does not exceed full scale, to the bit, a quantum later", () => {
  const out = run([1, 0.5, 0.25]);
  const first = Float32Array.from({ length: GUARD_FRAMES }, (_, i) => Math.cos(i));
  expect(out.slice(GUARD_FRAMES, 2 * GUARD_FRAMES)).toEqual([...first]);
});

it("keeps peaks at full scale without a step, and lets go slowly", () => {
  const out = run([0.5, 3, 3, ...Array.from({ length: 2000 }, () => 0.5), 0.5]);
  expect(out.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)).toBeLessThanOrEqual(1.000001);
  expect(Math.max(...out.slice(-GUARD_FRAMES).map(Math.abs))).toBeCloseTo(0.5, 3);
});

it("is silent without an input", () => {
  const guard = new Guard(2);
  const out = [new Float32Array(GUARD_FRAMES), new Float32Array(GUARD_FRAMES)];
  guard.process([], out);
  guard.process([], out);
  expect(out.every((plane) => plane.every((sample) => sample === 0))).toBe(true);
});
