import type { Beats } from "@/api/measurements";
import { makeGrid, nearestBeat } from "@/audio/grid";

/** The fields of the beats that a person sets. */
export type OwnBeats = Partial<Pick<Beats, "anchors" | "downbeats" | "meter">>;
type Known = Pick<Beats, "anchors" | "downbeats" | "meter">;

/** What the API takes (beats a minute). */
export const [SLOWEST, FASTEST] = [20, 400];
/** Taps that a tempo needs. */
export const FEWEST_TAPS = 4;

const round = (value: number) => Math.round(value * 10_000) / 10_000;

/** The whole grid, with bars that follow from its first downbeat. */
function whole(beats: Known, durationSec: number): OwnBeats {
  const grid = makeGrid(beats, durationSec);
  return { ...beats, downbeats: grid ? grid.bars.map(round) : [] };
}

/** Half the tempo, or twice it: the first bar's beginning stays one. Null beyond what a tempo can be. */
export function scaled(beats: Known, factor: 0.5 | 2, durationSec: number): OwnBeats | null {
  const grid = makeGrid(beats, durationSec);
  if (!grid || beats.anchors.some(({ bpm }) => bpm * factor < SLOWEST || bpm * factor > FASTEST)) return null;
  const bar = grid.first + (grid.downbeats[0] ?? 0);
  // Beats are numbered so that the bar's is whole and none is below 0.
  const raise = Math.ceil(Math.max(0, bar * factor));
  const anchors = beats.anchors.map(({ t, beat, bpm }) => ({
    t,
    beat: round((beat - bar) * factor + raise),
    bpm: round(bpm * factor),
  }));
  const least = Math.min(...anchors.map(({ beat }) => beat));
  const lift = least < 0 ? Math.ceil(-least) : 0;
  const lifted = anchors.map((one) => ({ ...one, beat: round(one.beat + lift) }));
  return whole({ anchors: lifted, downbeats: [grid.bars[0] ?? 0], meter: beats.meter }, durationSec);
}

/** The beat nearest to `seconds` begins a bar. */
export function barHere(beats: Known, seconds: number, durationSec: number): OwnBeats | null {
  const grid = makeGrid(beats, durationSec);
  if (!grid) return null;
  return { downbeats: whole({ ...beats, downbeats: [nearestBeat(grid, seconds)] }, durationSec).downbeats };
}

/** So many beats in each bar, from the first bar's beginning on. */
export function inMeter(beats: Known, meter: number, durationSec: number): OwnBeats | null {
  const grid = makeGrid(beats, durationSec);
  if (!grid) return null;
  const { downbeats } = whole({ ...beats, meter, downbeats: [grid.bars[0] ?? 0] }, durationSec);
  return { meter, downbeats };
}

/** The line through taps: the first tap's time and the seconds between two; null while there are too few to tell. */
export function lineOf(taps: readonly number[]): { first: number; beat: number } | null {
  if (taps.length < FEWEST_TAPS) return null;
  const middle = (taps.length - 1) / 2;
  const mean = taps.reduce((sum, tap) => sum + tap, 0) / taps.length;
  let [above, below] = [0, 0];
  taps.forEach((tap, i) => {
    above += (i - middle) * (tap - mean);
    below += (i - middle) ** 2;
  });
  const beat = above / below;
  return beat > 0 ? { first: mean - middle * beat, beat } : null;
}

/** The tempo of taps, in beats a minute; null while it is not known. */
export function bpmOf(taps: readonly number[]): number | null {
  const line = lineOf(taps);
  const bpm = line && 60 / line.beat;
  return bpm !== null && bpm >= SLOWEST && bpm <= FASTEST ? bpm : null;
}

/** The song in the tempo of taps (seconds of the song), of which the first is on the first beat of a bar. */
export function tapped(taps: readonly number[], meter: number, durationSec: number): OwnBeats | null {
  const line = lineOf(taps);
  const bpm = bpmOf(taps);
  if (!line || bpm === null) return null;
  // The first beat of the song: the anchor's number is 0, and no time is below 0.
  const before = Math.floor(line.first / line.beat + 1e-6);
  const t = round(Math.max(0, line.first - before * line.beat));
  return whole({ anchors: [{ t, beat: 0, bpm: round(bpm) }], downbeats: [line.first], meter }, durationSec);
}
