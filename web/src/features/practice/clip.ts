import { createEngine } from "@/audio/create";
import { BALANCED, type Engine, type Mix, type Stem } from "@/audio/engine";
import { CLIP_S } from "./clips";
import type { Rung } from "./ladder";

/** The clip of one card. It may be made before any gesture; it sounds after one. */
export interface Clip {
  readonly start: number;
  readonly rungs: readonly Rung[];
  readonly engine: Engine;
  /** Have its sound decoded and its graph made, so that `play` is heard at once. The first call has to come from a gesture. */
  warm(): void;
  /** Play these stems from the clip's start: for a clip's length, or on and on. */
  play(stems: readonly Stem[], onAndOn?: boolean): void;
  pause(): void;
  close(): void;
}

interface Source {
  songId: string;
  durationSec: number;
  stems: readonly Stem[];
  streams(options?: { fresh?: boolean }): Promise<Record<Stem, string>>;
  start: number;
  rungs: readonly Rung[];
}

/** Only these stems are heard. */
export function mixOf(all: readonly Stem[], heard: readonly Stem[]): Mix {
  return { ...BALANCED, muted: Object.fromEntries(all.map((stem) => [stem, !heard.includes(stem)])) };
}

export function createClip(source: Source): Clip {
  const { songId, durationSec, stems, streams, start, rungs } = source;
  const initialMix = mixOf(stems, rungs[0]?.stems ?? stems);
  const engine = createEngine({ songId, durationSec, stems, streams, initialMix });
  engine.seek(start);
  let lent: ReturnType<Engine["lend"]> | null = null;
  let until = Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** The context's clock may stand still, so the place in the song decides, not the time that has gone. */
  function watch() {
    clearTimeout(timer);
    if (engine.state().playing !== "playing" || until === Infinity) return;
    const left = until - engine.position();
    if (left > 0) timer = setTimeout(watch, Math.max(10, left * 1000));
    else pause();
  }
  function pause() {
    clearTimeout(timer);
    engine.pause();
    engine.seek(start); // what the next play needs is at hand then
  }
  engine.subscribe(watch);

  return {
    ...{ start, rungs, engine },
    warm() {
      // Without sound now, `play` says why.
      lent ??= engine.lend();
      lent.catch(() => {
        lent = null;
      });
    },
    play(heard, onAndOn = false) {
      until = onAndOn ? Infinity : Math.min(start + CLIP_S, durationSec);
      engine.setMix(mixOf(stems, heard));
      engine.seek(start);
      void engine.play();
      watch();
    },
    pause,
    close() {
      clearTimeout(timer);
      void lent?.then(({ giveBack }) => giveBack()).catch(() => undefined);
      void engine.close();
    },
  };
}
