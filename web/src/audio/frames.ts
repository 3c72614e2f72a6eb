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
const SLOT_BYTES = 417;
const REST = 42_300;

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
export function frameOffset(frame: number): number {
  return frame <= 0 ? 0 : SLOT_BYTES * frame + Math.ceil((REST * (frame - 1)) / SAMPLE_RATE);
}

/** The bytes that decode to samples start … stop - 1 of the WAV. */
export function byteRange(start: number, stop: number): ByteRange {
  let end = Math.floor((stop - 1 + DELAY_SAMPLES) / FRAME_SAMPLES) + 1;
  let first = Math.floor((start + DELAY_SAMPLES) / FRAME_SAMPLES) - PREROLL_FRAMES;
  first = Math.max(0, Math.min(first, end - SHORTEST_FRAMES));
  end = Math.max(end, first + SHORTEST_FRAMES);
  return {
    from: frameOffset(first),
    to: frameOffset(end),
    skip: start + DELAY_SAMPLES - FRAME_SAMPLES * first,
  };
}

/** Samples of a song that lasts so many seconds. */
export const samplesOf = (seconds: number): number => Math.max(1, Math.round(seconds * SAMPLE_RATE));

export const cellOf = (sample: number): number => Math.floor(sample / CELL_SAMPLES);

export const cellCount = (totalSamples: number): number => Math.ceil(totalSamples / CELL_SAMPLES);

/** The bytes of `count` cells in a row. What is asked for alone or together with others has the same bytes. */
export function cellRange(cell: number, count: number, totalSamples: number): ByteRange {
  return byteRange(cell * CELL_SAMPLES, Math.min(totalSamples, (cell + count) * CELL_SAMPLES));
}
