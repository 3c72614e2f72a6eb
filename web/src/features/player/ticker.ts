import type { Engine } from "@/audio/engine";

export type Tick = (seconds: number) => void;

export interface Ticker {
  /** Calls back with the position heard, once now and then at each frame in which it has changed. */
  follow(tick: Tick): () => void;
  /** Look now: somebody has just moved the position. */
  poke(): void;
}

/** How often (ms) to look while nothing plays: others may seek too, and a paused page should let a laptop sleep. */
const IDLE_LOOK = 100;

/** One animation loop for everything that shows an engine's position, without React rendering anything. */
export function createTicker(engine: Engine): Ticker {
  const ticks = new Set<Tick>();
  let shown = NaN;
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unsubscribe: (() => void) | undefined;

  const show = () => {
    const seconds = engine.position();
    if (seconds === shown) return;
    shown = seconds;
    for (const tick of ticks) tick(seconds);
  };
  const rest = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const next = () => {
    rest();
    const { playing } = engine.state();
    if (playing === "playing" || playing === "counting-in") frame = requestAnimationFrame(look);
    else timer = setTimeout(look, IDLE_LOOK);
  };
  const look = () => {
    show();
    next();
  };
  return {
    follow(tick) {
      if (ticks.size === 0) {
        unsubscribe = engine.subscribe(look);
        next();
      }
      ticks.add(tick);
      tick(engine.position());
      return () => {
        ticks.delete(tick);
        if (ticks.size > 0) return;
        unsubscribe?.();
        rest();
      };
    },
    poke: () => show(),
  };
}
