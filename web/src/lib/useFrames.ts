import { useEffect, useEffectEvent } from "react";

/** What is followed: an engine, as far as this needs to know it. */
interface Followed {
  position(): number;
  state(): { playing: string };
  subscribe(listener: () => void): () => void;
}

/** How often (ms) to look while nothing plays: the position moves only by seeking then. */
const IDLE_MS = 100;

/** Calls `draw` with the position that is heard (seconds): for each frame while it plays. Draw by hand, not by rendering. */
export function useFrames(engine: Followed, draw: (position: number) => void): void {
  const onFrame = useEffectEvent(draw);
  useEffect(() => {
    let frame = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
    const step = () => {
      onFrame(engine.position());
      if (engine.state().playing === "playing") frame = requestAnimationFrame(step);
      else timer = setTimeout(step, IDLE_MS);
    };
    const wake = () => {
      stop();
      frame = requestAnimationFrame(step);
    };
    const unsubscribe = engine.subscribe(wake);
    wake();
    return () => {
      unsubscribe();
      stop();
    };
  }, [engine]);
}
