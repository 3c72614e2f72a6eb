/** The stems' cells and the takes that play along, as the deck reads them. */
import type { CellSamples } from "./cells";
import type { Stem, TakeSource } from "./engine";
import { CELL_SAMPLES } from "./frames";
import { TakeReader } from "./take";

interface Options {
  totalSamples: number;
  /** What the cells hold, the rhythm first. */
  stems: readonly Stem[];
  cells: { cell(cell: number, signal: AbortSignal): Promise<CellSamples> };
  /** Called when a part of a take stays silent because it cannot be read. */
  onLost(): void;
}

export class TakeTracks {
  private readers: readonly TakeReader[] = [];

  constructor(private readonly options: Options) {}

  /** "moved": the same takes, at another place. "other": takes came or went, so the deck needs other outputs. */
  set(takes: readonly TakeSource[]): "same" | "moved" | "other" {
    const known = new Map(this.readers.map((reader) => [reader.stem, reader]));
    const other = takes.length !== known.size || !takes.every(({ stem }) => known.has(stem));
    let moved = false;
    this.readers = takes.map((take) => {
      const reader = known.get(take.stem);
      if (!reader) return new TakeReader(take, { onLost: this.options.onLost });
      moved = reader.become(take) || moved;
      return reader;
    });
    return other ? "other" : moved ? "moved" : "same";
  }

  sources(): readonly TakeSource[] {
    return this.readers.map(({ sound }) => sound);
  }

  /** What the deck plays, in the order of its outputs: the rhythm and the takes keep their pitch, so they come first. */
  seats(): readonly Stem[] {
    const [rhythm, ...rest] = this.options.stems;
    return [...(rhythm === undefined ? [] : [rhythm]), ...this.readers.map(({ stem }) => stem), ...rest];
  }

  /** A cell of all that the deck plays. Rejects only when `signal` aborts. */
  async cell(cell: number, signal: AbortSignal): Promise<CellSamples> {
    const { cells, totalSamples } = this.options;
    const from = cell * CELL_SAMPLES;
    const frames = Math.min(CELL_SAMPLES, totalSamples - from);
    const [stems, ...takes] = await Promise.all([
      cells.cell(cell, signal),
      ...this.readers.map((reader) => reader.read(from, frames, signal)),
    ]);
    return [...stems.slice(0, 2), ...takes.flat(), ...stems.slice(2)];
  }
}
