import { deviceStore, type Store } from "@/lib/device";

const KEY = "unplugd.practice.starts";
const MOST_SONGS = 500;
const MOST_STARTS = 3;

type Starts = Record<string, number[]>;

function read(store: Store): Starts {
  try {
    const found: unknown = JSON.parse(store.getItem(KEY) ?? "{}");
    return typeof found === "object" && found !== null ? (found as Starts) : {};
  } catch {
    return {};
  }
}

/** The starts of a song's last clips on this device, the oldest first. */
export function lastStarts(songId: string, store = deviceStore()): number[] {
  const found: unknown = read(store)[songId];
  return Array.isArray(found) ? found.filter((one) => typeof one === "number") : [];
}

/** Note where a clip began. */
export function noteStart(songId: string, start: number, store = deviceStore()): void {
  const { [songId]: known = [], ...others } = read(store);
  const kept = Object.entries(others).slice(1 - MOST_SONGS);
  const mine = [...(Array.isArray(known) ? known : []).filter((one) => one !== start), start].slice(-MOST_STARTS);
  try {
    store.setItem(KEY, JSON.stringify(Object.fromEntries([...kept, [songId, mine]])));
  } catch {
    // A full device: the clip may then come again.
  }
}

export const forgetStarts = (store = deviceStore()): void => store.removeItem(KEY);
