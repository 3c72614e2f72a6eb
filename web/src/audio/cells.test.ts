// @vitest-environment node
import { describe, expect, it, vi } from "vitest";
import { FOUR_STEMS, SIX_STEMS } from "@/lib/stems.fake";
import type { CellBytes } from "./bytes";
import { DecodedCells } from "./cells";
import { CELL_SAMPLES, DELAY_SAMPLES } from "./frames";

const TOTAL = 2 * CELL_SAMPLES + 500;
const never = new AbortController().signal;

const bytesOf = (stems: string[]): CellBytes =>
  Object.fromEntries(stems.map((stem) => [stem, new Uint8Array([1, 2, 3])]));

function make(decode: (bytes: Uint8Array) => Promise<Float32Array[]>, offset = DELAY_SAMPLES, stems = FOUR_STEMS) {
  const bytes = {
    cell: vi.fn(async (): Promise<CellBytes> => bytesOf(stems)),
    forget: vi.fn(),
  };
  const onSilence = vi.fn();
  const cells = new DecodedCells({ totalSamples: TOTAL, stems, bytes, decode, offset: async () => offset, onSilence });
  return { cells, bytes, onSilence };
}

/** What a decoder gives: every sample its own place. */
const ramp = (length: number) => Float32Array.from({ length }, (_, i) => i);
const decodeAll = async () => [ramp(80_000), ramp(80_000).map((one) => -one)];

describe("decoded cells", () => {
  it("begin behind the decoder's delay and two frames of preroll", async () => {
    const { cells } = make(decodeAll);
    const [first, second] = [await cells.cell(0, never), await cells.cell(1, never)];
    expect(first).toHaveLength(8);
    expect([first[0]?.[0], second[0]?.[0], second[1]?.[0]]).toEqual([1105, 3409, -3409]);
    expect(second[7]).toHaveLength(CELL_SAMPLES);
    expect((await cells.cell(2, never))[0]).toHaveLength(500);
  });

  it("lie where this browser's decoder puts them", async () => {
    const { cells } = make(decodeAll, 528);
    expect((await cells.cell(1, never))[0]?.[0]).toBe(3409 - 1105 + 528);
  });

  it("are decoded once for all who ask at the same time", async () => {
    const { cells, bytes } = make(decodeAll);
    await Promise.all([cells.cell(0, never), cells.cell(0, never)]);
    await cells.cell(0, never);
    expect(bytes.cell).toHaveBeenCalledTimes(1);
  });

  it("are fetched once more when they are no sound, then stay silent", async () => {
    const { cells, bytes, onSilence } = make(async () => {
      throw new DOMException("no sound", "EncodingError");
    });
    const silent = await cells.cell(0, never);
    expect(bytes.forget).toHaveBeenCalledTimes(2);
    expect(bytes.cell).toHaveBeenCalledTimes(2);
    expect(onSilence).toHaveBeenCalledTimes(1);
    expect(silent.every((plane) => plane.length === CELL_SAMPLES && plane.every((one) => one === 0))).toBe(true);
  });

  it("end in silence where the stream is short, and sound on both sides where it has one channel", async () => {
    const { cells } = make(async () => [ramp(5000)]);
    const [left, right] = await cells.cell(0, never);
    expect(left?.[0]).toBe(1105);
    expect(left?.[10_000]).toBe(0);
    expect(right).toEqual(left);
  });

  it("have two channels for each of six stems; one that has no bytes is silent", async () => {
    const { cells, bytes } = make(decodeAll, DELAY_SAMPLES, SIX_STEMS);
    bytes.cell.mockImplementation(async () => ({ ...bytesOf(SIX_STEMS), drums: new Uint8Array() }));
    const channels = await cells.cell(1, never);
    expect(channels).toHaveLength(12);
    expect([channels[0]?.[5], channels[11]?.[5]]).toEqual([0, -(3409 + 5)]);
  });

  it("give the drums from a place on, to the song's end or until the caller gives up", async () => {
    const { cells, bytes } = make(decodeAll);
    const parts = await cells.drumsFrom(CELL_SAMPLES + 100, never);
    expect(parts.map((part) => part.length)).toEqual([CELL_SAMPLES - 100, 500]);
    expect(parts[0]?.[0]).toBe(3409 + 100);
    const abort = new AbortController();
    bytes.cell.mockImplementation(async () => {
      abort.abort();
      return {};
    });
    expect(await cells.drumsFrom(0, abort.signal)).toEqual([]);
  });

  it("another's giving up does not take them from who waits too", async () => {
    const abort = new AbortController();
    const { cells } = make(decodeAll);
    const first = cells.cell(0, abort.signal);
    const second = cells.cell(0, never);
    abort.abort();
    await expect(first).rejects.toThrow();
    expect(await second).toHaveLength(8);
  });
});
