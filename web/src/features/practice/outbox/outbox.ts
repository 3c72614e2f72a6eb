import { Problem } from "@/api/client";
import { judge, Later } from "@/api/judge";
import type { Card } from "@/api/practice";
import type { Tabs } from "@/lib/tabs";
import type { Deed, Kept, Store } from "./store";

/** Milliseconds; `flushed` gives up after `patience`. */
export const timing = { firstWait: 1000, longestWait: 60_000, patience: 4000 };
/** A card that other devices change again and again is left for a moment. */
const REBASES = 5;

/** What became of a deed. */
export type News =
  | { is: "taken"; deed: Deed; card: Card; rebased: boolean }
  /** The song has gone: there is nothing any more that the deed could be about. */
  | { is: "gone"; deed: Deed };

export type TabMessage = { is: "added" } | { is: "changed" } | { is: "retry" } | { is: "news"; news: News };

export interface OutboxState {
  waiting: readonly Kept[];
  /** Why nothing is sent at the moment; null while it goes on. */
  note: string | null;
}

export interface OutboxPorts {
  store: Store;
  /** Null where a browser has no locks: then each tab sends, which the ids make harmless. */
  tabs: Tabs<TabMessage> | null;
  /** Rejects with Problem, or SignedOut. */
  send(deed: Deed): Promise<Card>;
}

/** What a person did while practising, on its way to the service: in order, kept on this device until it is taken. */
export interface Outbox {
  state(): OutboxState;
  /** For useSyncExternalStore. */
  subscribe(listener: () => void): () => void;
  /** Resolves once it is kept on the device. */
  add(deed: Deed): Promise<void>;
  hear(listener: (news: News) => void): () => void;
  /** Resolves to true when nothing waits any more; to false when that takes too long. */
  flushed(): Promise<boolean>;
  /** Try now: the network is back, or a person wants it. What was refused is tried again too. */
  wake(refused?: boolean): void;
  /** Drop what was refused. */
  dropRefused(): Promise<void>;
  start(): void;
  stop(): void;
}

export function createOutbox(owner: string, { store, tabs, send }: OutboxPorts): Outbox {
  const listeners = new Set<() => void>();
  const hearers = new Set<(news: News) => void>();
  let state: OutboxState = { waiting: [], note: null };
  let life: AbortController | null = null;
  let leading = false;
  let sending: Promise<void> | null = null;
  let again = false;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function set(change: Partial<OutboxState>) {
    state = { ...state, ...change };
    listeners.forEach((listener) => listener());
  }

  async function look(): Promise<void> {
    set({ waiting: await store.all(owner) });
  }

  async function forgetOne(kept: Kept) {
    await store.remove(kept.number);
    set({ waiting: state.waiting.filter(({ number }) => number !== kept.number) });
    tabs?.say({ is: "changed" });
  }

  function pump() {
    if (!leading || timer !== undefined) return;
    if (sending) {
      again = true;
      return;
    }
    again = false;
    sending = sendAll()
      .then(
        () => {
          failures = 0;
          set({ note: null });
        },
        (error: unknown) => wait(error),
      )
      .finally(() => {
        sending = null;
        if (again) pump();
      });
  }

  function wait(error: unknown) {
    if (!life || life.signal.aborted) return;
    const verdict = judge(error);
    set({ note: `${verdict instanceof Later ? verdict.message : verdict.trouble.text} Tries again by itself.` });
    const pause = Math.min(timing.longestWait, timing.firstWait * 2 ** failures++);
    timer = setTimeout(() => {
      timer = undefined;
      pump();
    }, pause);
  }

  /** One after the other. What was refused holds up only the same song's. Rejects when it has to wait. */
  async function sendAll() {
    const { signal } = life ?? {};
    await look();
    const held = new Set<string>();
    for (const kept of state.waiting) {
      if (signal?.aborted) return;
      if (kept.trouble) held.add(kept.deed.songId);
      if (held.has(kept.deed.songId)) continue;
      const news = await sendOne(kept);
      if (!news) held.add(kept.deed.songId);
      else {
        hearers.forEach((hearer) => hearer(news));
        tabs?.say({ is: "news", news });
      }
    }
  }

  async function sendOne(kept: Kept): Promise<News | null> {
    const { deed } = kept;
    for (let rebases = 0; ; rebases++) {
      try {
        const card = await send(deed);
        await forgetOne(kept);
        return { is: "taken", deed, card, rebased: rebases > 0 };
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        // Another device was faster. The answer belongs to the card as it is now: the service folds it in anew.
        if (error.status === 409 && rebases < REBASES) continue;
        if (error.status === 404) {
          await forgetOne(kept);
          return { is: "gone", deed };
        }
        const passing = [0, 401, 403, 408, 409, 429].includes(error.status) || error.status >= 500;
        if (passing) throw error;
        const refused = { ...kept, trouble: error.message };
        await store.put(refused);
        set({ waiting: state.waiting.map((one) => (one.number === kept.number ? refused : one)) });
        tabs?.say({ is: "changed" });
        return null;
      }
    }
  }

  const goOn = () => {
    clearTimeout(timer);
    timer = undefined;
    if (state.note) set({ note: null });
    pump();
  };

  async function wake(refused = false) {
    if (refused)
      for (const kept of await store.all(owner)) if (kept.trouble) await store.put({ ...kept, trouble: null });
    await look();
    if (leading) goOn();
    else tabs?.say({ is: "retry" });
  }

  function lead(mine: AbortController): Promise<void> {
    if (mine.signal.aborted) return Promise.resolve();
    leading = true;
    pump();
    return new Promise((resolve) =>
      mine.signal.addEventListener("abort", () => {
        leading = false;
        void Promise.resolve(sending).then(() => resolve());
      }),
    );
  }

  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async add(deed) {
      await store.add({ owner, deed, trouble: null });
      await look();
      if (leading) pump();
      else tabs?.say({ is: "added" });
    },
    hear(hearer) {
      hearers.add(hearer);
      return () => hearers.delete(hearer);
    },
    async flushed() {
      const deadline = Date.now() + timing.patience;
      await wake();
      while (state.waiting.some(({ trouble }) => !trouble)) {
        const left = deadline - Date.now();
        if (left <= 0 || state.note !== null) return false;
        await new Promise<void>((resolve) => {
          const end = () => {
            clearTimeout(late);
            listeners.delete(end);
            resolve();
          };
          const late = setTimeout(end, left);
          listeners.add(end);
        });
      }
      return true;
    },
    wake: (refused) => void wake(refused),
    async dropRefused() {
      for (const kept of await store.all(owner)) if (kept.trouble) await store.remove(kept.number);
      await look();
      tabs?.say({ is: "changed" });
    },
    start() {
      if (life) return;
      const mine = (life = new AbortController());
      const deaf = tabs?.hear((message) => {
        if (message.is === "news") hearers.forEach((hearer) => hearer(message.news));
        else if (message.is === "changed") void look();
        else if (leading) goOn();
      });
      void look().catch(() => undefined);
      if (tabs) tabs.lead(() => lead(mine), mine.signal);
      else void lead(mine);
      mine.signal.addEventListener("abort", () => deaf?.());
    },
    stop() {
      life?.abort(new DOMException("The outbox has stopped.", "AbortError"));
      life = null;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
