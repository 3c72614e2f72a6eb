import { openChannel } from "@/lib/device";
import type { Details, UploadView, Words } from "./model";

/** What a person does to an upload, whichever tab they do it in. */
export type Command =
  | { do: "cancel" | "retry" | "dismiss"; id: string }
  | { do: "edit"; id: string; details: Partial<Details> }
  | { do: "words"; id: string; words: Words | null };

export type TabMessage =
  /** A tab has opened and wants to know. */
  | { is: "hello" }
  /** There is more in the store. */
  | { is: "added" }
  /** What the tab that sends is doing. */
  | { is: "views"; views: UploadView[] }
  | { is: "command"; command: Command };

/** The tabs of one person: one of them sends, all of them show it. */
export interface Tabs {
  /** Runs `work` as soon as no other tab sends, and lets the next one send when it resolves. Dropped by `signal`. */
  lead(work: () => Promise<void>, signal: AbortSignal): void;
  say(message: TabMessage): void;
  /** What other tabs say; the returned function ends it. */
  hear(listener: (message: TabMessage) => void): () => void;
  close(): void;
}

/** Null where the browser has no locks, or no way to other tabs: then nothing is shared, so that nothing can be sent twice. */
export function openTabs(owner: string): Tabs | null {
  const name = `unplugd.uploads.${owner}`;
  const channel = "locks" in navigator ? openChannel(name) : null;
  if (!channel) return null;
  let open = true;
  return {
    lead(work, signal) {
      navigator.locks.request(name, { signal }, work).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    },
    say(message) {
      if (open) channel.postMessage(message); // after close there is no channel
    },
    hear(listener) {
      const on = (event: MessageEvent<TabMessage>) => listener(event.data);
      channel.addEventListener("message", on);
      return () => channel.removeEventListener("message", on);
    },
    close() {
      open = false;
      channel.close();
    },
  };
}
