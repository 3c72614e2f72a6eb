import type { AudioFile } from "../e2e/fixtures";

const BYTES_PER_SECOND = 160_000 / 8;

/** The shipped song (160 kbit/s, constant) over and over for so many seconds: real music, as long as a song may be. */
export function repeated(file: AudioFile, seconds: number): AudioFile {
  const { bytes } = file;
  // ID3 writes its length as four times seven bits; the frame behind it tells the length of one round, not of ours.
  const tag = 10 + [6, 7, 8, 9].reduce((size, at) => (size << 7) | (bytes[at] ?? 0), 0);
  const padded = ((bytes[tag + 2] ?? 0) >> 1) & 1;
  const music = bytes.subarray(tag + Math.floor((144 * 160_000) / 44_100) + padded);
  const rounds = Math.floor((seconds * BYTES_PER_SECOND) / music.length);
  const long = new Uint8Array(rounds * music.length);
  for (let round = 0; round < rounds; round++) long.set(music, round * music.length);
  return { name: "long.mp3", type: "audio/mpeg", bytes: long };
}
