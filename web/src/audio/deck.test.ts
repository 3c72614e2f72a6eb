// @vitest-environment node
import { beforeEach, describe, expect, it } from "vitest";
import { Deck } from "./deck";
import { type Chunk, CHUNK_FRAMES, type FromDeck, type Report } from "./protocol";
import type { Stretcher } from "./stretcher";

const N = 128;
const CHANNELS = 8;
let said: FromDeck[];
let deck: Deck;
let frame: number;

beforeEach(() => {
  said = [];
  deck = new Deck((message) => said.push(message), { channels: CHANNELS, rigid: 2 });
  frame = 0;
});

/** Each sample is the song's position, in thousandths of a cell, so that what is heard says where it is from. */
const value = (song: number) => song / 1e6;

function chunk(stream: number, song: number, frames = CHUNK_FRAMES, last = false): Chunk {
  const data = new Float32Array(CHANNELS * CHUNK_FRAMES);
  for (let c = 0; c < CHANNELS; c++) {
    for (let i = 0; i < frames; i++) data[c * CHUNK_FRAMES + i] = value(song + i);
  }
  return { stream, song, frames, data, last };
}

function run(quanta: number, channel = 0): number[] {
  const all: number[] = [];
  for (let i = 0; i < quanta; i++) {
    const out = Array.from({ length: CHANNELS }, () => new Float32Array(N));
    deck.process(out, frame);
    all.push(...(out[channel] ?? []));
    frame += N;
  }
  return all;
}

const reports = () => said.filter((one): one is Report => one.type === "report");
const phase = () => reports().at(-1)?.phase;
const near = (samples: number[], song: number) =>
  samples.every((sample, i) => Math.abs(sample - value(song + i)) < 1e-6);

const start = (song = 0, stream = 1000) => {
  deck.receive({ type: "start", chunks: [chunk(stream, song)] });
  deck.receive({ type: "play", at: 0 });
};

describe("plain playing", () => {
  it("is silent until it is started, then gives every sample as it is", () => {
    expect(run(2).every((sample) => sample === 0)).toBe(true);
    start(5000);
    run(2); // fades in for 5 ms
    expect(near(run(20), 5000 + 2 * N)).toBe(true);
    expect(phase()).toBe("playing");
  });

  it("says which part of the stream each quantum played, and nothing while it is silent", () => {
    run(1);
    expect(deck.passed).toBeNull();
    start(5000, 1000);
    run(3);
    expect(deck.passed).toMatchObject({ from: 1000 + 2 * N, to: 1000 + 3 * N, chunks: [{ stream: 1000, song: 5000 }] });
    deck.receive({ type: "pause" });
    run(3); // fades out
    expect(deck.passed).toBeNull();
  });

  it("starts at the frame it was given", () => {
    deck.receive({ type: "start", chunks: [chunk(0, 0)] });
    deck.receive({ type: "play", at: 5 * N });
    const samples = run(8);
    expect(samples.slice(0, 5 * N).every((sample) => sample === 0)).toBe(true);
    expect(samples[5 * N + 100]).not.toBe(0);
  });

  it("jumps with a short crossfade and no silence", () => {
    start(0);
    run(10);
    deck.receive({ type: "start", chunks: [chunk(500_000, 300_000)] });
    const samples = run(10);
    expect(samples.slice(1).every((sample) => sample > 0)).toBe(true);
    expect(near(samples.slice(220), 300_000 + 220)).toBe(true);
    expect(reports().at(-1)?.stream).toBeGreaterThanOrEqual(500_000);
  });

  it("pauses where it is and goes on from there", () => {
    start(0);
    run(10);
    deck.receive({ type: "pause" });
    run(5);
    const held = reports().at(-1);
    expect(held).toMatchObject({ phase: "idle", speed: 0 });
    expect(run(3).every((sample) => sample === 0)).toBe(true);
    deck.receive({ type: "play", at: 0 });
    run(2);
    expect(near(run(2), (held?.song ?? 0) + 2 * N)).toBe(true);
  });

  it("waits when it runs dry, without losing its place", () => {
    deck.receive({ type: "start", chunks: [chunk(0, 0, 5000)] });
    deck.receive({ type: "play", at: 0 });
    run(60);
    expect(phase()).toBe("starved");
    const at = reports().at(-1)?.song ?? 0;
    expect(at).toBeLessThanOrEqual(5000);
    deck.receive({ type: "feed", chunk: chunk(5000, 5000) });
    run(2);
    expect(near(run(5), at + 2 * N)).toBe(true);
    expect(phase()).toBe("playing");
  });

  it("ends with the last chunk", () => {
    deck.receive({ type: "start", chunks: [chunk(0, 0, 3000, true)] });
    deck.receive({ type: "play", at: 0 });
    run(30);
    expect(phase()).toBe("ended");
    start(100, 90_000); // and begins again
    run(3);
    expect(phase()).toBe("playing");
  });

  it("tells of a turn in the song at once", () => {
    deck.receive({ type: "start", chunks: [chunk(0, 0, 2560), chunk(2560, 0, 20_000)] });
    deck.receive({ type: "play", at: 0 });
    run(19);
    const before = reports().length;
    run(2);
    expect(reports().length).toBe(before + 1);
    expect(reports().at(-1)?.song).toBeLessThan(N);
  });

  it("gives memory back once it is played", () => {
    start();
    deck.receive({ type: "feed", chunk: chunk(1000 + CHUNK_FRAMES, CHUNK_FRAMES) });
    run(300);
    expect(said.filter((one) => one.type === "used")).toHaveLength(1);
  });
});

