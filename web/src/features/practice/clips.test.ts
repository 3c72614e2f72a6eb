// @vitest-environment node
import { describe, expect, test } from "vitest";
import type { Peaks } from "@/audio/peaks";
import { CLIP_S, clipStart, soundsIn } from "./clips";

/** Peaks of one pair a second: each stem loud (100) in these seconds, else silent. */
function peaksOf(durationSec: number, loud: Record<string, (second: number) => boolean>): Peaks {
  const stems = Object.fromEntries(
    Object.entries(loud).map(([stem, isLoud]) => [
      stem,
      Int8Array.from({ length: 2 * durationSec }, (_, i) => (isLoud(i >> 1) ? (i % 2 ? 100 : -100) : 0)),
    ]),
  );
  return { sampleRate: 1, samplesPerPeak: 1, stems };
}

const BARS = Array.from({ length: 50 }, (_, i) => i * 2);
const always = () => true;
type Wish = Parameters<typeof clipStart>[0];
const wish: Wish = { durationSec: 100, peaks: null, bars: BARS, seed: "A", last: [] };
const many = (over: Partial<Wish>) =>
  Array.from({ length: 200 }, (_, i) => clipStart({ ...wish, ...over, seed: `01J9ZQ4X5V8K2M3N4P5Q6R${i}` }));

describe("where a clip begins", () => {
  test("the answer's id decides, and other ids choose other places", () => {
    expect(clipStart(wish)).toBe(clipStart(wish));
    expect(new Set(many({})).size).toBeGreaterThan(20);
  });

  test("at a bar, and early enough for a whole clip", () => {
    for (const start of many({})) expect(BARS).toContain(start);
    expect(Math.max(...many({}))).toBeLessThanOrEqual(100 - CLIP_S);
  });

  test("where the drums have energy", () => {
    const peaks = peaksOf(100, { drums: (s) => s >= 40 && s < 60, bass: always });
    for (const start of many({ peaks })) expect(start).toBeGreaterThanOrEqual(40);
    for (const start of many({ peaks })) expect(start).toBeLessThan(60);
  });

  test("without voice first, and with it where there is no other place", () => {
    const peaks = peaksOf(100, { drums: always, vocals: (s) => s >= 20 });
    for (const start of many({ peaks })) expect(start).toBeLessThan(20);
    const sung = peaksOf(100, { drums: (s) => s >= 50, vocals: always });
    for (const start of many({ peaks: sung })) expect(start).toBeGreaterThanOrEqual(50);
  });

  test("never at one of the last three starts, even if all others have less", () => {
    const peaks = peaksOf(100, { drums: (s) => s >= 40 && s < 47 });
    const last = [40, 42, 44];
    for (const start of many({ peaks, last })) expect(last).not.toContain(start);
  });

  test("without bars on whole seconds; a short song begins at its start", () => {
    for (const start of many({ bars: [] })) expect(Number.isInteger(start)).toBe(true);
    expect(clipStart({ ...wish, durationSec: 3 })).toBe(0);
    expect(clipStart({ ...wish, durationSec: 3, last: [0] })).toBe(0);
    expect(clipStart({ ...wish, durationSec: 0.5, bars: [] })).toBe(0);
  });

  test("a song without drums is asked by what it has", () => {
    const peaks = peaksOf(100, { drums: () => false, other: (s) => s >= 30 && s < 40 });
    for (const start of many({ peaks })) expect(start).toBeGreaterThanOrEqual(26);
    for (const start of many({ peaks })) expect(start).toBeLessThan(40);
    expect(soundsIn(peaks, "drums", 30)).toBe(false);
    expect(soundsIn(peaks, "other", 30)).toBe(true);
    expect(soundsIn(null, "drums", 30)).toBe(true);
  });
});
