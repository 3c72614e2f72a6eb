/** A take that plays along: what a person recorded, in windows of FLAC that are read one at a time. */
import type { Stem, TakeSource } from "./engine";
import { SAMPLE_RATE } from "./frames";
import { Lru } from "./lru";

/** Decoded windows kept: 10 MB each. Two, so that a join or a loop over one is not decoded again and again. */
const KEPT_WINDOWS = 2;
/** Milliseconds before a window is asked for again. */
const WAITS = [500, 2000];

/** Channels of a FLAC at `sampleRate`. Without a running AudioContext, and so without a gesture. */
export async function decodeWindow(flac: ArrayBuffer, sampleRate: number = SAMPLE_RATE): Promise<Float32Array[]> {
  const audio = new OfflineAudioContext(1, 1, sampleRate);
  const buffer = await audio.decodeAudioData(flac);
  return Array.from({ length: buffer.numberOfChannels }, (_, channel) => buffer.getChannelData(channel));
}

interface Options {
  decode?: (flac: ArrayBuffer) => Promise<Float32Array[]>;
  /** What to do where a window cannot be read: it stays silent, unless this throws. */
  onLost?(reason: unknown): void;
  waits?: readonly number[];
}

/** A take's sound at places of the song, in frames at 44.1 kHz. */
export class TakeReader {
  private readonly windows = new Lru<number, Promise<Float32Array[]>>(KEPT_WINDOWS);

  constructor(
    private source: TakeSource,
    private readonly options: Options = {},
  ) {}

  get stem(): Stem {
    return this.source.stem;
  }

  get sound(): TakeSource {
    return this.source;
  }

  /** The same take, perhaps at another place. Whether it moved. */
  become(source: TakeSource): boolean {
    const moved = source.offsetMs !== this.source.offsetMs;
    this.source = source;
    return moved;
  }

  /** Left and right of `frames` frames of the song from `song` on; silence where the take has none. */
  async read(song: number, frames: number, signal: AbortSignal): Promise<[Float32Array, Float32Array]> {
    const start = song - Math.round((this.source.offsetMs * SAMPLE_RATE) / 1000);
    const size = this.source.windowSeconds * SAMPLE_RATE;
    const both: [Float32Array, Float32Array] = [new Float32Array(frames), new Float32Array(frames)];
    for (let at = Math.max(0, start); at < start + frames;) {
      const index = Math.floor(at / size);
      const from = at - index * size;
      const count = Math.min(size - from, start + frames - at);
      const [left, right = left] = await this.window(index, signal);
      if (left) both[0].set(left.subarray(from, from + count), at - start);
      if (right) both[1].set(right.subarray(from, from + count), at - start);
      at += count;
    }
    return both;
  }

  /** Rejects where `signal` aborts, and where `onLost` throws. */
  private async window(index: number, signal: AbortSignal): Promise<Float32Array[]> {
    let work = this.windows.get(index);
    if (!work) this.windows.set(index, (work = this.load(index, signal)));
    try {
      return await work;
    } catch (reason) {
      this.windows.delete(index);
      signal.throwIfAborted();
      // Another one gave up, who had asked for it first.
      if ((reason as Error | null)?.name === "AbortError") return this.window(index, signal);
      throw reason;
    }
  }

  private async load(index: number, signal: AbortSignal): Promise<Float32Array[]> {
    const { decode = decodeWindow, onLost, waits = WAITS } = this.options;
    for (let tries = 0; ; tries++) {
      try {
        const flac = await this.source.window(index, signal);
        return flac ? await decode(flac) : [];
      } catch (reason) {
        signal.throwIfAborted();
        const wait = waits[tries];
        if (wait === undefined) {
          onLost?.(reason);
          return [];
        }
        await new Promise((resolve) => setTimeout(resolve, wait));
        signal.throwIfAborted();
      }
    }
  }
}
