import { StreamBytes } from "./bytes";
import { decoderOffset } from "./calibrate";
import { decodeMp3, DecodedCells } from "./cells";
import type { SongSource, Stem } from "./engine";
import { Feeder } from "./feeder";

/** What brings a song's sound to the deck: its bytes, decoded by cells, in the order in which they are played. */
export function supply(
  source: SongSource,
  tracks: readonly Stem[],
  totalSamples: number,
  says: { onTrouble(sentence: string | null): void; onSilence(): void },
) {
  const bytes = new StreamBytes({
    streams: (options) => source.streams(options),
    ...{ totalSamples, stems: source.stems, onTrouble: says.onTrouble },
  });
  const cells = new DecodedCells({
    ...{ totalSamples, stems: tracks, bytes, decode: decodeMp3, offset: decoderOffset, onSilence: says.onSilence },
  });
  return { bytes, cells, feeder: new Feeder(totalSamples, (cell, signal) => cells.cell(cell, signal)) };
}
