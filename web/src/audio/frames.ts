/**
 * Where a part of a song is in a stem's stream (docs/decisions/0003-streamable-encoding.md; ml/audio/stream.py holds
 * the same formula). Samples and frames are counted from 0; ends are exclusive.
 */

export const SAMPLE_RATE = 44_100;
export const FRAME_SAMPLES = 1152;

/** Sample i of the WAV is sample i + 1105 of the decoded stream: LAME's 576 and the decoder's 529. */
export const DELAY_SAMPLES = 1105;

const PREROLL_FRAMES = 2;
const SHORTEST_FRAMES = 8;

/** Bytes of a frame: whole ones, and how many 44,100ths of one more. A stream of a constant rate has 144 × rate / 44,100. */
export interface Layout {
  bytes: number;
  rest: number;
}
/** Of a stem's stream: 128 kbit/s. */
export const OF_STEM: Layout = { bytes: 417, rest: 42_300 };
/** Of `mix.mp3`: 320 kbit/s (functions/unplugd/details/mix.py). */
export const OF_MIX: Layout = { bytes: 1044, rest: 39_600 };

/**
 * A song is fetched and decoded in cells on a fixed grid: 64 frames, 1.67 s. One is short enough to sound soon after a
 * seek, and a grid lets bytes and decoded sound be kept by number.
 */
export const CELL_SAMPLES = 64 * FRAME_SAMPLES;

export interface ByteRange {
  /** Bytes from … to - 1. `to` may lie past the end of a very short stream, which HTTP allows. */
  from: number;
  to: number;
  /** Decoded samples before the first one asked for. */
  skip: number;
}

/** The byte at which a frame starts. */
export function frameOffset(frame: number, { bytes, rest } = OF_STEM): number {
  return frame <= 0 ? 0 : bytes * frame + Math.ceil((rest * (frame - 1)) / SAMPLE_RATE);
}

/** The bytes that decode to samples start … stop - 1 of the WAV. */
export function byteRange(start: number, stop: number, layout = OF_STEM): ByteRange {
  let end = Math.floor((stop - 1 + DELAY_SAMPLES) / FRAME_SAMPLES) + 1;
  let first = Math.floor((start + DELAY_SAMPLES) / FRAME_SAMPLES) - PREROLL_FRAMES;
  first = Math.max(0, Math.min(first, end - SHORTEST_FRAMES));
  end = Math.max(end, first + SHORTEST_FRAMES);
  return {
    from: frameOffset(first, layout),
    to: frameOffset(end, layout),
    skip: start + DELAY_SAMPLES - FRAME_SAMPLES * first,
  };
}

/** Samples of a song that lasts so many seconds. */
export const samplesOf = (seconds: number): number => Math.max(1, Math.round(seconds * SAMPLE_RATE));

export const cellOf = (sample: number): number => Math.floor(sample / CELL_SAMPLES);

export const cellCount = (totalSamples: number): number => Math.ceil(totalSamples / CELL_SAMPLES);

/** The bytes of `count` cells in a row. What is asked for alone or together with others has the same bytes. */
export function cellRange(cell: number, count: number, totalSamples: number, layout = OF_STEM): ByteRange {
  return byteRange(cell * CELL_SAMPLES, Math.min(totalSamples, (cell + count) * CELL_SAMPLES), layout);
}
