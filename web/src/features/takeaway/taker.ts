import { Problem } from "@/api/client";
import { RenderError, type RenderFault } from "@/audio/render-fetch";
import { toast } from "@/components/Toasts";
import { download } from "@/lib/download";
import { megabytes } from "./takeables";

/** The state of the download. `songId` and `id` name the row that shows it. */
export type Taking =
  | { at: "idle" }
  | (Place & { at: "working"; name: string; fraction: number | null; waiting: boolean; secondsLeft: number | null })
  | (Place & { at: "done"; name: string; bytes: number; loweredDb: number; again(): void })
  | (Place & { at: "failed"; message: string; again(): void });

export interface Place {
  songId: string;
  id: string;
}

export interface Made {
  file: Blob;
  loweredDb: number;
}

export interface Order extends Place {
  /** As the file will be called. */
  name: string;
  /** Bytes that are needed on the disk for the moment. */
  needs: number;
  make(signal: AbortSignal, onProgress: (progress: { fraction: number; waiting: boolean }) => void): Promise<Made>;
}

/**
 * Takes one thing away at a time, for the whole tab: it goes on while the person looks at other views or songs, and
 * says so by a toast where no panel of its song is on the screen.
 */
export class Taker {
  private state: Taking = { at: "idle" };
  private stop: AbortController | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly watched: string[] = [];

  constructor(private readonly save: (file: Blob, name: string) => void = download) {}

  current = (): Taking => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** A song's panel is on the screen, until the function that is returned is called. */
  watch(songId: string): () => void {
    this.watched.push(songId);
    return () => void this.watched.splice(this.watched.indexOf(songId), 1);
  }

  /** Ends what goes on; nothing is left behind. */
  cancel = (): void => this.stop?.abort();

  /** Starts an order; while another is under way it does nothing. */
  async take(order: Order): Promise<void> {
    if (this.stop) return;
    const stop = new AbortController();
    this.stop = stop;
    const { songId, id, name } = order;
    const pace = paceOf();
    const show = (fraction: number | null, waiting: boolean) =>
      this.set({ at: "working", songId, id, name, fraction, waiting, secondsLeft: fraction && pace(fraction) });
    show(null, false);
    addEventListener("beforeunload", askBeforeLeaving);
    try {
      const { file, loweredDb } = await order.make(
        stop.signal,
        ({ fraction, waiting }) => !stop.signal.aborted && show(fraction, waiting),
      );
      stop.signal.throwIfAborted();
      this.save(file, name);
      this.set({ at: "done", songId, id, name, bytes: file.size, loweredDb, again: () => this.save(file, name) });
      if (!this.watched.includes(songId)) toast(`${name} is in your downloads.`);
    } catch (error) {
      if (stop.signal.aborted) return this.set({ at: "idle" });
      console.warn(`${name} could not be taken away:`, error);
      const message = messageOf(error, order.needs);
      const again = () => void this.take(order);
      this.set({ at: "failed", songId, id, message, again });
      if (!this.watched.includes(songId))
        toast(`${name}: ${message}`, { tone: "error", action: { label: "Retry", onSelect: again } });
    } finally {
      removeEventListener("beforeunload", askBeforeLeaving);
      this.stop = null;
    }
  }

  private set(state: Taking): void {
    this.state = state;
    this.listeners.forEach((listener) => listener());
  }
}

export const taker = new Taker();

const askBeforeLeaving = (event: BeforeUnloadEvent) => event.preventDefault();

/** Seconds that are left by the pace so far; null until that says something. */
export function paceOf(now: () => number = () => performance.now()) {
  const began = now();
  return (fraction: number): number | null => {
    const seconds = (now() - began) / 1000;
    return seconds < 3 || fraction < 0.02 ? null : (seconds / fraction) * (1 - fraction);
  };
}

const WORDS: Record<RenderFault, string> = {
  connection: "The connection was lost and did not come back. Check your network, then retry.",
  refused: "The service refused to hand out this song's files. Reload the page, then retry.",
  missing: "This file is not there any more. Reload the page to see what the song has now.",
  changed: "What arrived is not what was made; perhaps the song was processed again. Reload the page, then retry.",
  space: "There is not enough free space on this device",
  busy: "Another tab is downloading something. Wait until it is done or cancel it there, then retry.",
  broken: "Something went wrong while the file was made. Retry, or download the parts one by one.",
};

function messageOf(error: unknown, needs: number): string {
  if (error instanceof RenderError) {
    const words = WORDS[error.fault];
    return error.fault === "space" ? `${words}: about ${megabytes(needs)} are needed. Free some, then retry.` : words;
  }
  // The API's own words say what to do, such as that a format needs times that are not there yet.
  return error instanceof Problem ? error.message : WORDS.broken;
}
