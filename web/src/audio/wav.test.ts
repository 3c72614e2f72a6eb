// @vitest-environment node
import { expect, test } from "vitest";
import { HEADER_BYTES, NotAWav, readWavHeader, wavHeader } from "./wav";

test("a header says what it was given", () => {
  for (const frames of [0, 1, 26_460_000]) {
    expect(readWavHeader(wavHeader(frames), HEADER_BYTES + frames * 4)).toEqual({
      channels: 2,
      sampleRate: 44_100,
      dataOffset: HEADER_BYTES,
      frames,
    });
  }
  expect(Buffer.from(wavHeader(1)).toString("latin1", 0, 16)).toBe("RIFF(\0\0\0WAVEfmt ");
});

test("a chunk before the samples is passed over, also an odd one", () => {
  const header = wavHeader(3);
  const odd = new Uint8Array([...new TextEncoder().encode("LIST"), 3, 0, 0, 0, 1, 2, 3, 0]);
  const file = new Uint8Array([...header.subarray(0, 36), ...odd, ...header.subarray(36)]);
  expect(readWavHeader(file, file.length + 12)).toMatchObject({ dataOffset: 56, frames: 3 });
});

test("a wrong data size is replaced by the true one", () => {
  const header = wavHeader(2);
  header.fill(0xff, 40, 44);
  expect(readWavHeader(header, HEADER_BYTES + 8).frames).toBe(2);
});

test.each([
  ["empty", new Uint8Array()],
  ["not a WAV", new Uint8Array(64)],
  ["cut off", wavHeader(1).subarray(0, 30)],
  ["without samples", wavHeader(1).subarray(0, 36)],
  ["24 bits", wavHeader(1).map((byte, at) => (at === 34 ? 24 : byte))],
])("%s is refused", (_, bytes) => {
  expect(() => readWavHeader(bytes, bytes.length)).toThrow(NotAWav);
});
