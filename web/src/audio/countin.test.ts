// @vitest-environment node
import { describe, expect, it } from "vitest";
import { CLICK_AT, offsetOf } from "./calibrate";
import { barBefore, beatsBefore } from "./countin";
import { makeGrid } from "./grid";
import { tempoOf } from "./tempo";

/** Drum hits of falling noise at `bpm`, the first after `first` seconds. */
function drums(bpm: number, first: number, seconds = 7): Float32Array[] {
  let seed = 1;
  const noise = () => (seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5;
  const beat = 60 / bpm;
  const track = Float32Array.from({ length: seconds * 44_100 }, (_, i) => {
    const since = (i / 44_100 - first + 10 * beat) % beat;
    return noise() * Math.exp(-since * 30);
  });
  return [track.subarray(0, 100_000), track.subarray(100_000)];
}

describe("the tempo of drums", () => {
  it.each([
    [72, 0.2],
    [100, 0],
    [128, 0.3],
    [150, 0.1],
  ])("finds %i bpm and where the beat is", (bpm, first) => {
    const tempo = tempoOf(drums(bpm, first));
    expect(60 / (tempo?.beat ?? 0)).toBeCloseTo(bpm, -0.6);
    const off = Math.abs((tempo?.first ?? 9) - first);
    expect(Math.min(off, (tempo?.beat ?? 9) - off)).toBeLessThan(0.06);
  });
  it("says nothing about silence, noise or a scrap", () => {
    expect(tempoOf([new Float32Array(300_000)])).toBeNull();
    let seed = 5;
    const noise = Float32Array.from({ length: 300_000 }, () => (seed = (seed * 16807) % 2147483647) / 2147483647);
    expect(tempoOf([noise])).toBeNull();
    expect(tempoOf([])).toBeNull();
  });
});

describe("clicks before the song", () => {
  it("are a bar at 100 bpm where nothing else is known", () => {
    expect(beatsBefore([], 1, {})).toEqual([2.4, 1.8, 1.2, 0.6].map((one) => expect.closeTo(one)));
  });
  it("are as wished, within reason, and follow the speed", () => {
    expect(beatsBefore([], 0.5, { bpm: 120, beats: 2 })).toEqual([2, 1]);
    expect(beatsBefore([], 1, { bpm: 1e9, beats: 99 })).toHaveLength(8);
  });
  it("lie on the song's beat when it starts between two", () => {
    const [first, second] = beatsBefore(drums(120, 0.25), 1, { beats: 2 });
    expect((first ?? 0) - (second ?? 0)).toBeCloseTo(0.5, 1);
    expect(second).toBeGreaterThan(0.15);
    expect(second).toBeLessThan(0.35);
  });
});

describe("the bar before the song, by its grid", () => {
  const grid = makeGrid({ anchors: [{ t: 0.5, beat: 0, bpm: 120 }], downbeats: [0.5], meter: 3 }, 30);
  const bar = (at: number, speed = 1) => {
    const beats = grid ? barBefore(grid, at, speed) : [];
    return [beats.map(({ before }) => Number(before.toFixed(6))), beats.map(({ accent }) => Number(accent))];
  };
  it("is one bar of its meter and tempo before a bar's first beat", () => {
    expect(bar(2)).toEqual([
      [1.5, 1, 0.5],
      [1, 0, 0],
    ]);
  });
  it("also holds the beats of the bar that the song starts in", () => {
    expect(bar(3)).toEqual([
      [2.5, 2, 1.5, 1, 0.5],
      [1, 0, 0, 1, 0],
    ]);
  });
  it("is longer at a slower speed", () => {
    expect(bar(2, 0.5)[0]).toEqual([3, 2, 1]);
  });
  it("lies on the grid when the song starts between two beats, and a little late counts as on the beat", () => {
    expect(bar(2.3)[0]).toEqual([1.8, 1.3, 0.8, 0.3]);
    expect(bar(2.02)[0]).toEqual([1.52, 1.02, 0.52]);
  });
  it("leads into an upbeat", () => {
    expect(bar(0)).toEqual([[2.5, 2, 1.5, 1, 0.5].slice(0, 5), [1, 0, 0, 1, 0]]);
  });
});

describe("the decoder's offset", () => {
  const click = (at: number, height = 0.5) => {
    const samples = new Float32Array(24_192);
    samples[at] = height;
    return samples;
  };
  it("is where the click was found", () => {
    expect(offsetOf(click(CLICK_AT + 528))).toBe(528);
    expect(offsetOf(click(CLICK_AT))).toBe(0);
  });
  it("is the usual one where there is no click, or it is nowhere near", () => {
    expect(offsetOf(new Float32Array(10))).toBe(1105);
    expect(offsetOf(click(100))).toBe(1105);
    expect(offsetOf(click(CLICK_AT + 1, 0.01))).toBe(1105);
  });
});
