import { BALANCED, type Mix, type Stem, volumeOf } from "@/audio/engine";
import { deviceStore, keysIn, type Store } from "@/lib/device";
import { isTake } from "@/lib/takes";

/** What is remembered of how somebody plays a song. */
export interface Remembered {
  mix: Mix;
  loop: { start: number; end: number } | null;
  countIn: boolean;
  click: Click;
  /** Loops snap to whole bars, where the song's bars are known. */
  snap: boolean;
}

/** The metronome. */
export interface Click {
  on: boolean;
  /** 0–1.5 */
  volume: number;
}

export const UNTOUCHED: Remembered = {
  mix: BALANCED,
  loop: null,
  countIn: false,
  click: { on: false, volume: 1 },
  snap: true,
};

const PREFIX = "unplugd.mix.";
const VERSION = 1;
const MOST_SONGS = 200;
/** The shortest stretch that can be repeated, in seconds. */
export const SHORTEST_LOOP_SEC = 0.5;

type Fields = Record<string, unknown>;

const fields = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});

const within = (value: unknown, low: number, high: number, otherwise: number): number =>
  typeof value === "number" && Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : otherwise;

function read(store: Store, key: string): Fields {
  try {
    return fields(JSON.parse(store.getItem(key) ?? "null"));
  } catch {
    return {};
  }
}

type Recalled = { songId: string; durationSec: number; stems: readonly Stem[] };

/** How a song was played last. Each value that is not valid is the untouched one; stems the song lacks are left out. */
export function recall({ songId, durationSec, stems }: Recalled, store: Store = deviceStore()): Remembered {
  const kept = read(store, PREFIX + songId);
  const takes = takesIn(kept.takes);
  const eachStem = <T>(of: (stem: Stem) => T) =>
    Object.fromEntries([...stems, ...takes].map((stem) => [stem, of(stem)]));
  if (kept.version !== VERSION) return UNTOUCHED;
  const [volumes, muted, soloed, loop, click] = [kept.volumes, kept.muted, kept.soloed, kept.loop, kept.click].map(
    fields,
  ) as [Fields, Fields, Fields, Fields, Fields];
  const start = within(loop.start, 0, durationSec, NaN);
  const end = within(loop.end, 0, durationSec, NaN);
  return {
    mix: {
      volumes: eachStem((stem) => within(volumes[stem], 0, 1.5, 1)),
      muted: eachStem((stem) => muted[stem] === true),
      soloed: eachStem((stem) => soloed[stem] === true),
      master: within(kept.master, 0, 1.5, 1),
      speed: Math.round(within(kept.speed, 0.5, 1.5, 1) * 20) / 20,
      key: Math.round(within(kept.key, -6, 6, 0)),
      takes,
    },
    loop: end - start >= SHORTEST_LOOP_SEC ? { start, end } : null,
    countIn: kept.countIn === true,
    click: { on: click.on === true, volume: within(click.volume, 0, 1.5, 1) },
    snap: kept.snap !== false,
  };
}

/** A few takes at most: each costs memory and work. */
export const MOST_TAKES = 4;

const takesIn = (value: unknown): Stem[] => {
  const names = Array.isArray(value) ? value.filter((one): one is Stem => typeof one === "string" && isTake(one)) : [];
  return [...new Set(names)].slice(0, MOST_TAKES);
};

/** Keep how a song is played; an untouched one takes no room. Only the latest 200 songs are kept. `now` in ms. */
export function remember(songId: string, what: Remembered, now: number, store: Store = deviceStore()): void {
  const key = PREFIX + songId;
  try {
    if (isUntouched(what)) return store.removeItem(key);
    const { mix, ...rest } = what;
    store.setItem(key, JSON.stringify({ version: VERSION, at: now, ...mix, ...rest }));
    forgetOldest(store);
  } catch {
    // No room, or storage is switched off: the mix holds for this visit.
  }
}

export function isUntouched({ mix, loop, countIn, click, snap }: Remembered): boolean {
  const changed = [...Object.values(mix.muted), ...Object.values(mix.soloed)].some(Boolean);
  const same = !changed && Object.keys(mix.volumes).every((stem) => volumeOf(mix, stem) === 1);
  return (
    same &&
    mix.master === 1 &&
    mix.speed === 1 &&
    mix.key === 0 &&
    !mix.takes.length &&
    !loop &&
    !countIn &&
    !click.on &&
    click.volume === 1 &&
    snap
  );
}

/** Forget how every song is played. */
export function forgetMixes(store: Store = deviceStore()): void {
  keysIn(store, PREFIX).forEach((key) => store.removeItem(key));
}

function forgetOldest(store: Store): void {
  const kept = keysIn(store, PREFIX);
  if (kept.length <= MOST_SONGS) return;
  const at = (key: string) => within(read(store, key).at, 0, Infinity, 0);
  const oldest = kept.map((key) => ({ key, at: at(key) })).sort((a, b) => a.at - b.at);
  for (const { key } of oldest.slice(0, kept.length - MOST_SONGS)) store.removeItem(key);
}