describe("a cut", () => {
  it("replaces what is ahead", () => {
    start(0, 0);
    run(10);
    deck.receive({ type: "cut", stream: 5000 });
    deck.receive({ type: "feed", chunk: chunk(5000, 200_000) });
    const samples = run(40);
    expect(near(samples.slice(0, 5000 - 10 * N), 10 * N)).toBe(true);
    expect(near(samples.slice(5000 - 10 * N + 1), 200_001)).toBe(true);
  });

  it("that comes too late says so", () => {
    start(0, 0);
    run(10);
    deck.receive({ type: "cut", stream: 500 });
    expect(said.at(-1)).toEqual({ type: "late" });
  });
});

/** A stretcher that takes the nearest sample: late like the real one, and its place can be read off. */
class NearestStretcher implements Stretcher {
  readonly inputLatency = 300;
  readonly outputLatency = 200;
  readonly seekFrames = 500;
  readonly input: Float32Array[];
  readonly output: Float32Array[];
  private fed: number[] = [];
  private due: number[] = [];

  constructor(channels: number) {
    this.input = Array.from({ length: channels }, () => new Float32Array(500));
    this.output = Array.from({ length: channels }, () => new Float32Array(500));
  }

  seek(): void {
    this.fed = [...(this.input[0] ?? [])];
  }

  process(taken: number, given: number): void {
    for (let i = 0; i < taken; i++) this.fed.push(this.input[0]?.[i] ?? 0);
    const now = this.fed.length - this.inputLatency;
    for (let i = 0; i < given; i++) this.due.push(this.fed[Math.floor(now - taken + (taken * i) / given)] ?? 0);
    while (this.due.length < this.outputLatency + given) this.due.unshift(0);
    const out = this.due.splice(0, given);
    this.output.forEach((plane) => plane.set(out));
    this.fed.splice(0, Math.max(0, this.fed.length - 2000));
  }
}

describe("stretched playing", () => {
  const OTHER = 4;
  beforeEach(() => deck.setStretchers({ drums: new NearestStretcher(2), rest: new NearestStretcher(6) }));

  const placeOf = (sample: number) => sample * 1e6;

  it("takes over from the plain sound at the same place, and says what is heard", () => {
    start(0, 0);
    run(10);
    deck.receive({ type: "tune", speed: 0.5, semitones: 0 });
    run(30);
    const at = frame;
    const sample = run(1, OTHER)[0] ?? 0;
    const report = reports().findLast((one) => one.frame <= at);
    const expected = (report?.song ?? 0) + (at - (report?.frame ?? 0)) * (report?.speed ?? 0);
    expect(reports().length).toBeLessThan(12); // not one a quantum
    expect(report?.speed).toBeCloseTo(0.5, 5);
    expect(Math.abs(placeOf(sample) - expected)).toBeLessThan(4);
  });

  it("is there from the first sample when it starts stretched", () => {
    deck.receive({ type: "tune", speed: 1.5, semitones: 0 });
    start(10_000, 0);
    const samples = run(20, OTHER);
    // After the fade-in: 1.5 song samples a sample, from its start position.
    expect(Math.abs(placeOf(samples[1000] ?? 0) - (10_000 + 1500))).toBeLessThan(5);
  });

  it("leaves drums untouched at speed 1 in any key", () => {
    start(0, 0);
    run(4);
    deck.receive({ type: "tune", speed: 1, semitones: 4 });
    expect(near(run(40), 4 * N)).toBe(true);
  });

  it("goes back to plain at the place that is heard", () => {
    start(0, 0);
    run(4);
    deck.receive({ type: "tune", speed: 0.75, semitones: 0 });
    run(40);
    deck.receive({ type: "tune", speed: 1, semitones: 0 });
    run(12);
    const first = placeOf(run(1, OTHER)[0] ?? 0);
    const samples = run(3, OTHER);
    expect(Math.abs(placeOf(samples[0] ?? 0) - first - N)).toBeLessThan(1);
    const report = reports().at(-1);
    expect(report?.speed).toBe(1);
  });

  it("jumps to the new position", () => {
    start(0, 0);
    deck.receive({ type: "tune", speed: 0.5, semitones: 0 });
    run(20);
    deck.receive({ type: "start", chunks: [chunk(900_000, 400_000)] });
    run(10);
    const at = frame;
    const sample = placeOf(run(1, OTHER)[0] ?? 0);
    const report = reports().findLast((one) => one.frame <= at);
    expect(sample).toBeGreaterThan(400_000);
    expect(Math.abs(sample - ((report?.song ?? 0) + (at - (report?.frame ?? 0)) * 0.5))).toBeLessThan(4);
  });

  it("ends when the last sample is heard", () => {
    deck.receive({ type: "tune", speed: 0.5, semitones: 0 });
    deck.receive({ type: "start", chunks: [chunk(0, 0, 20_000, true)] });
    deck.receive({ type: "play", at: 0 });
    run(300);
    expect(phase()).not.toBe("ended");
    run(20);
    expect(phase()).toBe("ended");
  });
});
