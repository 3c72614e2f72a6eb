import { BALANCED, type Engine, type EngineState, type Mix, type SongSource } from "./engine";

/** An engine for one song. Makes no AudioContext before the first play, which has to come from a gesture. */
export function createEngine(source: SongSource): Engine {
  const listeners = new Set<() => void>();
  let state: EngineState = { playing: "paused", loop: null, mix: source.initialMix ?? BALANCED, trouble: null };
  let position = 0;
  const set = (change: Partial<EngineState>) => {
    state = { ...state, ...change };
    listeners.forEach((listener) => listener());
  };
  return {
    durationSec: source.durationSec,
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    position: () => position,
    play: async () => set({ playing: "playing" }),
    pause: () => set({ playing: "paused" }),
    seek: (seconds) => void (position = Math.min(Math.max(0, seconds), source.durationSec)),
    setLoop: (loop) => set({ loop }),
    setMix: (change: Partial<Mix>) => set({ mix: { ...state.mix, ...change } }),
    output: () => null,
    close: async () => listeners.clear(),
  };
}
