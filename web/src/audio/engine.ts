/** The seam between what plays (src/audio) and what shows (features). Times are seconds of the song unless said. */

import { isTake } from "@/lib/takes";
import type { Grid } from "./grid";

/** The name of a stem. Which stems a song has is up to the song: four, six, or others. */
export type Stem = string;

/** The stem that keeps its pitch when the key changes, and that the tempo is read from. */
export const RHYTHM: Stem = "drums";
/** The whole song, until its stems are there. Not a stem: it has no fader. */
export const WHOLE: Stem = "whole";
/** The stem that is sung. */
export const VOICE: Stem = "vocals";
/** The stem that holds every instrument without a stem of its own. */
export const REST: Stem = "other";

/** Whether a stem keeps its pitch when the key changes: the rhythm, and what a person recorded. */
export const keepsPitch = (stem: Stem): boolean => stem === RHYTHM || isTake(stem);

/** A take that plays along with the song. */
export interface TakeSource {
  /** Its name in the mix (lib/takes.ts). */
  stem: Stem;
  /** Where in the song its first sample belongs, in ms; negative before the song's start. */
  offsetMs: number;
  windowSeconds: number;
  /** The FLAC of a window; null where nothing was recorded, or it is missing. Rejects where it cannot be read now. */
  window(index: number, signal: AbortSignal): Promise<ArrayBuffer | null>;
}

/** How a song is played. A stem that is not named is as it was separated: fader at 1, neither muted nor soloed. */
export interface Mix {
  /** Fader positions 0–1.5; 1 is the stem as it was separated. */
  volumes: Record<Stem, number>;
  muted: Record<Stem, boolean>;
  soloed: Record<Stem, boolean>;
  /** 0–1.5 */
  master: number;
  /** 0.5–1.5, pitch kept. */
  speed: number;
  /** Semitones −6…6; drums stay. */
  key: number;
  /** The takes that a person wants to hear along. */
  takes: readonly Stem[];
}

/** What a stem is heard at: fader, mute and solo together (any solo silences all that are not soloed). */
export function gainOf(mix: Mix, stem: Stem): number {
  // A take that is not heard cannot silence the rest.
  const anySolo = Object.entries(mix.soloed).some(([one, on]) => on && (!isTake(one) || mix.takes.includes(one)));
  if (mix.muted[stem] || (anySolo && !mix.soloed[stem])) return 0;
  return volumeOf(mix, stem);
}

/** The position of a stem's fader. */
export const volumeOf = (mix: Mix, stem: Stem): number => mix.volumes[stem] ?? 1;

export const BALANCED: Mix = {
  volumes: {},
  muted: {},
  soloed: {},
  master: 1,
  speed: 1,
  key: 0,
  takes: [],
};

/** Nearest that the engine can do; the key in whole semitones. */
export const withinLimits = (mix: Mix): Mix => ({
  ...mix,
  speed: Math.min(1.5, Math.max(0.5, mix.speed)),
  key: Math.min(6, Math.max(-6, Math.round(mix.key))),
});

/** What is known of the song's music, and what goes along with it. */
export interface Guide {
  /** The count-in and the click follow it; null where no beats are known. */
  grid: Grid | null;
  /** Volume of a click on each beat, 0–1.5; 0 is none. Faders of stems do not change it. */
  click: number;
  /** Gain of all stems, so that every song is equally loud. */
  level: number;
}

export const UNGUIDED: Guide = { grid: null, click: 0, level: 1 };

export type Playing = "paused" | "counting-in" | "playing" | "buffering" | "ended";

/** Clicks before the song starts. */
export interface CountIn {
  /** 40–240; left out, the clicks are a bar of the guide's grid, or in the drums' tempo where they tell it, else 100. */
  bpm?: number;
  /** 1–8, 4 when left out. */
  beats?: number;
}

/** What is played: one finished song. */
export interface SongSource {
  songId: string;
  durationSec: number;
  /** The stems it has, in the order they are shown. */
  stems: readonly Stem[];
  /** The stems' streamUrl. `fresh`: the links given before were refused, so ask the API for new ones. */
  streams(options?: { fresh?: boolean }): Promise<Record<Stem, string>>;
  initialMix?: Mix;
  /** While the stems are still being made: the whole song to play until they are there. */
  early?: {
    mix(options?: { fresh?: boolean }): Promise<string>;
    /** Resolves once `streams` has the links of exactly `stems`; may never. */
    ready: Promise<unknown>;
  };
}

export interface EngineState {
  playing: Playing;
  /** Both in seconds, or null when there is no loop. */
  loop: { start: number; end: number } | null;
  mix: Mix;
  /** A sentence for the person, when sound cannot be fetched or decoded; playback goes on by itself once it can. */
  trouble: string | null;
}

/** Plays one song. All stems run on one clock; mutes and faders only change gains, so nothing can drift. */
export interface Engine {
  readonly durationSec: number;
  readonly stems: readonly Stem[];
  state(): EngineState;
  /** For useSyncExternalStore: on changes of state(), not of the position. */
  subscribe(listener: () => void): () => void;
  /** The position that is heard now, extrapolated from the audio clock: call it in requestAnimationFrame. */
  position(): number;
  play(options?: { countIn?: boolean | CountIn }): Promise<void>;
  pause(): void;
  seek(seconds: number): void;
  setLoop(loop: { start: number; end: number } | null): void;
  setMix(change: Partial<Mix>): void;
  setGuide(change: Partial<Guide>): void;
  /** Let these takes play along, each behind a gain of its own (`Mix`). They obey everything but the key. */
  setTakes(takes: readonly TakeSource[]): void;
  takes(): readonly TakeSource[];
  /** For meters and tests: what leaves the master. Null before the first play. */
  output(): { context: AudioContext; node: AudioNode; stems: ReadonlyMap<Stem, AudioNode> } | null;
  /** The context that sounds, running, for who records along. The first call has to come from a gesture. The context stays awake
   * until it is given back; rejects with a sentence where there is no sound. */
  lend(): Promise<{ context: AudioContext; giveBack(): void }>;
  /** The second of the song that leaves the page at a frame of that context's clock; null while nothing plays. */
  leaving(frame: number): number | null;
  close(): Promise<void>;
}
