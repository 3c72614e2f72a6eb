// @vitest-environment node
import { describe, expect, it, vi } from "vitest";
import { Feeder } from "./feeder";
import { CELL_SAMPLES } from "./frames";
import { BLEND_FRAMES, type Cells, Handover } from "./handover";

const TOTAL = 6 * CELL_SAMPLES;
const never = new AbortController().signal;
/** What the song is at a sample: slow enough that a step of one sample is small, and no two places are alike. */
const song = (sample: number) => Math.sin(sample / 900) * Math.sin(sample / 70_001);

/** Cells of `count` parts that add up to the song, times `gain`. */
function part(count: number, gain = 1, wait: (cell: number) => Promise<unknown> = async () => null) {
  const cells: Cells & { asked: number[] } = {
    asked: [],
    async cell(cell, signal) {
      cells.asked.push(cell);
      await wait(cell);
      signal.throwIfAborted();
      const one = Float32Array.from({ length: CELL_SAMPLES }, (_, i) => (gain * song(cell * CELL_SAMPLES + i)) / count);
      return Array.from({ length: 2 * count }, () => one);
    },
    prefetch: () => undefined,
    drumsFrom: async () => [new Float32Array(1)],
    clear: () => undefined,
  };
  return cells;
}

function make(stems = part(4), whole = part(1)) {
  let tell = (): void => undefined;
  const ready = new Promise<void>((resolve) => (tell = resolve));
  const cells = new Handover({ totalSamples: TOTAL, whole, stems, stemCount: 4, ready });
  return { cells, stems, whole, finish: () => (tell(), settled()) };
}

const settled = () => new Promise<void>((resolve) => setTimeout(resolve));
/** What is heard on the left: all seats together. */
const heard = (channels: readonly Float32Array[], at: number) =>
  channels.reduce((sum, channel, c) => sum + (c % 2 ? 0 : (channel[at] ?? 0)), 0);
const silent = (channels: readonly Float32Array[]) => channels.every((one) => one.every((sample) => sample === 0));

describe("the change from the whole song to its stems", () => {
  it("asks nothing of the stems before they are there", async () => {
    const { cells, stems } = make();
    const got = await cells.cell(0, never);
    expect(got).toHaveLength(10);
    expect(silent(got.slice(0, 8))).toBe(true);
    expect(silent(got.slice(8))).toBe(false);
    expect(stems.asked).toEqual([]);
    expect(await cells.drumsFrom(0, never)).toEqual([]);
  });

  it("loses no sample and makes no step, as a feeder reads it", async () => {
    const { cells, finish } = make();
    const feeder = new Feeder(TOTAL, (cell, signal) => cells.cell(cell, signal));
    const out: number[] = [];
    while (!feeder.finished) {
      const { data, frames } = await feeder.next(never);
      const seats = Array.from({ length: 10 }, (_, c) =>
        data.subarray((c * data.length) / 10, (c * data.length) / 10 + frames),
      );
      for (let i = 0; i < frames; i++) out.push(heard(seats, i));
      if (out.length > 1.5 * CELL_SAMPLES) await finish();
    }
    expect(cells.isOver).toBe(true);
    expect(out).toHaveLength(TOTAL);
    // Both are the same song at the same place: the sum is the song at each sample, at the change as well.
    const worst = out.reduce((most, sample, i) => Math.max(most, Math.abs(sample - song(i))), 0);
    expect(worst).toBeLessThan(1e-5);
  });

  it("blends where the stems sound unlike the song", async () => {
    const { cells, finish } = make(part(4, 0.5));
    await cells.cell(0, never);
    await finish();
    await cells.cell(0, never);
    await settled();
    const change = await cells.cell(1, never);
    const steps = Array.from({ length: BLEND_FRAMES + 10 }, (_, i) =>
      Math.abs(heard(change, i + 1) - heard(change, i)),
    );
    expect(Math.max(...steps)).toBeLessThan(0.002);
    expect(heard(change, 0)).toBeCloseTo(song(CELL_SAMPLES), 3);
    expect(heard(change, BLEND_FRAMES)).toBeCloseTo(0.5 * song(CELL_SAMPLES + BLEND_FRAMES), 5);
    expect(silent((await cells.cell(2, never)).slice(8))).toBe(true);
  });

  it("waits for the stems' bytes, and the sound does not", async () => {
    let release = (): void => undefined;
    const slow = new Promise<void>((resolve) => (release = resolve));
    const { cells, finish } = make(part(4, 1, (cell) => (cell < 3 ? slow : Promise.resolve())));
    await cells.cell(0, never);
    await finish();
    for (const cell of [0, 1, 2]) expect(silent((await cells.cell(cell, never)).slice(0, 8))).toBe(true);
    await settled(); // of the third cell they are there
    expect(silent((await cells.cell(3, never)).slice(0, 8))).toBe(false);
    expect(cells.isOver).toBe(true);
    release();
  });

  it("takes the stems at once after a jump", async () => {
    const { cells, finish } = make();
    await cells.cell(0, never);
    await finish();
    const got = await cells.cell(4, never);
    expect([silent(got.slice(0, 8)), silent(got.slice(8))]).toEqual([false, true]);
    expect(await cells.drumsFrom(0, never)).toHaveLength(1);
  });

  it("plays the whole song to its end where no stems come", async () => {
    const whole = part(1);
    const ready = Promise.reject(new Error("the song failed"));
    const cells = new Handover({ totalSamples: TOTAL, whole, stems: part(4), stemCount: 4, ready });
    for (let cell = 0; cell < 6; cell++) await cells.cell(cell, never);
    expect(whole.asked).toEqual([0, 1, 2, 3, 4, 5]);
    expect(cells.isOver).toBe(false);
  });

  it("stops what it fetches when it is closed", async () => {
    const clear = vi.fn();
    const { cells, finish } = make({ ...part(4), clear });
    await cells.cell(0, never);
    await finish();
    cells.clear();
    expect(clear).toHaveBeenCalledTimes(1);
  });
});
