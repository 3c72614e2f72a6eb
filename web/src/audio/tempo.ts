import { SAMPLE_RATE } from "./frames";

export interface Tempo {
  /** Seconds from one beat to the next. */
  beat: number;
  /** Seconds from the first sample to the first beat, 0 ≤ first < beat. */
  first: number;
}

const HOP = 441; // 10 ms
const SLOWEST = 100; // hops a beat: 60 bpm
const FASTEST = 31; // 194 bpm
/** How much of the onsets' variance has to come back after one beat for the tempo to be believed. */
const SURE = 0.35;

/** The tempo of a drum track, one channel in parts, or null where it does not say clearly. Wants some seconds. */
export function tempoOf(parts: Float32Array[]): Tempo | null {
  const onsets = onsetsOf(parts);
  if (onsets.length < 3 * SLOWEST) return null;
  const mean = onsets.reduce((sum, one) => sum + one, 0) / onsets.length;
  const centred = onsets.map((one) => one - mean);
  const self = correlation(centred, 0);
  if (self <= 0) return null;
  let best = 0;
  let lag = 0;
  for (let candidate = FASTEST; candidate <= SLOWEST; candidate++) {
    // Two beats later has to fit as well, or half a pattern would pass for a beat. Near 110 bpm is more likely.
    const likely = Math.exp(-0.5 * (Math.log2(candidate / 55) / 0.9) ** 2);
    const score = ((correlation(centred, candidate) + correlation(centred, 2 * candidate)) / 2 / self) * likely;
    if (score > best) [best, lag] = [score, candidate];
  }
  if (best < SURE) return null;
  let strongest = -1;
  let first = 0;
  for (let phase = 0; phase < lag; phase++) {
    let sum = 0;
    for (let at = phase; at < onsets.length; at += lag) sum += onsets[at] ?? 0;
    if (sum > strongest) [strongest, first] = [sum, phase];
  }
  return { beat: (lag * HOP) / SAMPLE_RATE, first: (first * HOP) / SAMPLE_RATE };
}

/** How much louder each 10 ms are than the 10 ms before, in log energy over a floor. */
function onsetsOf(parts: Float32Array[]): number[] {
  const loudness: number[] = [];
  let energy = 0;
  let count = 0;
  for (const part of parts) {
    for (const sample of part) {
      energy += sample * sample;
      if (++count < HOP) continue;
      loudness.push(Math.log10(energy / HOP + 1e-5));
      energy = count = 0;
    }
  }
  return loudness.map((one, i) => Math.max(0, one - (loudness[i - 1] ?? one)));
}

function correlation(values: number[], lag: number): number {
  let sum = 0;
  for (let i = lag; i < values.length; i++) sum += (values[i] ?? 0) * (values[i - lag] ?? 0);
  return sum / Math.max(1, values.length - lag);
}
