/** Where a song's sound comes from: bytes, decoded cells, and the takes that play along. */
import { StreamBytes } from "./bytes";
import { decoderOffset } from "./calibrate";
import { decodeMp3, DecodedCells } from "./cells";
import { RHYTHM, type SongSource, type Stem, WHOLE } from "./engine";
import { type Layout, OF_MIX, samplesOf } from "./frames";
import { type Cells, Handover } from "./handover";
import { TakeTracks } from "./take-tracks";

interface Listeners {
  /** A sentence while the network fails; null once it works again. */
  onTrouble(sentence: string | null): void;
  /** A part stays silent. */
  onLost(sentence: string): void;
}

type Streams = SongSource["streams"];

export function supplyOf(source: SongSource, { onTrouble, onLost }: Listeners) {
  const totalSamples = samplesOf(source.durationSec);
  // The rhythm first, as silence where the song has none.
  const stems = [RHYTHM, ...source.stems.filter((stem) => stem !== RHYTHM)];
  /** `held`: what has streams; `seats`: what the cells hold. */
  const reader = (held: readonly Stem[], seats: readonly Stem[], streams: Streams, layout?: Layout) => {
    const bytes = new StreamBytes({ streams, totalSamples, stems: held, layout, onTrouble });
    const cells = new DecodedCells({
      totalSamples,
      stems: seats,
      bytes,
      decode: decodeMp3,
      offset: decoderOffset,
      onSilence: () => onLost("A part of this song could not be decoded and stays silent."),
    });
    return { bytes, cells };
  };
  const ofStems = reader(source.stems, stems, (options) => source.streams(options));
  const { early } = source;
  const ofWhole = early && reader([WHOLE], [WHOLE], async (options) => ({ [WHOLE]: await early.mix(options) }), OF_MIX);
  const handover =
    ofWhole &&
    new Handover({
      totalSamples,
      whole: ofWhole.cells,
      stems: ofStems.cells,
      stemCount: stems.length,
      ready: early.ready,
    });
  const cells: Cells = handover ?? ofStems.cells;
  const bytes = {
    readAhead: (cell: number) => (handover?.isOver === false ? ofWhole : ofStems)?.bytes.readAhead(cell),
    close() {
      ofStems.bytes.close();
      ofWhole?.bytes.close();
    },
  };
  const tracks = new TakeTracks({
    totalSamples,
    stems: handover ? [...stems, WHOLE] : stems,
    cells,
    onLost: () => onLost("A part of your take could not be loaded and stays silent."),
  });
  return { total: totalSamples, bytes, cells, tracks };
}
