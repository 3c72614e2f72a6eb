import {
  BALANCED,
  type Engine,
  type EngineState,
  type Guide,
  type SongSource,
  type TakeSource,
  UNGUIDED,
} from "@/audio/engine";

/** An engine without sound for tests: time goes on only by `at`. */
export interface FakeEngine extends Engine {
  at: number;
  become(change: Partial<EngineState>): void;
  played: unknown[];
  guide: Guide;
  /** The takes that play along. */
  heard: readonly TakeSource[];
  closed: boolean;
}

type Source = Pick<SongSource, "durationSec" | "initialMix"> & Partial<Pick<SongSource, "stems">>;

export function fakeEngine({ durationSec, initialMix = BALANCED, stems = [] }: Source) {
  const listeners = new Set<() => void>();
  let state: EngineState = { playing: "paused", loop: null, mix: initialMix, trouble: null };
  const engine: FakeEngine = {
    durationSec,
    stems,
    at: 0,
    played: [],
    guide: UNGUIDED,
    heard: [],
    closed: false,
    become(change) {
      state = { ...state, ...change };
      listeners.forEach((listener) => listener());
    },
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    position: () => engine.at,
    play: async (options) => {
      engine.played.push(options);
      engine.become({ playing: "playing" });
    },
    pause: () => engine.become({ playing: "paused" }),
    seek: (seconds) => void (engine.at = seconds),
    setLoop: (loop) => engine.become({ loop }),
    setMix: (change) => engine.become({ mix: { ...state.mix, ...change } }),
    setGuide: (change) => void (engine.guide = { ...engine.guide, ...change }),
    setTakes: (takes) => void (engine.heard = takes),
    takes: () => engine.heard,
    output: () => null,
    lend: () => Promise.reject(new Error("no sound in tests")),
    leaving: () => null,
    close: async () => void (engine.closed = true),
  };
  return engine;
}
