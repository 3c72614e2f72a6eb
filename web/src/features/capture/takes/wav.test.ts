// @vitest-environment node
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Inexact, type TakeFiles, takeWav } from "./wav";

const RATE = 48_000;
/** Whole numbers as little-endian PCM. */
const pcmOf = (samples: number[], width: number) =>
  Buffer.from(samples.flatMap((value) => Array.from({ length: width }, (_, byte) => (value >> (8 * byte)) & 0xff)));

/** Windows as their PCM: `flac` hands the index on, and `decode` divides as some browser does. */
function made(windows: Record<number, number[]>, change: Partial<TakeFiles> = {}, positive = 1) {
  const width = change.sampleFormat === "s24" ? 3 : 2;
  const full = 2 ** (8 * width - 1);
  const files: TakeFiles = {
    sampleRate: RATE,
    channels: 1,
    sampleFormat: "s16",
    windowSeconds: 60,
    gaps: [],
    windows: Object.keys(windows).map(Number),
    flac: async (index) => new Uint8Array([index]).buffer,
    sha256: async (index) =>
      createHash("sha256")
        .update(pcmOf(windows[index] ?? [], width))
        .digest("hex"),
    ...change,
  };
  const decode = async (flac: ArrayBuffer) => {
    const samples = windows[new Uint8Array(flac)[0] ?? 0] ?? [];
    const floats = samples.map((value) => value / (value > 0 ? full - positive : full));
    return Array.from({ length: files.channels }, (_, channel) =>
      Float32Array.from(floats.filter((_, i) => i % files.channels === channel)),
    );
  };
  return takeWav(files, () => undefined, decode).then(async (blob) => Buffer.from(await blob.arrayBuffer()));
}

const EXTREMES = [-32_768, -32_767, -16_385, -1, 0, 1, 16_384, 16_385, 32_766, 32_767];

describe("a take as WAV", () => {
  it.each([0, 1])(
    "has each 16-bit sample as it was recorded, where a decoder divides by 32768 − %d",
    async (positive) => {
      const file = await made({ 0: EXTREMES }, {}, positive);
      expect(file.subarray(44)).toEqual(pcmOf(EXTREMES, 2));
      expect([file.readUInt16LE(22), file.readUInt32LE(24), file.readUInt16LE(34)]).toEqual([1, RATE, 16]);
      expect(file.readUInt32LE(40)).toBe(2 * EXTREMES.length);
    },
  );

  it("keeps 24 bits and two channels, and fills an odd length up", async () => {
    const samples = [-8_388_608, 8_388_607, -1, 1, 5_000_001, -5_000_001];
    const file = await made({ 0: samples }, { sampleFormat: "s24", channels: 2 });
    expect(file.subarray(44)).toEqual(pcmOf(samples, 3));
    expect([file.readUInt16LE(22), file.readUInt16LE(32), file.readUInt16LE(34)]).toEqual([2, 6, 24]);
    const odd = await made({ 0: [7] }, { sampleFormat: "s24" });
    expect([odd.length, odd.readUInt32LE(4), odd.readUInt32LE(40)]).toEqual([48, 40, 3]);
  });

  it("is silent where a part is missing, before, between and at the end", async () => {
    const gaps = [
      { start: 0, frames: 2 },
      { start: 5, frames: 3 },
    ];
    const file = await made({ 1: [9, 9, 9] }, { sampleRate: 2, windowSeconds: 1, gaps });
    expect(file.subarray(44)).toEqual(pcmOf([0, 0, 9, 9, 9, 0, 0, 0], 2));
  });

  it("is refused where the decoder gives back something else", async () => {
    const wrong = made({ 0: EXTREMES }, { sha256: async () => "0".repeat(64) });
    await expect(wrong).rejects.toBeInstanceOf(Inexact);
  });
});
