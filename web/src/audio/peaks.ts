import type { Stem } from "./engine";

/** What peaks.json holds: per stem the smallest and largest sample (−128…127) of each stretch, one after the other. */
export interface Peaks {
  sampleRate: number;
  samplesPerPeak: number;
  stems: Record<Stem, Int8Array>;
}

/** More pairs than an hour of song has: what claims more is not ours. */
const MOST_PAIRS = 200_000;

const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 1_000_000;

/** Peaks from what was read as JSON; null for anything but a whole document of version 1. */
export function parsePeaks(read: unknown): Peaks | null {
  if (typeof read !== "object" || read === null) return null;
  const { version, sampleRate, samplesPerPeak, stems } = read as Record<string, unknown>;
  if (version !== 1 || !isCount(sampleRate) || !isCount(samplesPerPeak)) return null;
  if (typeof stems !== "object" || stems === null) return null;
  const parsed: Record<Stem, Int8Array> = {};
  for (const [stem, values] of Object.entries(stems as Record<string, unknown>)) {
    if (!Array.isArray(values) || values.length % 2 !== 0 || values.length > 2 * MOST_PAIRS) return null;
    if (!values.every((value) => Number.isInteger(value) && value >= -128 && value <= 127)) return null;
    parsed[stem] = Int8Array.from(values as number[]);
  }
  return Object.keys(parsed).length ? { sampleRate, samplesPerPeak, stems: parsed } : null;
}

/** All stems on top of each other, as the mix with open faders looks; too loud is cut off as the eye expects. */
export function combine(peaks: Peaks): Int8Array {
  const all = Object.values(peaks.stems);
  const sum = new Int8Array(Math.max(...all.map((one) => one.length)));
  for (let index = 0; index < sum.length; index++) {
    const value = all.reduce((total, one) => total + (one[index] ?? 0), 0);
    sum[index] = Math.max(-128, Math.min(127, value));
  }
  return sum;
}

/** The loudest of some peaks, 1…128: what fills a waveform's height. */
export function loudest(...stems: Int8Array[]): number {
  let most = 1;
  for (const values of stems) for (const value of values) if (Math.abs(value) > most) most = Math.abs(value);
  return most;
}

/**
 * Heights 0…1 of `count` bars that share out `durationSec`, where `full` fills a bar. Each bar takes the loudest of its
 * time, so that no beat falls between two bars.
 */
export function barHeights(
  values: Int8Array,
  pairsPerSecond: number,
  durationSec: number,
  count: number,
  full: number,
): Float32Array {
  const heights = new Float32Array(count);
  const pairs = values.length / 2;
  for (let bar = 0; bar < count; bar++) {
    const first = Math.floor(((bar * durationSec) / count) * pairsPerSecond);
    const end = Math.max(first + 1, Math.ceil((((bar + 1) * durationSec) / count) * pairsPerSecond));
    let most = 0;
    for (let pair = first; pair < end && pair < pairs; pair++) {
      most = Math.max(most, Math.abs(values[2 * pair] ?? 0), Math.abs(values[2 * pair + 1] ?? 0));
    }
    heights[bar] = Math.min(1, most / full);
  }
  return heights;
}
