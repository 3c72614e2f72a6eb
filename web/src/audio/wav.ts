/** 16-bit PCM WAV: the form of the masters, and of what is taken away. */

export interface WavFormat {
  channels: number;
  sampleRate: number;
  /** Where the samples begin in the file, in bytes. */
  dataOffset: number;
  /** Samples per channel. */
  frames: number;
}

/** Thrown for files that are not the 16-bit PCM that the masters are. */
export class NotAWav extends Error {
  override name = "NotAWav";
}

export const HEADER_BYTES = 44;

/** The header of a PCM file of `frames` frames (under 4 GiB). */
export function wavHeader(frames: number, { channels = 2, sampleRate = 44_100, bits = 16 } = {}): Uint8Array {
  const block = (channels * bits) / 8;
  const size = frames * block;
  const view = new DataView(new ArrayBuffer(HEADER_BYTES));
  const tag = (at: number, text: string) => [...text].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  tag(0, "RIFF");
  // A chunk of an odd size is followed by a byte that fills it up.
  view.setUint32(4, size + (size % 2) + HEADER_BYTES - 8, true);
  tag(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * block, true);
  view.setUint16(32, block, true);
  view.setUint16(34, bits, true);
  tag(36, "data");
  view.setUint32(40, size, true);
  return new Uint8Array(view.buffer);
}

/**
 * Reads a header from the beginning of a file of `fileBytes` bytes. A wrong data size is replaced by the bytes that are there.
 * Throws NotAWav for anything but 16-bit PCM.
 */
export function readWavHeader(start: Uint8Array, fileBytes: number): WavFormat {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const tag = (at: number) => String.fromCharCode(...start.subarray(at, at + 4));
  if (start.length < 12 || tag(0) !== "RIFF" || tag(8) !== "WAVE") throw new NotAWav("not a WAV file");
  let format: { channels: number; sampleRate: number } | null = null;
  for (let at = 12; at + 8 <= start.length;) {
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (tag(at) === "data") {
      if (!format) break;
      const there = Math.max(0, Math.min(size, fileBytes - body));
      return { ...format, dataOffset: body, frames: Math.floor(there / (format.channels * 2)) };
    }
    if (tag(at) === "fmt " && body + 16 <= start.length) {
      const [kind, channels, bits] = [0, 2, 14].map((offset) => view.getUint16(body + offset, true));
      // 0xFFFE: the extensible form, whose samples lie the same way.
      if ((kind !== 1 && kind !== 0xfffe) || bits !== 16 || !channels) throw new NotAWav("not 16-bit PCM");
      format = { channels, sampleRate: view.getUint32(body + 4, true) };
    }
    at = body + size + (size % 2);
  }
  throw new NotAWav("a WAV file without samples");
}
