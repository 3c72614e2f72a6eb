/**
 * Compares a take with what the browser's own capture gave, sample by sample, where the browser shows it
 * (MediaStreamTrackProcessor). Between the two is a queue that is emptied or overrun when the audio thread comes late:
 * sound is blanked or dropped there, and neither clock nor statistics tell. This tells it to the sample.
 */
import type { Gap } from "../queue/model";

/** So many frames that are alike are no chance. */
const PROOF = 64;
/** Both paths round; mixing two channels to one may differ by one step. */
const STEP = 1;
/** Below this (16 bit) everything is alike. */
const QUIET = 16;
const KEPT_S = 8;
/** So many searches in vain, and the two will not meet: a device that is converted to another rate, say. */
const TRIES = 60;
/** How much of the take may wait for the other side. */
const PATIENCE_S = 3;

export class Witness {
  private readonly ring: Int16Array;
  private readonly size: number;
  private heard = 0; // frames of the track so far
  private waiting: Int16Array[] = [];
  private held = 0; // frames in `waiting`
  private at = 0; // the take's frame at which `waiting` begins
  /** The track's frame is the take's plus this. Null: no contact. */
  private offset: number | null = null;
  /** Where contact was lost. */
  private lost: { take: number; track: number } | null = null;

  constructor(
    private readonly channels: number,
    rate: number,
    private readonly tell: (gap: Gap) => void,
  ) {
    this.size = KEPT_S * rate;
    this.ring = new Int16Array(this.size * channels);
    this.patience = PATIENCE_S * rate;
  }
  private readonly patience: number;
  private tries = 0;

  /** Whether it can be trusted at the moment. */
  get inContact(): boolean {
    return this.offset !== null;
  }

  /** The take's frame that belongs to the latest of the track; null without contact. */
  get latest(): number | null {
    return this.offset === null ? null : this.heard - this.offset;
  }

  /** Sound of the track, interleaved as the take's. */
  track(samples: Int16Array): void {
    const { channels, size } = this;
    const frames = samples.length / channels;
    for (let i = 0; i < frames; i++)
      for (let channel = 0; channel < channels; channel++)
        this.ring[((this.heard + i) % size) * channels + channel] = samples[i * channels + channel] ?? 0;
    this.heard += frames;
    this.look();
  }

  /** The next sound of the take. */
  take(samples: Int16Array): void {
    if (this.tries >= TRIES) return;
    this.waiting.push(samples);
    this.held += samples.length / this.channels;
    this.look();
  }

  /** A pause: what comes next is later in the track. */
  skip(): void {
    this.drop(this.held);
    this.offset = this.lost = null;
  }

  /** The take's end: what did not meet the track again until then is not known to be right. */
  finish(): void {
    const end = this.at + this.held;
    if (this.lost && this.tries < TRIES && end > this.lost.take)
      this.tell({ start: this.lost.take, frames: end - this.lost.take, lost: 0, why: "missed" });
    this.lost = null;
  }

  private drop(frames: number): void {
    this.at += frames;
    this.held -= frames;
    let left = frames * this.channels;
    for (let first = this.waiting[0]; first && left > 0; first = this.waiting[0]) {
      if (first.length <= left) this.waiting.shift();
      else this.waiting[0] = first.subarray(left);
      left -= Math.min(left, first.length);
    }
  }

  private look(): void {
    if (this.held < PROOF) return;
    const all = this.joined();
    let done = 0;
    while (this.held - done >= PROOF) {
      const moved = this.offset === null ? this.find(all, done) : this.follow(all, done);
      if (moved === 0) break;
      done += moved;
    }
    this.drop(done);
    if (this.held > this.patience) {
      // The other side does not come: from here on nothing is known.
      if (this.offset !== null) this.lose(this.at);
      this.drop(this.held);
    }
  }

  private joined(): Int16Array {
    const whole = new Int16Array(this.held * this.channels);
    let at = 0;
    for (const piece of this.waiting) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.waiting = [whole];
    return whole;
  }

  /** In contact: how many frames from `from` on are as the track's. */
  private follow(all: Int16Array, from: number): number {
    const shift = this.at + (this.offset ?? 0);
    const end = Math.min(this.held, this.heard - shift);
    let i = from;
    while (i < end && this.alike(all, i, shift + i)) i++;
    if (i < end) this.lose(this.at + i);
    return i - from || (i < end ? this.find(all, i) : 0);
  }

  private lose(take: number): void {
    this.lost = { take, track: take + (this.offset ?? 0) };
    this.offset = null;
  }

  /** Without contact: looks for what comes next in the track. Returns the frames that it has passed. */
  private find(all: Int16Array, from: number): number {
    let i = from;
    while (i < this.held && this.isZero(all, i)) i++;
    if (i > from) return i - from;
    if (this.held - i < PROOF) return 0;
    if (!this.isLoud(all, i)) return PROOF;
    const oldest = Math.max(0, this.heard - this.size);
    for (let track = Math.max(oldest, this.lost?.track ?? 0); track + PROOF <= this.heard; track++) {
      let same = 0;
      while (same < PROOF && this.alike(all, i + same, track + same)) same++;
      if (same === PROOF) return this.found(this.at + i, track);
    }
    // Perhaps it has not come yet.
    if (this.held - i <= this.patience / 3) return 0;
    this.tries += 1;
    return PROOF;
  }

  private found(take: number, track: number): number {
    this.offset = track - take;
    this.tries = 0;
    const { lost } = this;
    this.lost = null;
    if (lost) {
      const gap = { start: lost.take, frames: take - lost.take, lost: track - lost.track };
      if (gap.frames > 0 || gap.lost > 0) this.tell({ ...gap, why: "missed" });
    }
    return PROOF;
  }

  private alike(all: Int16Array, i: number, track: number): boolean {
    const place = (track % this.size) * this.channels;
    for (let channel = 0; channel < this.channels; channel++) {
      const difference = (all[i * this.channels + channel] ?? 0) - (this.ring[place + channel] ?? 0);
      if (difference > STEP || difference < -STEP) return false;
    }
    return true;
  }

  private isZero(all: Int16Array, i: number): boolean {
    for (let channel = 0; channel < this.channels; channel++) if (all[i * this.channels + channel] !== 0) return false;
    return true;
  }

  private isLoud(all: Int16Array, from: number): boolean {
    for (let i = from * this.channels; i < (from + PROOF) * this.channels; i++)
      if (Math.abs(all[i] ?? 0) > QUIET) return true;
    return false;
  }
}
