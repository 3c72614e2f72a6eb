// @vitest-environment node
import { describe, expect, it } from "vitest";
import { Feeder } from "./feeder";
import { CELL_SAMPLES } from "./frames";
import { type Chunk, CHUNK_FRAMES } from "./protocol";

const CHANNELS = 8;
const TOTAL = 3 * CELL_SAMPLES + 1000;
const never = new AbortController().signal;

/** Every sample is its own number; channels differ by a sign. */
const read = (cell: number) =>
  Promise.resolve(
    Array.from({ length: CHANNELS }, (_, c) =>
      Float32Array.from(
        { length: Math.min(CELL_SAMPLES, TOTAL - cell * CELL_SAMPLES) },
        (_, i) => (cell * CELL_SAMPLES + i) * (c % 2 ? -1 : 1),
      ),
    ),
  );

async function take(feeder: Feeder, frames: number): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  const end = feeder.end + frames;
  while (feeder.end < end && !feeder.finished) chunks.push(await feeder.next(never));
  return chunks;
}

const played = (chunks: Chunk[], channel = 0) =>
  chunks.flatMap((chunk) => [...chunk.data.subarray(channel * CHUNK_FRAMES, channel * CHUNK_FRAMES + chunk.frames)]);

describe("the feeder", () => {
  it("gives the song whole, and says where it ends", async () => {
    const feeder = new Feeder(TOTAL, read);
    feeder.jump(CELL_SAMPLES - 5);
    const chunks = await take(feeder, Infinity);
    const samples = played(chunks);
    expect(samples).toHaveLength(TOTAL - CELL_SAMPLES + 5);
    expect(samples.every((sample, i) => sample === CELL_SAMPLES - 5 + i)).toBe(true);
    expect(chunks.map((chunk) => chunk.last)).toEqual([...chunks.slice(1).map(() => false), true]);
    expect(
      chunks.every(
        (chunk, i) => i === 0 || chunk.stream === (chunks[i - 1]?.stream ?? 0) + (chunks[i - 1]?.frames ?? 0),
      ),
    ).toBe(true);
    expect(played(chunks, 7)[0]).toBe(5 - CELL_SAMPLES);
  });

  it("writes a loop out: exactly as long each time, blended where it turns", async () => {
    const feeder = new Feeder(TOTAL, read);
    feeder.loop = { start: 1000, end: 6000 };
    feeder.jump(1000);
    const samples = played(await take(feeder, 15_000));
    expect(samples.slice(0, 5000)).toEqual(samples.slice(5000, 10_000));
    expect(samples.slice(5000, 5004)).toEqual([1000, 1001, 1002, 1003]);
    expect(samples[4871]).toBe(5871); // untouched up to 128 samples before the turn
    expect(Math.abs((samples[4999] ?? 0) - 999)).toBeLessThan(50); // the last one is nearly what comes before the start
  });

  it("fades at the turn to the song's very start as far as there is something before", async () => {
    const feeder = new Feeder(TOTAL, read);
    feeder.loop = { start: 0, end: 5000 };
    feeder.jump(0);
    expect(played(await take(feeder, 5000))[4999]).toBe(4999);
  });

  it("takes back what is ahead, and makes it again", async () => {
    const feeder = new Feeder(TOTAL, read);
    const start = feeder.jump(0);
    await take(feeder, 50_000);
    expect(feeder.find(40_000, start, feeder.end)).toBe(start + 40_000);
    feeder.rewind(start + 30_000);
    expect(feeder.end).toBe(start + 30_000);
    feeder.loop = { start: 10_000, end: 35_000 };
    const samples = played(await take(feeder, 8000));
    expect(samples.slice(0, 3)).toEqual([30_000, 30_001, 30_002]);
    expect(samples[5000]).toBe(10_000);
  });

  it("forgets what has been heard, and keeps parts apart", async () => {
    const feeder = new Feeder(TOTAL, read);
    const first = feeder.jump(0);
    await take(feeder, 30_000);
    feeder.heardUpTo(first + 30_000);
    expect(feeder.songAt(first)).toBeNull();
    const second = feeder.jump(500);
    expect(second).toBeGreaterThan(first + 100_000 - 30_000);
    expect(feeder.songAt(second)).toBe(500);
  });

  it("moves nothing when it is stopped while it waits", async () => {
    const abort = new AbortController();
    const feeder = new Feeder(TOTAL, read);
    const start = feeder.jump(0);
    const waiting = feeder.next(abort.signal);
    abort.abort();
    await expect(waiting).rejects.toThrow();
    expect(feeder.end).toBe(start);
  });

  it("fills memory again that came back", async () => {
    const feeder = new Feeder(TOTAL, read);
    feeder.jump(0);
    const { data } = await feeder.next(never);
    feeder.recycle([data]);
    expect((await feeder.next(never)).data).toBe(data);
  });
});
