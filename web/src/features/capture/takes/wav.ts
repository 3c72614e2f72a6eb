import { decodeWindow } from "@/audio/take";
import { wavHeader } from "@/audio/wav";

/** What a WAV is made from: the windows that were read, in their order. */
export interface TakeFiles {
  sampleRate: number;
  channels: number;
  sampleFormat: "s16" | "s24";
  windowSeconds: number;
  gaps: readonly { start: number; frames: number }[];
  /** Indexes of the windows that have sound. */
  windows: readonly number[];
  flac(index: number): Promise<ArrayBuffer>;
  /** SHA-256 of the window's PCM, in hexadecimal digits. */
  sha256(index: number): Promise<string>;
}

/** This browser's decoder does not give back what was recorded. */
export class Inexact extends Error {
  constructor() {
    super("This browser cannot make an exact WAV of the take. Download it as FLAC: that is the recording itself.");
  }
}

const WIDTH = { s16: 2, s24: 3 } as const;
type Pcm = Uint8Array<ArrayBuffer>;

/** The whole take as WAV, each sample as it was recorded; missing parts are silence. Rejects with Inexact, or as its sources do. */
export async function takeWav(
  files: TakeFiles,
  onProgress: (fraction: number) => void,
  decode: (flac: ArrayBuffer, sampleRate: number) => Promise<Float32Array[]> = decodeWindow,
): Promise<Blob> {
  const { sampleRate, channels, windowSeconds, gaps, windows } = files;
  const width = WIDTH[files.sampleFormat];
  const parts: Blob[] = [];
  let at = 0;
  const silence = (to: number) => {
    const step = windowSeconds * sampleRate;
    for (; at < to; at += Math.min(step, to - at))
      parts.push(new Blob([new Uint8Array(Math.min(step, to - at) * channels * width)]));
  };
  for (const [done, index] of windows.entries()) {
    silence(index * windowSeconds * sampleRate);
    const [flac, sha256] = await Promise.all([files.flac(index), files.sha256(index)]);
    const pcm = await exactPcm(await decode(flac, sampleRate), width, sha256);
    // A blob of its own: a browser moves what is large to its disk.
    parts.push(new Blob([pcm]));
    at += pcm.length / (channels * width);
    onProgress((done + 1) / windows.length);
  }
  silence(Math.max(0, ...gaps.map(({ start, frames }) => start + frames)));
  const header = wavHeader(at, { channels, sampleRate, bits: width * 8 });
  const filling = new Uint8Array((at * channels * width) % 2);
  return new Blob([header as Pcm, ...parts, filling], { type: "audio/wav" });
}

/**
 * Whole numbers from what a decoder made floats. Chromium divides positive samples by the largest number, others divide by
 * one more: the checksum says which it was.
 */
async function exactPcm(channels: Float32Array[], width: 2 | 3, sha256: string): Promise<Pcm> {
  const full = 2 ** (width * 8 - 1);
  for (const positive of [full, full - 1]) {
    const pcm = toPcm(channels, width, positive, full);
    if (hex(await crypto.subtle.digest("SHA-256", pcm)) === sha256) return pcm;
  }
  throw new Inexact();
}

function toPcm(channels: Float32Array[], width: 2 | 3, positive: number, full: number): Pcm {
  const frames = channels[0]?.length ?? 0;
  const pcm = new Uint8Array(frames * channels.length * width);
  let at = 0;
  for (let i = 0; i < frames; i++)
    for (const channel of channels) {
      const sample = channel[i] ?? 0;
      const value = Math.max(-full, Math.min(full - 1, Math.round(sample * (sample > 0 ? positive : full))));
      for (let byte = 0; byte < width; byte++) pcm[at++] = (value >> (8 * byte)) & 0xff;
    }
  return pcm;
}

const hex = (digest: ArrayBuffer) =>
  Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
