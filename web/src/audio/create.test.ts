// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FOUR_STEMS } from "@/lib/stems.fake";
import { createEngine } from "./create";
import type { Engine } from "./engine";
import { CELL_SAMPLES, cellRange, SAMPLE_RATE } from "./frames";
import { CHUNK_FRAMES, type ToDeck } from "./protocol";

const clicks = vi.hoisted(() => vi.fn());
const sent = vi.hoisted((): ToDeck[] => []);
vi.mock("./countin", () => ({ clicksBefore: clicks }));
vi.mock("./calibrate", () => ({ decoderOffset: async () => 1105 }));
vi.mock("./graph", async () => {
  const { FOUR_STEMS } = await import("@/lib/stems.fake");
  const graph = {
    context: { currentTime: 1, sampleRate: 44_100, state: "running" },
    stems: new Map(FOUR_STEMS.map((stem) => [stem, null])),
    seat(stems: string[]) {
      graph.stems = new Map(stems.map((stem) => [stem, null]));
    },
    send: (message: ToDeck) => sent.push(message),
    setGains: () => undefined,
    sleep: () => undefined,
    wake: async () => undefined,
    close: async () => undefined,
  };
  const context = () => ({ resume: async () => undefined });
  return { Graph: { context, make: async () => graph }, whySilent: () => "silent" };
});

const DURATION = 60;
const total = DURATION * SAMPLE_RATE;
const cells = Array.from({ length: 36 }, (_, cell) => cellRange(cell, 1, total).from);

let engine: Engine;
let asked: number[]; // the first cell of each range of the drums
let hold: (cell: number) => boolean;
let held: (() => void)[];

beforeEach(() => {
  [asked, held, sent.length] = [[], [], 0];
  hold = () => false;
  clicks.mockReset().mockReturnValue({ startFrame: 128, stop: () => undefined });
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    const cell = cells.indexOf(Number(/=(\d+)/.exec(new Headers(init.headers).get("Range") ?? "")?.[1]));
    if (url === "drums") asked.push(cell);
    // Readers that end each other's fetching would never let a test end.
    if (asked.length > 50) void engine.close();
    return new Promise<Response>((resolve, reject) => {
      const end = () => reject(init.signal?.reason as Error);
      if (init.signal?.aborted) end();
      init.signal?.addEventListener("abort", end);
      // Nothing there is silence, and as good as sound here.
      const answer = () => resolve(new Response(null, { status: 416 }));
      if (hold(cell)) held.push(answer);
      else setTimeout(answer);
    });
  });
});
afterEach(async () => {
  await engine.close();
  vi.unstubAllGlobals();
});

function make() {
  const links = Object.fromEntries(FOUR_STEMS.map((stem) => [stem, stem]));
  engine = createEngine({ songId: "a", durationSec: DURATION, stems: FOUR_STEMS, streams: async () => links });
}
const release = () => {
  hold = () => false;
  held.forEach((answer) => answer());
};
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
const plays = () => sent.filter(({ type }) => type === "play");
/** Where the drums start that the clicks were made from, seconds into their cell. */
const heardFrom = () => {
  const [first] = (clicks.mock.lastCall?.[1] ?? []) as Float32Array[];
  return (CELL_SAMPLES - (first?.length ?? 0)) / SAMPLE_RATE;
};
const intoCell = (seconds: number) => ((seconds * SAMPLE_RATE) % CELL_SAMPLES) / SAMPLE_RATE;

it("counts in to where one has sought while the sound loads", async () => {
  hold = () => true;
  make();
  const playing = engine.play({ countIn: true });
  await settled();
  engine.seek(40);
  await settled();
  release();
  await playing;
  expect(plays()).toEqual([{ type: "play", at: 128 }]);
  expect(heardFrom()).toBeCloseTo(intoCell(40));
  expect(engine.state().playing).toBe("counting-in");
  expect(asked.length).toBeLessThan(15);
});

it("counts in to where one has sought while the drums are read for their tempo", async () => {
  hold = (cell) => cell > 0;
  make();
  const playing = engine.play({ countIn: true });
  await vi.waitFor(() => expect(held).not.toEqual([]), { timeout: 4000 });
  engine.seek(40);
  await settled();
  release();
  await playing;
  expect(plays()).toHaveLength(1);
  expect(clicks).toHaveBeenCalledTimes(1);
  expect(heardFrom()).toBeCloseTo(intoCell(40));
});

it("counts in near the end of a loop, whose start has to be fetched too", async () => {
  make();
  engine.setLoop({ start: 4, end: 20 });
  engine.seek(19);
  await engine.play({ countIn: true });
  expect(plays()).toHaveLength(1);
  expect(asked.length).toBeLessThan(15);
});

it("does not count in once one has paused", async () => {
  hold = () => true;
  make();
  const playing = engine.play({ countIn: true });
  await settled();
  engine.pause();
  engine.seek(40);
  release();
  await playing;
  await settled();
  expect(plays()).toEqual([]);
  expect(clicks).not.toHaveBeenCalled();
  expect(asked.length).toBeLessThan(15);
});

const take = (stem: string, offsetMs = 0) => ({ stem, offsetMs, windowSeconds: 60, window: async () => null });

it("goes on at its place when a take comes, moves or goes, and not when nothing changes", async () => {
  make();
  engine.seek(12);
  await engine.play();
  await vi.waitFor(() => expect(sent.some(({ type }) => type === "start")).toBe(true));
  const starts = () => sent.filter((message) => message.type === "start").map(({ chunks }) => chunks[0]);
  for (const [takes, tracks] of [
    [[take("take:A")], 5],
    [[take("take:A", 40)], 5],
    [[], 4],
  ] as const) {
    sent.length = 0;
    engine.setTakes(takes);
    await vi.waitFor(() => expect(starts()).toHaveLength(1));
    expect(starts()[0]?.song).toBe(12 * SAMPLE_RATE);
    expect(starts()[0]?.data.length).toBe(tracks * 2 * CHUNK_FRAMES);
    expect(engine.takes()).toEqual(takes);
    sent.length = 0;
    engine.setTakes([...takes]);
    await settled();
    expect(starts()).toEqual([]);
  }
});
