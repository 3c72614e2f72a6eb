// @vitest-environment node
import { expect, it } from "vitest";
import { chirp, locate, TRUSTED } from "./latency";
import { random } from "./sound.setup";

const RATE = 44_100;
const MS = RATE / 1000;

/** What is heard of a chirp after `delay` frames, at a volume, with noise and an echo. */
function heard(delay: number, { volume = 1, noisy = 0, echo = 0, seed = 1 } = {}) {
  const sound = chirp(RATE);
  const next = random(seed);
  const all = Float32Array.from({ length: RATE }, () => (next() - 0.5) * 2 * noisy);
  for (const [at, size] of [
    [delay, volume],
    [delay + 900, echo],
  ] as const) {
    const [whole, part] = [Math.floor(at), at - Math.floor(at)];
    for (let i = 0; i < sound.length; i++) {
      const value = (1 - part) * (sound[i] ?? 0) + part * (sound[i - 1] ?? 0);
      all[whole + i] = (all[whole + i] ?? 0) + size * value;
    }
  }
  return all;
}

it.each([0, 1, 441, 1323.5, 4410, 11_025.25, 30_000])(
  "a delay of %d frames is found within a twentieth of 1 ms",
  (delay) => {
    const { frame, clear } = locate(heard(delay), chirp(RATE));
    expect(Math.abs(frame - delay)).toBeLessThan(MS / 20);
    expect(clear).toBeGreaterThan(TRUSTED);
  },
);

it.each([
  ["soft, under noise", { volume: 0.05, noisy: 0.03 }],
  ["with its sign turned", { volume: -0.4, noisy: 0.01 }],
  ["in a room with an echo", { volume: 0.5, echo: 0.15, noisy: 0.005 }],
])("a chirp %s is found within 1 ms", (_, how) => {
  for (let seed = 1; seed <= 5; seed++) {
    const delay = 900 + 1500 * seed;
    const { frame, clear } = locate(heard(delay, { ...how, seed }), chirp(RATE));
    expect(Math.abs(frame - delay)).toBeLessThan(MS);
    expect(clear).toBeGreaterThan(TRUSTED);
  }
});

it("silence and mere noise are not trusted", () => {
  expect(locate(new Float32Array(RATE), chirp(RATE)).clear).toBe(0);
  for (let seed = 1; seed <= 5; seed++)
    expect(locate(heard(0, { volume: 0, noisy: 0.2, seed }), chirp(RATE)).clear).toBeLessThan(TRUSTED);
});
