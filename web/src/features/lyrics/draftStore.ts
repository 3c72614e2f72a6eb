import type { Lyrics } from "@/api/client";
import { deviceStore, keysIn } from "@/lib/device";
import type { Draft } from "./draft";

/** Unsaved lyrics are kept in this browser, so that a crash or a closed tab does not lose them. */
export interface StoredDraft {
  /** Who wrote it down: an editor removes only its own. */
  by: string;
  /** Whose it is; song ids are unique over all people, so the key does not tell. */
  owner: string;
  base: Lyrics;
  draft: Draft;
}

const PREFIX = "unplugd.lyricsDraft.";
const key = (songId: string) => PREFIX + songId;

/** The unsaved draft of a song; null where there is none, or none that can be read. */
export function storedDraft(songId: string): StoredDraft | null {
  try {
    const read = JSON.parse(deviceStore().getItem(key(songId)) ?? "null") as StoredDraft | null;
    return read && Array.isArray(read.draft?.lines) && Array.isArray(read.base?.segments) ? read : null;
  } catch {
    return null;
  }
}

/** False when the browser has no room for it: then only the tab holds it. */
export function storeDraft(songId: string, stored: StoredDraft): boolean {
  try {
    deviceStore().setItem(key(songId), JSON.stringify(stored));
    return true;
  } catch {
    return false;
  }
}

/** Takes out the draft that `by` wrote; without `by` whosever it is. */
export function dropDraft(songId: string, by?: string): void {
  try {
    if (by === undefined || storedDraft(songId)?.by === by) deviceStore().removeItem(key(songId));
  } catch {
    // What cannot be reached is not read again either.
  }
}

/** Takes out every draft of `owner`, and those without an owner. */
export function forgetDrafts(owner: string): void {
  for (const name of keysIn(deviceStore(), PREFIX)) {
    const songId = name.slice(PREFIX.length);
    const whose = storedDraft(songId)?.owner;
    if (whose === undefined || whose === owner) dropDraft(songId);
  }
}
