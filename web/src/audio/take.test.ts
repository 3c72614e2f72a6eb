import { expect, it, vi } from "vitest";
import type { TakeSource } from "./engine";
import { SAMPLE_RATE } from "./frames";
import { RenderError } from "./render-fetch";
import { TakeReader } from "./take";
import { takeMaster } from "./take-mix";

const { signal } = new AbortController();
const WINDOW = SAMPLE_RATE; // a second
/** Each sample says where in the take it is. */
const value = (frame: number) => (frame % 30_000) / 32_768;
const decode = async (flac: ArrayBuffer) => {
  const index = new Uint8Array(flac)[0] ?? 0;
  return [Float32Array.from({ length: WINDOW }, (_, i) => value(index * WINDOW + i))];
};
const source = (change: Partial<TakeSource> = {}): TakeSource => ({
  stem: "take:A",
  offsetMs: 0,
  windowSeconds: 1,
  window: async (index) => (index < 3 ? new Uint8Array([index]).buffer : null),
  ...change,
});

it.each([
  ["inside a window", 0, 100, 100],
  ["over the join of two windows", 0, WINDOW - 50, 100],
  ["before its place", 2000, 2 * WINDOW - 50, 100],
  ["of a take that began before the song", -500, 0, 100],
  ["behind its end", 0, 3 * WINDOW - 50, 100],
])("is read %s", async (_, offsetMs, song, frames) => {
  const [left, right] = await new TakeReader(source({ offsetMs }), { decode }).read(song, frames, signal);
  const start = Math.round((offsetMs * SAMPLE_RATE) / 1000);
  const expected = Float32Array.from({ length: frames }, (_, i) => {
    const at = song + i - start;
    return at >= 0 && at < 3 * WINDOW ? value(at) : 0;
  });
  expect(left).toEqual(expected);
  expect(right).toEqual(expected);
});

it("a window is decoded once while it is near", async () => {
  const window = vi.fn(source().window);
  const reader = new TakeReader(source({ window }), { decode });
  await Promise.all([0, 100, 200].map((song) => reader.read(song, 100, signal)));
  await reader.read(WINDOW, 100, signal);
  await reader.read(50, 100, signal);
  expect(window.mock.calls.map(([index]) => index)).toEqual([0, 1]);
});

it("a window that cannot be read is asked for again, then stays silent and says so", async () => {
  const onLost = vi.fn();
  const window = vi.fn(async () => Promise.reject(new Error("offline")));
  const reader = new TakeReader(source({ window }), { decode, onLost, waits: [0, 0] });
  expect((await reader.read(0, 100, signal))[0]).toEqual(new Float32Array(100));
  expect([window.mock.calls.length, onLost.mock.calls.length]).toEqual([3, 1]);
});

it("one that gives up does not take the window from another who waits for it", async () => {
  const first = new AbortController();
  const window = vi.fn(
    (index: number, signal: AbortSignal) =>
      new Promise<ArrayBuffer>((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
        if (window.mock.calls.length > 1) resolve(new Uint8Array([index]).buffer);
      }),
  );
  const reader = new TakeReader(source({ window }), { decode });
  const given = reader.read(0, 10, first.signal).catch((error: Error) => error.name);
  const wanted = reader.read(0, 10, signal);
  first.abort();
  expect(await given).toBe("AbortError");
  expect((await wanted)[0][5]).toBeCloseTo(value(5), 6);
});

it("a nudge moves it, and is no other take", async () => {
  const reader = new TakeReader(source(), { decode });
  expect(reader.become(source())).toBe(false);
  expect(reader.become(source({ offsetMs: 10 }))).toBe(true);
  expect((await reader.read(0, 442, signal))[0][441]).toBe(value(0));
});

it("for a mix-down it is as long as the song, each sample in its place", async () => {
  const file = await takeMaster(source({ offsetMs: 1000 }), 2, signal, decode);
  const samples = new Int16Array((await file.arrayBuffer()).slice(44));
  expect(samples.length).toBe(2 * 2 * SAMPLE_RATE);
  for (const at of [0, SAMPLE_RATE - 1, SAMPLE_RATE, SAMPLE_RATE + 1234, 2 * SAMPLE_RATE - 1]) {
    const expected = at < SAMPLE_RATE ? 0 : (at - SAMPLE_RATE) % 30_000;
    expect([samples[2 * at], samples[2 * at + 1]]).toEqual([expected, expected]);
  }
});

it("a mix-down is refused where a part of the take cannot be read, and made without silence in its place", async () => {
  const window = async () => Promise.reject(new Error("offline"));
  const reader = takeMaster(source({ window }), 1, signal, decode);
  await expect(reader).rejects.toBeInstanceOf(RenderError);
}, 20_000);
