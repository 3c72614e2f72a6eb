import { createEngine } from "@/audio/create";
import type { Engine, SongSource } from "@/audio/engine";
import { deviceStore, openChannel, type Store } from "@/lib/device";
import { type Controls, createControls, isGoing } from "./controls";
import { evenness } from "./evenness";
import { type Click, isUntouched, recall, remember, type Remembered, UNTOUCHED } from "./mixMemory";
import { type Music, UNKNOWN } from "./music";
import { createTicker, type Ticker } from "./ticker";

/** A value that can be watched. */
export interface Watched<T> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

/** Everything that plays one song in this tab, without React. */
export interface Player {
  engine: Engine;
  controls: Controls;
  ticker: Ticker;
  countIn: Watched<boolean>;
  click: Watched<Click>;
  /** Whether loops snap to bars. */
  snap: Watched<boolean>;
  /** Whether every song is played equally loud; of this device, not of the song. */
  even: Watched<boolean>;
  music: Watched<Music>;
  /** Why the last press on play came to nothing; null once it plays. */
  refusal: Watched<string | null>;
  /** How the song is played now, as it is remembered. */
  settings(): Remembered;
  isUntouched(): boolean;
  /** Everything back to how the song was before anyone touched it. */
  reset(): void;
  close(): void;
}

const SAVE_AFTER_MS = 300;
const CHANNEL = "unplugd.playing";

export function createPlayer(
  source: Omit<SongSource, "initialMix">,
  { make = createEngine, store = deviceStore() }: { make?: typeof createEngine; store?: Store } = {},
): Player {
  const kept = recall(source, store);
  const engine = make({ ...source, initialMix: kept.mix });
  if (kept.loop) engine.setLoop(kept.loop);
  const countIn = watched(kept.countIn);
  const click = watched(kept.click);
  const snap = watched(kept.snap);
  const even = watched(evenness.recall(store));
  const music = watched(UNKNOWN);
  const refusal = watched<string | null>(null);
  const ticker = createTicker(engine);
  const controls = createControls(engine, {
    countIn: countIn.get,
    music: music.get,
    snap: snap.get,
    moved: ticker.poke,
    failed: () => refusal.set("The sound could not start. Press play again."),
  });

  const settings = (): Remembered => {
    const { mix, loop } = engine.state();
    return { mix, loop, countIn: countIn.get(), click: click.get(), snap: snap.get() };
  };
  let saved = JSON.stringify(kept);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const save = () => {
    clearTimeout(timer);
    timer = undefined;
    const now = JSON.stringify(settings());
    if (now === saved) return;
    saved = now;
    remember(source.songId, settings(), Date.now(), store);
  };
  const guide = () => {
    const { grid, level } = music.get();
    const { on, volume } = click.get();
    engine.setGuide({ grid, click: on ? volume : 0, level: even.get() ? level : 1 });
  };
  const saveSoon = () => (timer ??= setTimeout(save, SAVE_AFTER_MS));

  const ends = [
    engine.subscribe(() => {
      saveSoon();
      if (engine.state().playing === "playing") refusal.set(null);
    }),
    countIn.subscribe(saveSoon),
    snap.subscribe(saveSoon),
    click.subscribe(() => {
      guide();
      saveSoon();
    }),
    music.subscribe(guide),
    even.subscribe(() => {
      evenness.remember(even.get(), store);
      guide();
    }),
    oneTabOnly(engine),
  ];
  addEventListener("pagehide", save);

  return {
    engine,
    controls,
    ticker,
    countIn,
    click,
    snap,
    even,
    music,
    refusal,
    settings,
    isUntouched: () => isUntouched(settings()),
    reset() {
      engine.setMix(UNTOUCHED.mix);
      engine.setLoop(UNTOUCHED.loop);
      countIn.set(UNTOUCHED.countIn);
      click.set(UNTOUCHED.click);
      snap.set(UNTOUCHED.snap);
    },
    close() {
      save();
      removeEventListener("pagehide", save);
      ends.forEach((end) => end());
      void engine.close();
    },
  };
}

function watched<T>(value: T): Watched<T> {
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (next === value) return;
      value = next;
      listeners.forEach((listener) => listener());
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Of two tabs the one that started last is heard: a start here pauses the others. Returns what ends it. */
function oneTabOnly(engine: Engine): () => void {
  const channel = openChannel(CHANNEL);
  let going = isGoing(engine);
  let startedAt = 0;
  const unsubscribe = engine.subscribe(() => {
    const before = going;
    going = isGoing(engine);
    if (before || !going) return;
    startedAt = performance.timeOrigin + performance.now();
    channel?.postMessage(startedAt);
  });
  // Two that start at nearly the same moment hear of each other: the earlier one gives way, not both.
  channel?.addEventListener("message", ({ data }) => {
    if (going && typeof data === "number" && data > startedAt) engine.pause();
  });
  return () => {
    unsubscribe();
    channel?.close();
  };
}
