import type { Stem } from "@/audio/engine";
import { RHYTHM, VOICE } from "@/audio/engine";
import type { Peaks } from "@/audio/peaks";

/** How long (s) a step of the ladder sounds. */
export const CLIP_S = 5;
/** Where no bars are known, a clip may begin each so many seconds. */
const GRID_S = 1;
/** Starts this close (s) are the same one. */
const SAME_S = 0.25;
/** A stem is heard where its peaks are above this share of its loudest (a voice: of full scale as well). */
const LOUD = 0.35;
const QUIET = 0.12;
/** Full scale is 128: what stays below this is silence. */
const SILENCE = 4;

interface Wish {
  durationSec: number;
  peaks: Peaks | null;
  /** When bars begin (s); empty where that is not known. */
  bars: readonly number[];
  /** The answer's id: the same id gives the same clip. */
  seed: string;
  /** The starts of this song's last clips. */
  last: readonly number[];
}

/** Where a clip begins: at a bar with energy, where possible without voice, and at none of the last starts. */
export function clipStart({ durationSec, peaks, bars, seed, last }: Wish): number {
  const latest = Math.max(0, durationSec - CLIP_S);
  const starts = (bars.length ? bars : gridOf(latest)).filter((start) => start >= 0 && start <= latest);
  const all = starts.length ? starts : [0];
  const energetic = peaks ? all.filter(energyOf(peaks, all)) : all;
  const instrumental = peaks ? energetic.filter(withoutVoice(peaks)) : energetic;
  for (const among of [instrumental, energetic, all]) {
    const fresh = among.filter((start) => !last.some((one) => Math.abs(one - start) < SAME_S));
    const chosen = fresh[Math.floor(chanceOf(seed) * fresh.length)];
    if (chosen !== undefined) return chosen;
  }
  // So short a song that each place was one of the last: the one that is longest ago.
  return last[0] ?? all[0] ?? 0;
}

function gridOf(latest: number): number[] {
  return Array.from({ length: Math.floor(latest / GRID_S) + 1 }, (_, i) => i * GRID_S);
}

/** The mean peak (0–128) of a stem in a stretch of the song. */
export function levelOf(peaks: Peaks, stem: Stem, from: number, to: number): number {
  const values = peaks.stems[stem];
  if (!values) return 0;
  const perSecond = peaks.sampleRate / peaks.samplesPerPeak;
  const [first, end] = [Math.floor(from * perSecond), Math.min(values.length / 2, Math.ceil(to * perSecond))];
  let sum = 0;
  for (let pair = first; pair < end; pair++)
    sum += Math.max(Math.abs(values[2 * pair] ?? 0), Math.abs(values[2 * pair + 1] ?? 0));
  return end > first ? sum / (end - first) : 0;
}

/** Whether a stem can be heard in a clip. Not known: it can. */
export const soundsIn = (peaks: Peaks | null, stem: Stem, start: number): boolean =>
  !peaks?.stems[stem] || levelOf(peaks, stem, start, start + CLIP_S) > SILENCE / 2;

/** Whether the drums, or where there are none the whole song, have energy after a start, and soon. */
function energyOf(peaks: Peaks, starts: readonly number[]): (start: number) => boolean {
  const drums = peaks.stems[RHYTHM];
  const heard = drums?.some((value) => Math.abs(value) > SILENCE) ? [RHYTHM] : Object.keys(peaks.stems);
  const level = (from: number, to: number) => heard.reduce((sum, stem) => sum + levelOf(peaks, stem, from, to), 0);
  const most = Math.max(...starts.map((start) => level(start, start + CLIP_S)));
  // The first second counts by itself: a hint that begins with a pause is heard late.
  return (start) =>
    level(start, start + CLIP_S) >= LOUD * most && level(start, start + 0.5) >= Math.max(SILENCE / 2, QUIET * most);
}

function withoutVoice(peaks: Peaks): (start: number) => boolean {
  const loudest = peaks.stems[VOICE]?.reduce((most, value) => Math.max(most, Math.abs(value)), 0) ?? 0;
  return (start) => levelOf(peaks, VOICE, start, start + CLIP_S) <= Math.max(SILENCE, QUIET * loudest);
}

/** A number 0…1 from a text: FNV-1a, mixed once more, since ids of one moment differ in their last letters only. */
function chanceOf(seed: string): number {
  let hash = 0x811c9dc5;
  for (const char of seed) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
