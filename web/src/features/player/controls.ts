import { BALANCED, type Engine, type Stem } from "@/audio/engine";
import { stepFrom, wholeBars } from "@/audio/grid";
import { SHORTEST_LOOP_SEC } from "./mixMemory";
import type { Music } from "./music";

/** What a player's buttons and keys do to an engine. */
export interface Controls {
  toggle(): void;
  play(): void;
  pause(): void;
  seek(seconds: number): void;
  skip(seconds: number): void;
  /** On to the next bar or section, or back: first to its start, then to the one before. */
  bar(direction: -1 | 1): void;
  section(direction: -1 | 1): void;
  /** The loop begins, or ends, at the position heard now. */
  loopFromHere(): void;
  loopToHere(): void;
  /** In either order, snapped to bars where that is wished; null or a stretch too short to hear ends the loop. */
  loop(between: { start: number; end: number } | null): void;
  speed(steps: number): void;
  key(steps: number): void;
  mute(stem: Stem): void;
  solo(stem: Stem): void;
  volume(stem: Stem, volume: number): void;
}

export const SPEED_STEP = 0.05;
const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** Whether somebody who presses the button now means "pause". */
export const isGoing = (engine: Engine) => !["paused", "ended"].includes(engine.state().playing);

/** `countIn` is asked at each start; `moved` is called after the position was changed; `failed` when play was refused.
 * `snap`: whether loops snap to bars. */
export function createControls(
  engine: Engine,
  {
    countIn,
    music,
    snap,
    moved,
    failed,
  }: {
    countIn(): boolean;
    music(): Music;
    snap(): boolean;
    moved(): void;
    failed(error: unknown): void;
  },
): Controls {
  const mix = () => engine.state().mix;
  const seek = (seconds: number) => {
    engine.seek(clamp(seconds, 0, engine.durationSec));
    moved();
  };
  const play = () => void engine.play({ countIn: countIn() }).catch(failed);
  const loop = (between: { start: number; end: number } | null) => {
    if (!between) return engine.setLoop(null);
    let start = clamp(Math.min(between.start, between.end), 0, engine.durationSec);
    let end = clamp(Math.max(between.start, between.end), 0, engine.durationSec);
    if (end - start < SHORTEST_LOOP_SEC) return engine.setLoop(null);
    const { grid } = music();
    const bars = grid && snap() ? wholeBars(grid, start, end) : null;
    if (bars) ({ start, end } = bars);
    engine.setLoop({ start, end });
  };
  const step = (times: readonly number[], direction: -1 | 1) => {
    const to = stepFrom(times, engine.position(), direction);
    if (to !== null) seek(to);
  };
  return {
    play,
    pause: () => engine.pause(),
    toggle: () => (isGoing(engine) ? engine.pause() : play()),
    seek,
    skip: (seconds) => seek(engine.position() + seconds),
    bar: (direction) => step(music().grid?.bars ?? [], direction),
    section: (direction) =>
      step(
        music().sections.map(({ start }) => start),
        direction,
      ),
    loopFromHere() {
      const start = clamp(engine.position(), 0, Math.max(0, engine.durationSec - SHORTEST_LOOP_SEC));
      const end = engine.state().loop?.end ?? engine.durationSec;
      loop({ start, end: end - start < SHORTEST_LOOP_SEC ? engine.durationSec : end });
    },
    loopToHere() {
      const end = clamp(engine.position(), Math.min(SHORTEST_LOOP_SEC, engine.durationSec), engine.durationSec);
      const start = engine.state().loop?.start ?? 0;
      loop({ start: end - start < SHORTEST_LOOP_SEC ? 0 : start, end });
    },
    loop,
    speed(steps) {
      const next = steps === 0 ? BALANCED.speed : mix().speed + steps * SPEED_STEP;
      engine.setMix({ speed: clamp(Math.round(next / SPEED_STEP) / Math.round(1 / SPEED_STEP), 0.5, 1.5) });
    },
    key: (steps) => engine.setMix({ key: steps === 0 ? 0 : clamp(mix().key + steps, -6, 6) }),
    mute: (stem) => engine.setMix({ muted: { ...mix().muted, [stem]: !mix().muted[stem] } }),
    solo: (stem) => engine.setMix({ soloed: { ...mix().soloed, [stem]: !mix().soloed[stem] } }),
    volume: (stem, volume) => engine.setMix({ volumes: { ...mix().volumes, [stem]: clamp(volume, 0, 1.5) } }),
  };
}
