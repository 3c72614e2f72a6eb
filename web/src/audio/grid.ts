/** A song's beats and bars as times, in seconds of the song: pure arithmetic on what was measured. */

import { SAMPLE_RATE } from "./frames";
import type { Clicks } from "./protocol";

/** From `t`, which is beat number `beat`, the tempo is `bpm` beats a minute. */
export interface Anchor {
  t: number;
  beat: number;
  bpm: number;
}

export interface Beats {
  anchors: readonly Anchor[];
  /** Seconds; each begins a bar. */
  downbeats: readonly number[];
  /** Beats in a bar. */
  meter: number;
}

export interface Grid {
  readonly anchors: readonly Anchor[];
  readonly meter: number;
  readonly durationSec: number;
  /** The number of the first of `beats`, as the anchors count. */
  readonly first: number;
  /** Every beat of the song, also before the first anchor and behind the last. */
  readonly beats: readonly number[];
  /** Which of `beats` begin a bar. */
  readonly downbeats: readonly number[];
  /** When bars begin. What lies before the first is an upbeat. */
  readonly bars: readonly number[];
}

/** A time this close to a line counts as on it: clocks and faders round. */
export const ON_LINE_S = 0.005;
const MOST_BEATS = 20_000;

/** The grid of a song of `durationSec`; null where the beats do not make one. */
export function makeGrid({ anchors, downbeats, meter }: Beats, durationSec: number): Grid | null {
  const usable = anchors.filter(({ t, beat, bpm }) => [t, beat, bpm].every(Number.isFinite) && bpm > 0);
  const grows = usable.every((one, i) => {
    const before = usable[i - 1];
    return !before || (one.t > before.t && one.beat > before.beat);
  });
  const first = usable[0];
  if (!first || !grows || !(durationSec > 0)) return null;
  const from = Math.ceil(beatAt(usable, 0) - 1e-6);
  const to = Math.floor(beatAt(usable, durationSec) + 1e-6);
  if (to - from < 1 || to - from > MOST_BEATS) return null;
  const beats: number[] = [];
  for (let beat = from; beat <= to; beat++) beats.push(Math.min(durationSec, Math.max(0, timeOf(usable, beat))));
  const perBar = Math.max(1, Math.round(meter));
  const begin = barBeginnings(downbeats, usable, perBar, from, to).map((beat) => beat - from);
  return {
    anchors: usable,
    meter: perBar,
    durationSec,
    first: from,
    beats,
    downbeats: begin,
    bars: begin.map((index) => beats[index] ?? 0),
  };
}

/** When a beat is, whole or not. */
export function timeOf(anchors: readonly Anchor[], beat: number): number {
  const index = Math.max(
    0,
    anchors.findLastIndex((one) => one.beat <= beat),
  );
  const anchor = anchors[index];
  if (!anchor) return 0;
  return anchor.t + (beat - anchor.beat) * beatLength(anchors, index, beat >= anchor.beat);
}

/** Which beat is at a time; between two beats it is a fraction. */
export function beatAt(anchors: readonly Anchor[], seconds: number): number {
  const index = Math.max(
    0,
    anchors.findLastIndex((one) => one.t <= seconds),
  );
  const anchor = anchors[index];
  if (!anchor) return 0;
  return anchor.beat + (seconds - anchor.t) / beatLength(anchors, index, seconds >= anchor.t);
}

/** Seconds of a beat after an anchor: up to the next one its beats fill the time there is, so that none comes twice. */
function beatLength(anchors: readonly Anchor[], index: number, after: boolean): number {
  const [here, next] = [anchors[index], anchors[index + 1]];
  if (here && next && after) return (next.t - here.t) / (next.beat - here.beat);
  return 60 / (here?.bpm ?? 60);
}

