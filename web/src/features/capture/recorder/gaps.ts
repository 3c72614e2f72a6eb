/** Finds sound that is missing without anybody having said so: browsers lose or blank blocks of 10 ms under load. */
import type { Gap } from "../queue/model";

/** Shorter silences are left alone: a quantum is 128 frames. */
const SHORTEST_RUN = 120;
/** Of 16 bit, −60 dB: next to less than this, zeros may be real silence. */
const SIGNAL = 32;
/** How many frames before a run tell whether there was signal. */
const LOOK_BACK = 441;

/** Runs of exact zeros amid signal. A microphone that hears something never gives them. */
export class ZeroRuns {
  private run = 0;
  private at = 0;
  private loud = -Infinity; // the last frame that was signal
  private before = false;

  constructor(
    private readonly channels: number,
    private readonly tell: (gap: Gap) => void,
  ) {}

  add(samples: Int16Array): void {
    const frames = samples.length / this.channels;
    for (let i = 0; i < frames; i++) {
      let size = 0;
      for (let channel = 0; channel < this.channels; channel++)
        size = Math.max(size, Math.abs(samples[i * this.channels + channel] ?? 0));
      if (size === 0) {
        if (this.run === 0) this.before = this.at - this.loud <= LOOK_BACK;
        this.run += 1;
      } else {
        // Only what goes on afterwards tells a gap from an end.
        if (this.run >= SHORTEST_RUN && this.before)
          this.tell({ start: this.at - this.run, frames: this.run, lost: 0, why: "missed" });
        this.run = 0;
        if (size >= SIGNAL) this.loud = this.at;
      }
      this.at += 1;
    }
  }
}

const LOOK_S = 2;
const LATE_S = 0.1;

/**
 * Recorded frames against a clock. Messages come late on a busy machine and catch up; sound that was lost does not. So
 * the smallest lag of two seconds counts, and only its growth.
 */
export class Stalls {
  private begun: number | null = null;
  private smallest = Infinity;
  private before: number | null = null;
  /** Where the lag began that has lasted since. */
  private since: number | null = null;

  constructor(
    private readonly rate: number,
    private readonly tell: (at: number, lost: number) => void,
  ) {}

  /** `frames` had been recorded at this second of the clock. */
  add(seconds: number, frames: number): void {
    const lag = seconds - frames / this.rate;
    if (this.before !== null && lag - this.before > LATE_S) this.since ??= frames;
    else this.since = null;
    this.smallest = Math.min(this.smallest, lag);
    this.begun ??= seconds;
    if (seconds - this.begun < LOOK_S) return;
    const grown = this.before === null ? 0 : this.smallest - this.before;
    if (grown > LATE_S) this.tell(this.since ?? frames, Math.round(grown * this.rate));
    if (this.before === null || grown > LATE_S || grown < 0) this.before = this.smallest;
    // Two clocks drift apart by some ten millionths: too slow for a gap.
    else this.before += Math.min(grown, LOOK_S * 1e-3);
    this.begun = seconds;
    this.smallest = Infinity;
  }

  /** After a pause the clock starts again. */
  reset(): void {
    this.begun = this.before = this.since = null;
    this.smallest = Infinity;
  }
}

/** Gaps in order; those that touch or overlap become one. */
export function mergeGaps(gaps: readonly Gap[], touching = 128): Gap[] {
  const merged: Gap[] = [];
  for (const gap of [...gaps].sort((a, b) => a.start - b.start || a.frames - b.frames)) {
    const last = merged.at(-1);
    if (last && last.why === gap.why && gap.start <= last.start + last.frames + touching) {
      last.frames = Math.max(last.frames, gap.start + gap.frames - last.start);
      last.lost = Math.max(last.lost, gap.lost);
    } else merged.push({ ...gap });
  }
  return merged;
}
