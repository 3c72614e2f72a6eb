import type { QueryClient } from "@tanstack/react-query";
import { type Api, Problem, type Song } from "@/api/client";
import { dropSong } from "@/api/songs";
import { toast } from "@/components/Toasts";
import { titleOf } from "./words";

/** How long (ms) a delete can be taken back. */
export const UNDO_MS = 6000;

interface Pending {
  song: Song;
  timer: ReturnType<typeof setTimeout>;
  closeToast(): void;
}

/** Deletes that can be taken back: a song is out of sight at once, and gone when its time is up or the tab goes. */
export class Deletions {
  private readonly pending = new Map<string, Pending>();
  private readonly listeners = new Set<() => void>();
  private hidden: ReadonlySet<string> = new Set();

  constructor(
    private readonly api: Api,
    private readonly client: QueryClient,
  ) {
    // A hidden tab may be thrown away without another word (phones do), and a closed one has no timers.
    addEventListener("pagehide", () => void this.flush());
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && void this.flush());
  }

  /** Songs not to show; the same set until it changes. */
  snapshot = (): ReadonlySet<string> => this.hidden;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  request(song: Song): void {
    if (this.hidden.has(song.songId)) return;
    const send = () => void this.send(song.songId);
    const closeToast = toast(`Deleted “${titleOf(song)}”.`, {
      stays: UNDO_MS,
      action: { label: "Undo", onSelect: () => this.undo(song.songId) },
      onClose: send,
    });
    // A timer of its own: a crowded-out message closes without a word.
    this.pending.set(song.songId, { song, timer: setTimeout(send, UNDO_MS), closeToast });
    this.hide(song.songId, true);
  }

  undo(songId: string): void {
    if (this.settle(songId)) this.hide(songId, false);
  }

  /** Send everything now, in a way that outlives the page. Resolves when all is answered; never rejects. */
  async flush(): Promise<void> {
    await Promise.all([...this.pending.keys()].map((songId) => this.send(songId)));
  }

  private settle(songId: string): Song | undefined {
    const found = this.pending.get(songId);
    if (!found) return undefined;
    clearTimeout(found.timer);
    found.closeToast();
    this.pending.delete(songId);
    return found.song;
  }

  private async send(songId: string): Promise<void> {
    const song = this.settle(songId);
    if (!song) return;
    try {
      await this.api.DELETE("/songs/{songId}", { params: { path: { songId } }, keepalive: true });
    } catch (error) {
      // Already gone is what was wanted.
      if (!(error instanceof Problem && error.status === 404)) return this.bringBack(song, error);
    }
    // It stays hidden, so that a list that was read a moment ago does not show it again.
    dropSong(this.client, songId);
  }

  private bringBack(song: Song, error: unknown): void {
    this.hide(song.songId, false);
    void this.client.invalidateQueries({ queryKey: ["songs"] });
    toast(`“${titleOf(song)}” was not deleted. ${error instanceof Error ? error.message : ""}`, {
      tone: "error",
      action: { label: "Retry", onSelect: () => this.request(song) },
    });
  }

  private hide(songId: string, hidden: boolean): void {
    const next = new Set(this.hidden);
    if (hidden) next.add(songId);
    else next.delete(songId);
    this.hidden = next;
    this.listeners.forEach((listener) => listener());
  }
}
