/** Where a song's sound comes from: bytes, decoded cells, and the takes that play along. */
import { StreamBytes } from "./bytes";
import { decoderOffset } from "./calibrate";
import { decodeMp3, DecodedCells } from "./cells";
import { RHYTHM, type SongSource } from "./engine";
import { samplesOf } from "./frames";
import { TakeTracks } from "./take-tracks";

interface Listeners {
  /** A sentence while the network fails; null once it works again. */
  onTrouble(sentence: string | null): void;
  /** A part stays silent. */
  onLost(sentence: string): void;
}

export function supplyOf(source: SongSource, { onTrouble, onLost }: Listeners) {
  const totalSamples = samplesOf(source.durationSec);
  // The rhythm first, as silence where the song has none.
  const stems = [RHYTHM, ...source.stems.filter((stem) => stem !== RHYTHM)];
  const bytes = new StreamBytes({
    streams: (options) => source.streams(options),
    totalSamples,
    stems: source.stems,
    onTrouble,
  });
  const cells = new DecodedCells({
    totalSamples,
    stems,
    bytes,
    decode: decodeMp3,
    offset: decoderOffset,
    onSilence: () => onLost("A part of this song could not be decoded and stays silent."),
  });
  const tracks = new TakeTracks({
    totalSamples,
    stems,
    cells,
    onLost: () => onLost("A part of your take could not be loaded and stays silent."),
  });
  return { total: totalSamples, bytes, cells, tracks };
}
