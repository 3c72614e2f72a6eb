import { CELL_SAMPLES, cellOf } from "./frames";
import { type Chunk, CHUNK_FRAMES } from "./protocol";
import { type LoopFrames, pieceAt } from "./unroll";

/** Where a loop jumps back, its end is blended into what comes before its start: no click, and not a sample longer. */
const SEAM_FRAMES = 128;
const POOL = 12;
/** Between two parts of the stream: more than the deck ever looks back, so that no part is heard in another. */
const GAP = 1 << 16;

interface Placed {
  stream: number;
  song: number;
  frames: number;
}

/** Cuts the song, loop written out, into chunks for the deck. Positions in frames. */
export class Feeder {
  loop: LoopFrames | null = null;
  private song = 0;
  private stream = 0;
  private done = false;
  private log: Placed[] = [];
  private pool: Float32Array<ArrayBuffer>[] = [];

  constructor(
    private readonly total: number,
    private readonly read: (cell: number, signal: AbortSignal) => Promise<Float32Array[]>,
  ) {}

  /** Stream position up to which chunks were made. */
  get end(): number {
    return this.stream;
  }

  /** The cell that is read next. */
  get cell(): number {
    return cellOf(Math.min(this.song, this.total - 1));
  }

  get finished(): boolean {
    return this.done;
  }

  /** Go on somewhere else in the song. Returns the stream position it starts at. */
  jump(song: number): number {
    this.song = Math.max(0, Math.min(song, this.total - 1));
    this.stream += GAP;
    this.log = [];
    this.done = false;
    return this.stream;
  }

  /** Take back what was made from `stream` on (it has to be in the part since the last jump). */
  rewind(stream: number): void {
    if (stream >= this.stream) return;
    const song = this.songAt(stream);
    if (song === null) return;
    this.log = this.log.filter((placed) => placed.stream < stream);
    const tail = this.log.at(-1);
    if (tail) tail.frames = Math.min(tail.frames, stream - tail.stream);
    this.song = song;
    this.stream = stream;
    this.done = false;
  }

  /** The song position at a stream position that was made since the last jump, else null. */
  songAt(stream: number): number | null {
    const placed = this.log.find((one) => stream >= one.stream && stream < one.stream + one.frames);
    if (placed) return placed.song + stream - placed.stream;
    return stream === this.stream ? this.song : null;
  }

  /** The first stream position in from … to - 1 that plays `song`, else null. */
  find(song: number, from: number, to: number): number | null {
    for (const placed of this.log) {
      const stream = placed.stream + song - placed.song;
      if (song >= placed.song && song < placed.song + placed.frames && stream >= from && stream < to) return stream;
    }
    return null;
  }

  /** Forget where things were before `stream`. */
  heardUpTo(stream: number): void {
    this.log = this.log.filter((placed) => placed.stream + placed.frames > stream);
  }

  /** The next chunk. Nothing moves if `signal` aborts on the way. */
  async next(signal: AbortSignal): Promise<Chunk> {
    const cell = cellOf(this.song);
    const limit = Math.min(CHUNK_FRAMES, (cell + 1) * CELL_SAMPLES - this.song);
    const piece = pieceAt(this.song, this.loop, this.total, limit);
    const samples = await this.read(cell, signal);
    const seam = piece.wraps && piece.next !== null ? await this.before(piece.next, signal) : null;
    signal.throwIfAborted();
    // Memory from before a take came or went has another size.
    let data = this.pool.pop();
    if (data?.length !== samples.length * CHUNK_FRAMES) data = new Float32Array(samples.length * CHUNK_FRAMES);
    const from = piece.song - cell * CELL_SAMPLES;
    samples.forEach((channel, c) => {
      data.set(channel.subarray(from, from + piece.frames), c * CHUNK_FRAMES);
      if (seam) blend(data, c * CHUNK_FRAMES + piece.frames, seam[c] ?? new Float32Array(), piece.frames);
    });
    const chunk = { stream: this.stream, song: piece.song, frames: piece.frames, data, last: piece.next === null };
    this.log.push({ stream: chunk.stream, song: chunk.song, frames: chunk.frames });
    this.stream += piece.frames;
    this.song = piece.next ?? this.total;
    this.done = piece.next === null;
    return chunk;
  }

  /** Memory of played chunks, to be filled again. */
  recycle(data: Float32Array<ArrayBuffer>[]): void {
    for (const one of data) if (this.pool.length < POOL) this.pool.push(one);
  }

  /** What comes right before `song`: up to SEAM_FRAMES, fewer at the song's start or a cell's. */
  private async before(song: number, signal: AbortSignal): Promise<Float32Array[] | null> {
    if (song === 0) return null;
    const cell = cellOf(song - 1);
    const samples = await this.read(cell, signal);
    const stop = song - cell * CELL_SAMPLES;
    return samples.map((channel) => channel.subarray(Math.max(0, stop - SEAM_FRAMES), stop));
  }
}

/** Crossfade the samples before `end` into `tail`, which ends there. */
function blend(data: Float32Array, end: number, tail: Float32Array, atMost: number): void {
  const length = Math.min(tail.length, atMost);
  const from = tail.length - length;
  for (let i = 0; i < length; i++) {
    const share = (i + 1) / (length + 1);
    const at = end - length + i;
    data[at] = (data[at] ?? 0) * (1 - share) + (tail[from + i] ?? 0) * share;
  }
}
