import type { Measures } from "@/api/measurements";
import { type Grid, makeGrid } from "@/audio/grid";

export interface Section {
  start: number;
  end: number;
  label: string;
}

/** What the player knows of a song's music. */
export interface Music {
  grid: Grid | null;
  sections: readonly Section[];
  /** The gain at which the song is as loud as every other; 1 where its loudness is not known. */
  level: number;
  /** Whether the level is known. */
  levelled: boolean;
  /** Whether it is about to be known: its place is kept, so that nothing moves when it comes. */
  expected: boolean;
}

export const UNKNOWN: Music = { grid: null, sections: [], level: 1, levelled: false, expected: false };

export const EXPECTED: Music = { ...UNKNOWN, expected: true };

/** Songs are played at this loudness: that of ReplayGain 2.0, which nearly every song reaches without clipping. */
const TARGET_LUFS = -18;
/** A soft song is raised only until its highest peak is here (dBTP), as EBU R 128 allows, and by at most this (dB). */
const HIGHEST_PEAK = -1;
const MOST_DB = 12;

export function musicOf(measures: Measures | null, durationSec: number): Music {
  if (!measures) return UNKNOWN;
  const { beats, sections, loudness } = measures;
  return {
    grid: beats && makeGrid(beats.value, durationSec),
    sections: sections?.value.filter(({ start }) => start < durationSec) ?? [],
    level: loudness ? levelOf(loudness.value) : 1,
    levelled: loudness !== null,
    expected: false,
  };
}

/** The gain that brings a song to the target. A peak that is not known counts as full scale. */
export function levelOf({ integrated, truePeak }: { integrated: number; truePeak: number | null }): number {
  // Digital silence is as loud as anything.
  if (integrated <= -70) return 1;
  const room = Math.max(0, HIGHEST_PEAK - (truePeak ?? 0));
  return 10 ** (Math.min(TARGET_LUFS - integrated, room, MOST_DB) / 20);
}
