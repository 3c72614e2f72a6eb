import type { CellBytes } from "./bytes";
import type { Stem } from "./engine";
import { CELL_SAMPLES, cellOf, cellRange, DELAY_SAMPLES, SAMPLE_RATE } from "./frames";
import { Lru } from "./lru";

/** Decoded cells kept: 2.4 MB each. Enough for a short loop to play without decoding again. */
const KEPT_CELLS = 5;
/** Enough drums to hear a tempo from: 6.7 s. */
const TEMPO_CELLS = 4;

/** Left and right of each stem, all of the cell's length. */
export type CellSamples = Float32Array[];

interface Options {
  totalSamples: number;
  /** The stems, the rhythm first; one without bytes is silence. */
  stems: readonly Stem[];
  bytes: { cell(cell: number, signal: AbortSignal): Promise<CellBytes>; forget(cell: number): void };
  /** MP3 bytes to channels at 44.1 kHz. */
  decode(bytes: Uint8Array<ArrayBuffer>): Promise<Float32Array[]>;
  /** This browser's decoder offset, samples. */
  offset(): Promise<number>;
  /** Called when a part stays silent because it cannot be decoded. */
  onSilence?(): void;
}

/** Cells as samples: decoded when asked for, the last few kept. */
export class DecodedCells {
  private readonly kept = new Lru<number, CellSamples>(KEPT_CELLS);
  private readonly underway = new Map<number, Promise<CellSamples>>();

  constructor(private readonly options: Options) {}

  /** Rejects only when `signal` aborts. */
  async cell(cell: number, signal: AbortSignal): Promise<CellSamples> {
    const kept = this.kept.get(cell);
    if (kept) return kept;
    const other = this.underway.get(cell);
    if (other) {
      const samples = await other.catch(() => undefined); // its asker may have given up
      signal.throwIfAborted();
      if (samples) return samples;
    }
    const work = this.load(cell, signal);
    this.underway.set(cell, work);
    try {
      const samples = await work;
      this.kept.set(cell, samples);
      return samples;
    } finally {
      if (this.underway.get(cell) === work) this.underway.delete(cell);
    }
  }

  /** Have these cells at hand, the first one first, unless the signal ends it. */
  prefetch(first: number, last: number, signal: AbortSignal): void {
    void (async () => {
      for (let cell = first; cell <= last; cell++) await this.cell(cell, signal);
    })().catch(() => undefined); // aborted
  }

  /** Left channel of the drums from `song` (frames) on, some seconds in parts: what the tempo is heard from. */
  async drumsFrom(song: number, signal: AbortSignal): Promise<Float32Array[]> {
    const first = cellOf(song);
    const parts: Float32Array[] = [];
    try {
      for (let cell = first; cell < first + TEMPO_CELLS && cell <= cellOf(this.options.totalSamples - 1); cell++) {
        const left = (await this.cell(cell, signal))[0];
        if (left) parts.push(cell === first ? left.subarray(song % left.length) : left);
      }
    } catch {
      // the song moved on; the clicks keep to what is there
    }
    return parts;
  }

  clear(): void {
    this.kept.clear();
  }

  private async load(cell: number, signal: AbortSignal): Promise<CellSamples> {
    const { bytes, decode, totalSamples, stems } = this.options;
    const length = Math.min(CELL_SAMPLES, totalSamples - cell * CELL_SAMPLES);
    const offset = await this.options.offset();
    const skip = cellRange(cell, 1, totalSamples).skip + offset - DELAY_SAMPLES;
    for (let again = false; ; again = true) {
      const encoded = await bytes.cell(cell, signal);
      const decoded = await Promise.allSettled(
        // decodeAudioData takes its buffer away, and the bytes are kept for the next time.
        stems.map((stem) => (encoded[stem]?.length ? decode(encoded[stem].slice()) : Promise.resolve([]))),
      );
      signal.throwIfAborted();
      if (decoded.some((one) => one.status === "rejected")) {
        // Once more with new bytes; after that the rest of the song is worth more than this part.
        bytes.forget(cell);
        if (!again) continue;
        this.options.onSilence?.();
      }
      return decoded.flatMap((one) => {
        const [left, right] = one.status === "fulfilled" ? one.value : [];
        return [cut(left, skip, length), cut(right ?? left, skip, length)];
      });
    }
  }
}

/** `length` samples from `skip` on; what the decoder did not give is silence. */
function cut(channel: Float32Array | undefined, skip: number, length: number): Float32Array {
  const part = channel?.subarray(skip, skip + length);
  if (part?.length === length) return part;
  const padded = new Float32Array(length);
  if (part) padded.set(part);
  return padded;
}

/** decodeAudioData, without a running AudioContext and so without a gesture. */
export async function decodeMp3(bytes: Uint8Array<ArrayBuffer>): Promise<Float32Array[]> {
  const audio = new OfflineAudioContext(2, 1, SAMPLE_RATE);
  const buffer = await audio.decodeAudioData(bytes.buffer);
  return Array.from({ length: buffer.numberOfChannels }, (_, channel) => buffer.getChannelData(channel));
}