/** Beat numbers that begin bars: where the downbeats are, and on from the outer ones by the meter. */
function barBeginnings(
  downbeats: readonly number[],
  anchors: readonly Anchor[],
  meter: number,
  from: number,
  to: number,
) {
  const said = downbeats.map((seconds) => Math.round(beatAt(anchors, seconds)));
  const inside = [...new Set(said)].filter((beat) => beat >= from && beat <= to).sort((a, b) => a - b);
  const [first = from, last = first] = [inside[0], inside.at(-1)];
  const before: number[] = [];
  for (let beat = first - meter; beat >= from; beat -= meter) before.unshift(beat);
  const after: number[] = [];
  for (let beat = last + meter; beat <= to; beat += meter) after.push(beat);
  return [...before, ...(inside.length ? inside : [first]), ...after];
}

/** Index of the last of `times` that is not after `seconds`; -1 before the first. */
function lastAt(times: readonly number[], seconds: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= seconds + ON_LINE_S) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The bar at a time, counted from 0; -1 in the upbeat. */
export const barAt = (grid: Grid, seconds: number): number => lastAt(grid.bars, seconds);

/** Bar and beat as musicians count them, from 1; bar 0 is the upbeat. */
export function placeAt(grid: Grid, seconds: number): { bar: number; beat: number } {
  const bar = barAt(grid, seconds);
  const beat = lastAt(grid.beats, seconds);
  const begin = bar < 0 ? (grid.downbeats[0] ?? 0) - grid.meter : (grid.downbeats[bar] ?? 0);
  return { bar: bar + 1, beat: Math.max(0, beat - begin) + 1 };
}

/** Beats a minute at a time. */
export function bpmAt(grid: Grid, seconds: number): number {
  const index = Math.max(
    0,
    grid.anchors.findLastIndex((one) => one.t <= seconds + ON_LINE_S),
  );
  return 60 / beatLength(grid.anchors, index, true);
}

/** The beat closest to a time. */
export function nearestBeat(grid: Grid, seconds: number): number {
  return nearest(grid.beats, seconds);
}

function nearest(times: readonly number[], seconds: number): number {
  const at = lastAt(times, seconds);
  const [before, after] = [times[at], times[at + 1]];
  if (before === undefined) return after ?? seconds;
  return after !== undefined && after - seconds < seconds - before ? after : before;
}

/** Where bars begin, and the end of the last whole one. */
function borders(grid: Grid): readonly number[] {
  const last = grid.downbeats.at(-1);
  const end = last === undefined ? undefined : grid.beats[last + grid.meter];
  return end === undefined ? grid.bars : [...grid.bars, end];
}

/** The stretch of whole bars, at least one, closest to one that a person chose; null where the song has no whole bar. */
export function wholeBars(grid: Grid, one: number, other: number): { start: number; end: number } | null {
  const lines = borders(grid);
  if (lines.length < 2) return null;
  const [low, high] = [Math.min(one, other), Math.max(one, other)];
  const start = nearest(lines.slice(0, -1), low);
  const end = nearest(lines.slice(lines.indexOf(start) + 1), high);
  return { start, end };
}

/** How far (s) into a bar a step back still goes to the bar before: a song that plays has moved on a little. */
const JUST_BEGUN_S = 0.3;

/** Where a step of one bar leads: on to the next bar, or back to this bar's start, or from there to the one before. */
export function stepFrom(times: readonly number[], seconds: number, direction: -1 | 1): number | null {
  if (direction > 0) return times[lastAt(times, seconds) + 1] ?? null;
  return times[lastAt(times, seconds - JUST_BEGUN_S)] ?? (seconds > 0 ? 0 : null);
}

/** The beats as frames at 44.1 kHz, for the audio thread. */
export function clicksOf(grid: Grid | null): Clicks | null {
  if (!grid) return null;
  const accents = new Uint8Array(grid.beats.length);
  for (const index of grid.downbeats) accents[index] = 1;
  return { beats: Float64Array.from(grid.beats, (seconds) => Math.round(seconds * SAMPLE_RATE)), accents };
}
