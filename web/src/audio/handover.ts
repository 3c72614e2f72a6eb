/** The whole song until its stems are there, then the stems: on one clock, so that nothing is heard of the change. */
import type { CellSamples } from "./cells";
import { cellCount } from "./frames";

/** The mix goes out and the stems come in over 46 ms: they are nearly the same sound, so the sum stays as loud. */
export const BLEND_FRAMES = 2048;

/** What the player needs of decoded cells (cells.ts). */
export interface Cells {
  cell(cell: number, signal: AbortSignal): Promise<CellSamples>;
  prefetch(first: number, last: number, signal: AbortSignal): void;
  drumsFrom(song: number, signal: AbortSignal): Promise<Float32Array[]>;
  clear(): void;
}

interface Options {
  totalSamples: number;
  /** Left and right of the whole song. */
  whole: Cells;
  /** Left and right of each stem; asked only once `ready`. */
  stems: Cells;
  stemCount: number;
  ready: Promise<unknown>;
}

/**
 * Cells of all stems and, behind them, of the whole song; one of the two is silent. The stems take over at the start of
 * a cell that they have decoded before it is needed, so that the change waits for the network and the sound does not.
 * A jump takes them at once.
 */
export class Handover implements Cells {
  private ready = false;
  private over = false; // only stems are played
  private last = -1; // the cell of the whole song that was given last
  private from: number | null = null; // the cell at which the stems come in
  private blended: { cell: number; samples: Promise<CellSamples> } | null = null;
  private readonly warming = new Set<number>();
  private readonly closing = new AbortController();

  constructor(private readonly options: Options) {
    void options.ready.then(
      () => (this.ready = true),
      () => undefined, // there will be no stems: the whole song plays on
    );
  }

  /** Whether the stems have taken over. */
  get isOver(): boolean {
    return this.over;
  }

  /** Rejects only when `signal` aborts. */
  async cell(cell: number, signal: AbortSignal): Promise<CellSamples> {
    if (!this.over && this.ready) this.turn(cell);
    if (this.blended?.cell === cell) return this.blended.samples;
    if (this.over) return this.onlyStems(cell, signal);
    this.last = cell;
    return this.onlyWhole(cell, signal);
  }

  prefetch(first: number, last: number, signal: AbortSignal): void {
    (this.ready ? this.options.stems : this.options.whole).prefetch(first, last, signal);
  }

  async drumsFrom(song: number, signal: AbortSignal): Promise<Float32Array[]> {
    return this.ready ? this.options.stems.drumsFrom(song, signal) : [];
  }

  clear(): void {
    this.closing.abort();
    this.options.whole.clear();
    this.options.stems.clear();
  }

  /** Decide what plays in `cell`. */
  private turn(cell: number): void {
    const goesOn = cell === this.last || cell === this.last + 1;
    if (!goesOn) {
      this.over = true; // a jump: there is nothing to join
    } else if (cell === this.from && cell === this.last + 1) {
      this.over = true;
      this.blended = { cell, samples: this.joined(cell) };
    } else if (cell + 1 < cellCount(this.options.totalSamples)) this.warm(cell + 1);
  }

  /** Have the stems of a cell decoded; they come in there, if the song has not got there by then. */
  private warm(cell: number): void {
    if (this.warming.has(cell)) return;
    this.warming.add(cell);
    this.options.stems.cell(cell, this.closing.signal).then(
      () => {
        if (this.last < cell) this.from = cell;
      },
      () => undefined, // closed
    );
  }

  private async onlyWhole(cell: number, signal: AbortSignal): Promise<CellSamples> {
    const whole = await this.options.whole.cell(cell, signal);
    const silence = new Float32Array(whole[0]?.length ?? 0);
    return [...Array.from({ length: 2 * this.options.stemCount }, () => silence), ...whole];
  }

  private async onlyStems(cell: number, signal: AbortSignal): Promise<CellSamples> {
    const stems = await this.options.stems.cell(cell, signal);
    const silence = new Float32Array(stems[0]?.length ?? 0);
    return [...stems, silence, silence];
  }

  /** Both are decoded already, or nearly. */
  private async joined(cell: number): Promise<CellSamples> {
    const { signal } = this.closing;
    const [stems, whole] = await Promise.all([
      this.options.stems.cell(cell, signal),
      this.options.whole.cell(cell, signal),
    ]);
    return [...stems.map((one) => faded(one, (share) => share)), ...whole.map((one) => tail(one))];
  }
}

/** The samples with a gain over the first BLEND_FRAMES. */
function faded(samples: Float32Array, gain: (share: number) => number): Float32Array {
  const made = samples.slice();
  const length = Math.min(BLEND_FRAMES, made.length);
  for (let i = 0; i < length; i++) made[i] = (made[i] ?? 0) * gain((i + 1) / (BLEND_FRAMES + 1));
  return made;
}

/** The samples as they go out, and silence. */
function tail(samples: Float32Array): Float32Array {
  const made = faded(samples, (share) => 1 - share);
  made.fill(0, BLEND_FRAMES);
  return made;
}
