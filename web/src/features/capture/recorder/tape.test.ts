// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { TakeWriter } from "../queue/disk";
import { joined } from "../queue/disk";
import { CHUNK_FRAMES, type FromTape } from "./protocol";
import { noise } from "./sound.setup";
import { Tape } from "./tape";

/** A disk that takes `room` bytes. */
function fakeDisk(room = Infinity) {
  const windows = new Map<number, Uint8Array[]>();
  const finished: number[] = [];
  let used = 0;
  const writer: TakeWriter = {
    async write(windowIndex, bytes) {
      if (finished.includes(windowIndex)) throw new Error("the window was finished");
      if ((used += bytes.length) > room) throw new DOMException("full", "QuotaExceededError");
      windows.set(windowIndex, [...(windows.get(windowIndex) ?? []), bytes]);
    },
    flush: async () => undefined,
    finish: async (windowIndex) => void finished.push(windowIndex),
  };
  const window = (index: number) => new Int16Array(joined(windows.get(index) ?? []).buffer);
  return { writer, window, finished, count: () => windows.size };
}

function open({ windowFrames = 10_000, maxFrames = 1_000_000, room = Infinity, channels = 1 as 1 | 2 } = {}) {
  const disk = fakeDisk(room);
  const said: FromTape[] = [];
  let frame = 0;
  const tape = new Tape({
    ...{ channels, sampleRate: 44_100, windowFrames, maxFrames, writer: disk.writer },
    tell: (message) => said.push(message),
    now: () => frame / 44_100,
  });
  /** The audio thread hands on `sound`, whose first frame is `at`. */
  async function hear(sound: Int16Array<ArrayBuffer>, at = frame) {
    frame = at;
    for (let from = 0; from < sound.length; from += CHUNK_FRAMES * channels) {
      const samples = sound.slice(from, from + CHUNK_FRAMES * channels);
      await tape.chunk({ frame, samples, peak: 0.5, clipped: 0 });
      frame += samples.length / channels;
    }
  }
  const all = () => Array.from({ length: disk.count() }, (_, index) => [...disk.window(index)]).flat();
  const gaps = () => said.flatMap((one) => (one.is === "gap" ? [one.gap] : []));
  return { tape, disk, said, hear, all, gaps };
}

describe("a tape", () => {
  it("cuts windows by sample index, and loses no sample between them", async () => {
    const { tape, disk, said, hear, all } = open();
    const sound = noise(34_567);
    await tape.write(null);
    await hear(sound);
    await tape.end();
    expect([0, 1, 2, 3].map((index) => disk.window(index).length)).toEqual([10_000, 10_000, 10_000, 4567]);
    expect(all()).toEqual([...sound]);
    expect(said.flatMap((one) => (one.is === "window" ? one.windowIndex : []))).toEqual([0, 1, 2, 3]);
    expect(said.at(-1)).toEqual({ is: "ended", frames: 34_567 });
  });

  it("keeps both channels together at a window's edge", async () => {
    const { tape, disk, hear, all } = open({ channels: 2, windowFrames: 5001 });
    const sound = noise(22_222);
    await tape.write(null);
    await hear(sound);
    await tape.end();
    expect(disk.window(0)).toHaveLength(10_002);
    expect(all()).toEqual([...sound]);
  });

  it("ends at a window's edge without an empty window behind it", async () => {
    const { tape, said, hear } = open();
    await tape.write(null);
    await hear(noise(20_000));
    await tape.end();
    expect(said.flatMap((one) => (one.is === "window" ? one.windowIndex : []))).toEqual([0, 1]);
  });

  it("begins at the frame that is asked for, though it is known only later", async () => {
    const { tape, hear, all } = open();
    const sound = noise(30_000);
    await hear(sound.slice(0, 20_000), 1280);
    await tape.write(1280 + 7777);
    await hear(sound.slice(20_000));
    await tape.end();
    expect(all()).toEqual([...sound.slice(7777)]);
  });

  it("goes on after a pause at the frame that is asked for, and marks the place", async () => {
    const { tape, hear, all, gaps } = open({ windowFrames: 100_000 });
    const sound = noise(40_000);
    await tape.write(null);
    await hear(sound.slice(0, 10_000), 0);
    await tape.hold();
    await hear(sound.slice(10_000, 30_000));
    await tape.write(22_222);
    await hear(sound.slice(30_000));
    await tape.end();
    expect(all()).toEqual([...sound.slice(0, 10_000), ...sound.slice(22_222)]);
    expect(gaps()).toEqual([{ start: 10_000, frames: 0, lost: 0, why: "paused" }]);
  });

  it("fills what the audio thread did not run for with silence, and tells it", async () => {
    const { tape, hear, all, gaps } = open({ windowFrames: 100_000 });
    const sound = noise(20_000);
    await tape.write(null);
    await hear(sound.slice(0, 10_000), 0);
    await hear(sound.slice(10_000), 10_640);
    await tape.end();
    expect(all()).toEqual([...sound.slice(0, 10_000), ...Array<number>(640).fill(0), ...sound.slice(10_000)]);
    expect(gaps()[0]).toEqual({ start: 10_000, frames: 640, lost: 0, why: "missed" });
  });

  it("stops when the device is full, and keeps what is written", async () => {
    const { tape, disk, said, hear } = open({ room: 25_000 });
    await tape.write(null);
    await hear(noise(30_000));
    expect(said).toContainEqual({ is: "stopped", why: "full" });
    expect(disk.finished).toContain(0);
    await tape.end();
    expect(said.at(-1)).toEqual({ is: "ended", frames: tape.frames });
    expect(disk.window(0).length + disk.window(1).length).toBe(tape.frames);
  });

  it("stops at the longest length to the sample", async () => {
    const { tape, said, hear, all } = open({ maxFrames: 15_000 });
    await tape.write(null);
    await hear(noise(30_000));
    expect(said).toContainEqual({ is: "stopped", why: "long" });
    expect(all()).toHaveLength(15_000);
  });

  it("shows the level before anything is written", async () => {
    const { said, hear } = open();
    await hear(noise(CHUNK_FRAMES), 0);
    expect(said).toEqual([{ is: "level", frame: CHUNK_FRAMES, frames: 0, writing: false, peak: 0.5, clipped: 0 }]);
  });
});
