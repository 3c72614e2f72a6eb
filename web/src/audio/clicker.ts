import type { Passed } from "./deck";
import type { Clicks } from "./protocol";

export const CLICK_S = 0.03;
/** Of the first beat of a bar, and of the others. */
export const ACCENT_HZ = 1760;
export const CLICK_HZ = 1320;
export const CLICK_LEVEL = 0.5;

/** Quanta overlap or miss each other by less than this (frames) where speed is rounded. */
const SEAM = 32;

/**
 * Clicks on a song's beats. It runs in the audio thread, next to the deck, and is told what the deck has just played: so
 * a click is on its beat to the sample, at any speed, through loops and seeks, however busy the page is.
 */
export class Clicker {
  private clicks: Clicks | null = null;
  private until = NaN;
  private sounding: { wave: Float32Array; at: number }[] = [];
  private readonly waves: readonly [Float32Array, Float32Array];

  constructor(rate: number) {
    this.waves = [waveOf(CLICK_HZ, rate), waveOf(ACCENT_HZ, rate)];
  }

  set(clicks: Clicks | null): void {
    this.clicks = clicks;
  }

  /** Fill `out`, one quantum, while the deck plays `passed`. */
  process(out: Float32Array, passed: Passed | null): void {
    out.fill(0);
    if (passed) this.start(passed, out.length);
    for (const click of this.sounding) {
      const from = Math.max(0, click.at);
      for (let i = from; i < out.length; i++) out[i] = (out[i] ?? 0) + (click.wave[i - click.at] ?? 0);
      click.at -= out.length;
    }
    this.sounding = this.sounding.filter(({ wave, at }) => wave.length + at > 0);
  }

  private start({ from, to, chunks }: Passed, count: number): void {
    const begin = Math.abs(from - this.until) < SEAM ? this.until : from;
    this.until = to;
    if (!this.clicks || to <= begin) return;
    const { beats, accents } = this.clicks;
    for (const { stream, song, frames } of chunks) {
      const first = Math.max(begin, stream);
      const last = Math.min(to, stream + frames);
      if (last <= first) continue;
      const shift = stream - song;
      for (let beat = firstFrom(beats, first - shift); (beats[beat] ?? Infinity) + shift < last; beat++) {
        const at = (((beats[beat] ?? 0) + shift - from) * count) / (to - from);
        this.sounding.push({ wave: this.waves[accents[beat] ? 1 : 0], at: Math.max(0, Math.round(at)) });
      }
    }
  }
}

/** Index of the first value that is not below `least`. */
function firstFrom(values: Float64Array, least: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

function waveOf(hz: number, rate: number): Float32Array {
  const fall = Math.log(CLICK_LEVEL / 0.001) / CLICK_S;
  return Float32Array.from({ length: Math.round(CLICK_S * rate) }, (_, i) => {
    return CLICK_LEVEL * Math.exp((-fall * i) / rate) * Math.sin((2 * Math.PI * hz * i) / rate);
  });
}
