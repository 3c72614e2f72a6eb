import { openChannel } from "./device";

/** The tabs of one person: one of them sends, all of them show it. */
export interface Tabs<Message> {
  /** Runs `work` as soon as no other tab sends, and lets the next one send when it resolves. Dropped by `signal`. */
  lead(work: () => Promise<void>, signal: AbortSignal): void;
  say(message: Message): void;
  /** What other tabs say; the returned function ends it. */
  hear(listener: (message: Message) => void): () => void;
  close(): void;
}

/** `name`: what they share. Null where the browser has no locks, or no way to other tabs: then nothing is shared, so that nothing can be sent twice. */
export function openTabs<Message>(name: string): Tabs<Message> | null {
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
      const on = (event: MessageEvent<Message>) => listener(event.data);
      channel.addEventListener("message", on);
      return () => channel.removeEventListener("message", on);
    },
    close() {
      open = false;
      channel.close();
    },
  };
}
