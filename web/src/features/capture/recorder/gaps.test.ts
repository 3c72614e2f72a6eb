// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { Gap } from "../queue/model";
import { mergeGaps, Stalls, ZeroRuns } from "./gaps";
import { noise, random } from "./sound.setup";
import { Witness } from "./witness";

const RATE = 44_100;
const blank = (sound: Int16Array, from: number, count: number) => {
  const copy = sound.slice();
  copy.fill(0, from, from + count);
  return copy;
};
const without = (sound: Int16Array, from: number, count: number) =>
  Int16Array.from([...sound.subarray(0, from), ...sound.subarray(from + count)]);

describe("runs of zeros", () => {
  const find = (sound: Int16Array, channels = 1) => {
    const gaps: Gap[] = [];
    const zeros = new ZeroRuns(channels, (gap) => gaps.push(gap));
    for (let from = 0; from < sound.length; from += 1000 * channels)
      zeros.add(sound.subarray(from, from + 1000 * channels));
    return gaps;
  };

  it("amid signal are gaps, wherever a chunk ends", () => {
    const sound = blank(blank(noise(20_000), 3900, 441), 9999, 128);
    expect(find(sound)).toEqual([
      { start: 3900, frames: 441, lost: 0, why: "missed" },
      { start: 9999, frames: 128, lost: 0, why: "missed" },
    ]);
  });

  it("at the beginning, at the end, after silence, and very short ones are none", () => {
    expect(find(blank(noise(5000), 0, 1000))).toEqual([]);
    expect(find(blank(noise(5000), 4000, 1000))).toEqual([]);
    expect(find(blank(noise(5000), 2000, 100))).toEqual([]);
    const faint = noise(5000).map((value) => value % 3);
    expect(find(blank(faint, 2000, 1000))).toEqual([]);
  });

  it("count only where both channels are silent", () => {
    const sound = noise(20_000).map((value, i) => (i % 2 ? value : 0));
    expect(find(sound, 2)).toEqual([]);
  });
});

describe("frames against the clock", () => {
  function run(script: (at: number) => { late?: number; lostBefore?: number }, seconds = 20) {
    const said: [number, number][] = [];
    const stalls = new Stalls(RATE, (at, lost) => said.push([at, lost]));
    let [clock, frames] = [0, 0];
    for (let i = 0; i < seconds * 10; i++) {
      const { late = 0, lostBefore = 0 } = script(i);
      clock += 0.1 + lostBefore;
      frames += RATE / 10;
      stalls.add(clock + late, frames);
    }
    return said;
  }

  it("sound that is lost is found, near its place and with its length", () => {
    const said = run((i) => ({ lostBefore: i === 65 ? 0.5 : 0 }));
    expect(said).toHaveLength(1);
    expect(Math.abs((said[0]?.[0] ?? 0) - 6.6 * RATE)).toBeLessThan(RATE / 10);
    expect(Math.abs((said[0]?.[1] ?? 0) - 0.5 * RATE)).toBeLessThan(RATE / 100);
  });

  it("messages that only come late are none", () => {
    const next = random(5);
    expect(run(() => ({ late: next() < 0.7 ? next() * 1.5 : 0 }), 120)).toEqual([]);
  });

  it("two clocks that drift apart are none", () => {
    expect(run((i) => ({ lostBefore: i % 2 ? 1e-5 : 0 }), 600)).toEqual([]);
  });
});

describe("the witness", () => {
  /** Both sides come in pieces; the track's first or later by `ahead` pieces. */
  function compare(take: Int16Array, track: Int16Array, ahead = 3) {
    const gaps: Gap[] = [];
    const witness = new Witness(1, RATE, (gap) => gaps.push(gap));
    const [mine, theirs] = [4480, 441];
    let heard = 0;
    for (let from = 0; from < take.length; from += mine) {
      const until = from + mine + ahead * theirs;
      for (; heard < Math.min(until, track.length); heard += theirs)
        witness.track(track.subarray(heard, Math.min(track.length, heard + theirs)));
      witness.take(take.subarray(from, from + mine));
    }
    for (; heard < track.length; heard += theirs) witness.track(track.subarray(heard, heard + theirs));
    return { gaps, witness };
  }
  const whole = noise(10 * RATE, 7);

  it("finds nothing where nothing is missing", () => {
    for (const ahead of [-5, 0, 40]) {
      const { gaps, witness } = compare(whole.subarray(1234), whole, ahead);
      expect(gaps).toEqual([]);
      expect(witness.inContact).toBe(true);
    }
  });

  it("finds blocks that were dropped, to the sample", () => {
    const take = without(without(whole, 100_000, 441), 250_000, 4 * 441);
    expect(compare(take, whole).gaps).toEqual([
      { start: 100_000, frames: 0, lost: 441, why: "missed" },
      { start: 250_000, frames: 0, lost: 1764, why: "missed" },
    ]);
  });

  it("finds blocks that were blanked, whether their sound comes later or not", () => {
    expect(compare(blank(whole, 88_888, 882), whole).gaps).toEqual([
      { start: 88_888, frames: 882, lost: 882, why: "missed" },
    ]);
    const put = Int16Array.from([...whole.subarray(0, 50_000), ...new Int16Array(441), ...whole.subarray(50_000)]);
    expect(compare(put, whole).gaps).toEqual([{ start: 50_000, frames: 441, lost: 0, why: "missed" }]);
  });

  it("what it tells are all the places where a take is not its source", () => {
    const next = random(99);
    for (let round = 0; round < 5; round++) {
      let take: Int16Array = whole;
      for (let i = 0; i < 6; i++) {
        const at = Math.floor(next() * (take.length - 5000)) + 2000;
        take = next() < 0.5 ? without(take, at, 441) : blank(take, at, 441);
      }
      const { gaps } = compare(take, whole);
      const ordered = mergeGaps(gaps, 0);
      let shift = 0;
      const edges = [0, ...ordered.flatMap(({ start, frames }) => [start, start + frames]), take.length];
      for (let i = 0; i < edges.length; i += 2) {
        const [from = 0, to = 0] = [edges[i], edges[i + 1]];
        const gap = ordered[i / 2 - 1];
        if (gap) shift += gap.lost - gap.frames;
        const ours = take.subarray(from, to);
        expect(ours.every((value, k) => value === whole[from + shift + k])).toBe(true);
      }
    }
  });

  it("says nothing where the two never meet, as after a change of rate", () => {
    const { gaps, witness } = compare(noise(5 * RATE, 3), noise(5 * RATE, 4));
    expect(gaps).toEqual([]);
    expect(witness.inContact).toBe(false);
  });

  it("meets again after a pause", () => {
    const gaps: Gap[] = [];
    const witness = new Witness(1, RATE, (gap) => gaps.push(gap));
    witness.track(whole.subarray(0, 200_000));
    witness.take(whole.subarray(1000, 50_000));
    witness.skip();
    witness.take(whole.subarray(100_000, 150_000));
    expect(witness.inContact).toBe(true);
    expect(gaps).toEqual([]);
  });
});

it("gaps that touch become one", () => {
  const gap = (start: number, frames: number, lost = 0): Gap => ({ start, frames, lost, why: "missed" });
  expect(mergeGaps([gap(500, 100), gap(100, 441, 20), gap(150, 441), gap(2000, 1)])).toEqual([
    gap(100, 500, 20),
    gap(2000, 1),
  ]);
});
