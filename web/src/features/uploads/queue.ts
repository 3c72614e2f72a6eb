import { Full, judge, Later } from "@/api/judge";
import type { Details, NewSong, Pause, Upload, UploadView, Words } from "./model";
import { createSender, type SendPorts } from "./sending";
import type { Store } from "./store";
import type { Command, TabMessage, Tabs } from "./tabs";

/** How many files are sent at once; the rest in milliseconds. */
export const timing = {
  atOnce: 2,
  firstWait: 1000,
  longestWait: 60_000,
  tries: 6,
  between: 200,
  pace: 5000,
  fullFor: 300_000,
};

export interface QueuePorts extends SendPorts {
  /** Null: nothing outlives the page. */
  store: Store | null;
  /** Null: this tab does not know of others, so it keeps to what was added in it. */
  tabs: Tabs | null;
  newId(): string;
  /** A file has arrived. */
  onArrived(): void;
}

export interface Queue {
  /** In the order in which they were added; the same array until something changes. */
  views(): readonly UploadView[];
  /** Why no further song is announced at the moment; null where nothing is in the way. */
  pause(): Pause | null;
  /** For useSyncExternalStore. */
  subscribe(listener: () => void): () => void;
  /** Resolves when all are kept, as far as they can be. */
  add(songs: readonly NewSong[]): Promise<void>;
  cancel(id: string): void;
  /** Goes on now, also when it would have waited. */
  retry(id: string): void;
  /** Takes one that was sent, or does not go on, off the list. */
  dismiss(id: string): void;
  edit(id: string, details: Partial<Details>): void;
  giveWords(id: string, words: Words | null): void;
  /** The network is back: wait no longer. */
  wake(): void;
  start(): void;
  /** Ends what is under way and lets another tab go on. What is kept stays kept; for it a new queue is made. */
  stop(): void;
}

/** What is going on with an upload in this tab. */
interface Job {
  abort: AbortController | null;
  timer: ReturnType<typeof setTimeout> | undefined;
  failures: number;
  note: string | null;
  sentBytes: number;
  samples: { at: number; bytes: number }[];
}

/** The files that one person has to send, and their sending. */
export function createQueue(owner: string, ports: QueuePorts): Queue {
  const { tabs, now } = ports;
  const store = tabs && ports.store;
  // Those that this tab answers for: all kept ones once it leads, and before that only what cannot be kept.
  const uploads = new Map<string, Upload>();
  const files = new Map<string, Blob>();
  const jobs = new Map<string, Job>();
  const removed = new Set<string>();
  const running = new Set<Promise<void>>();
  const listeners = new Set<() => void>();
  let elsewhere: UploadView[] = [];
  let shown: readonly UploadView[] = [];
  let leading = false;
  let life: AbortController | null = null;
  let pause: Pause | null = null;
  let releases = 0;
  let pausing: ReturnType<typeof setTimeout> | undefined;
  let telling: ReturnType<typeof setTimeout> | undefined;

  const sender = createSender({
    ...ports,
    save,
    taken: () => new Set([...uploads.values()].flatMap(({ songId }) => songId ?? [])),
    hasTwin: (it) =>
      [...uploads.values()].some(
        (other) => other !== it && other.sizeBytes === it.sizeBytes && other.announcedAt !== null && !other.songId,
      ),
  });

  // --- what is shown ------------------------------------------------------------------------------------------------

  function emit() {
    const mine = [...uploads.values()].filter(({ phase }) => phase !== "cancelling").map(view);
    shown = leading ? mine : [...elsewhere.filter(({ id }) => !uploads.has(id)), ...mine];
    listeners.forEach((listener) => listener());
    if (leading) telling ??= setTimeout(tellTabs, timing.between);
  }

  function tellTabs() {
    telling = undefined;
    if (leading) tabs?.say({ is: "views", views: shown.filter(({ kept }) => kept), pause });
  }

  function view(it: Upload): UploadView {
    const job = jobs.get(it.id);
    const [first, last] = [job?.samples[0], job?.samples.at(-1)];
    const ms = first && last ? last.at - first.at : 0;
    return {
      ...it,
      active: job?.abort != null,
      sentBytes: it.phase === "sent" ? it.sizeBytes : Math.min(job?.sentBytes ?? 0, it.sizeBytes),
      bytesPerSecond: first && last && ms >= 500 ? ((last.bytes - first.bytes) / ms) * 1000 : null,
      note: job?.note ?? null,
    };
  }

  function hear(message: TabMessage) {
    if (message.is === "command") command(message.command, false);
    else if (message.is === "hello") tellTabs();
    else if (message.is === "added" && leading) void adopt();
    else if (message.is === "views" && !leading) {
      elsewhere = message.views;
      pause = message.pause ?? null;
      emit();
    }
  }

  // --- what is kept -------------------------------------------------------------------------------------------------

  async function save(it: Upload): Promise<void> {
    // What cannot be written is known here all the same; after a crash the service is asked what it has.
    if (it.kept && !removed.has(it.id)) await store?.save({ ...it }).catch(() => undefined);
    emit();
  }

  async function forget(it: Upload): Promise<void> {
    removed.add(it.id);
    uploads.delete(it.id);
    files.delete(it.id);
    clearTimeout(jobs.get(it.id)?.timer);
    jobs.delete(it.id);
    emit();
    if (it.kept) await store?.remove(it.id).catch(() => undefined);
  }

  /** Take on what is in the store. */
  async function adopt(): Promise<void> {
    const found = (await store?.load(owner).catch(() => [])) ?? [];
    if (!leading) return;
    for (const it of found) {
      if (uploads.has(it.id) || removed.has(it.id)) continue;
      uploads.set(it.id, it);
      if (it.phase === "sent") void forget(it);
    }
    emit();
    pump();
  }

  async function add(songs: readonly NewSong[]): Promise<void> {
    for (const { file, contentType, details, words, model } of songs) {
      const it: Upload = {
        ...{ id: ports.newId(), owner, name: file.name, sizeBytes: file.size, contentType, addedAt: now() },
        ...{ details, saved: details, model, words, wordsAre: "unsent", wordsTrouble: null },
        ...{ announcedAt: null, songId: null, phase: "waiting", trouble: null, kept: store !== null },
      };
      await store?.add(it, file).catch(() => {
        it.kept = false;
      });
      if (it.kept && !leading) {
        tabs?.say({ is: "added" });
        continue;
      }
      if (uploads.has(it.id)) continue; // this tab became the leader in between, and read it from the store
      uploads.set(it.id, it);
      if (!it.kept) files.set(it.id, file);
      emit();
      pump();
    }
  }

  // --- sending ------------------------------------------------------------------------------------------------------

  function pump() {
    if (!life) return;
    for (const it of uploads.values()) {
      const job = jobs.get(it.id);
      if (job?.abort || job?.timer !== undefined) continue;
      const busy = [...jobs.values()].filter(({ abort }) => abort).length;
      const held = pause && !it.songId;
      if (it.phase === "cancelling" || (it.phase === "waiting" && !held && busy < timing.atOnce)) {
        const run = work(it).finally(() => {
          running.delete(run);
          pump();
        });
        running.add(run);
      }
    }
  }

  function jobOf(id: string): Job {
    let job = jobs.get(id);
    if (!job) {
      job = { abort: null, timer: undefined, failures: 0, note: null, sentBytes: 0, samples: [] };
      jobs.set(id, job);
    }
    return job;
  }

  async function work(it: Upload): Promise<void> {
    const job = jobOf(it.id);
    const abort = new AbortController();
    const begun = releases;
    Object.assign(job, { abort, note: null, sentBytes: 0, samples: [] } satisfies Partial<Job>);
    emit();
    try {
      if (it.phase === "cancelling") {
        await sender.discard(it);
        await forget(it);
      } else {
        const file = files.get(it.id) ?? (await store?.file(it.id).catch(() => undefined));
        await sender.send(it, file, (sent) => progress(job, sent), abort.signal);
        arrived(it);
      }
    } catch (error) {
      if (!abort.signal.aborted) fail(it, job, error, begun);
    } finally {
      job.abort = null;
      if (uploads.has(it.id)) await save(it);
    }
  }

  function arrived(it: Upload) {
    if (it.phase !== "waiting") return; // cancelled with the last byte
    it.phase = "sent";
    it.trouble = null;
    ports.onArrived();
  }

  function progress(job: Job, bytes: number) {
    const at = now();
    job.sentBytes = bytes;
    job.samples = [...job.samples.filter((sample) => sample.at > at - timing.pace), { at, bytes }];
    emit();
  }

  function fail(it: Upload, job: Job, error: unknown, begun: number) {
    const verdict = judge(error);
    const waits = verdict instanceof Later;
    if (verdict instanceof Full && it.phase === "waiting") {
      // What was refused before there was room again is tried again with the rest.
      if (begun === releases) hold(verdict);
      return;
    }
    job.failures += 1;
    if (it.phase === "cancelling" && !waits && verdict.trouble.way === "none") {
      void forget(it); // refused for good: there is nothing of ours to take back
    } else if (it.phase === "cancelling" || (waits && (!verdict.limited || job.failures < timing.tries))) {
      const wait = Math.min(timing.longestWait, timing.firstWait * 2 ** (job.failures - 1));
      job.note = `${verdict.message} Tries again by itself.`;
      job.timer = setTimeout(() => goOn(job), wait);
    } else {
      it.phase = "failed";
      it.trouble = waits ? { text: `${verdict.message} Retry in a while.`, way: "retry" } : verdict.trouble;
    }
  }

  /** What is refused to one song is refused to all that are not announced. Whether there is room again is asked now and then. */
  function hold({ message, until }: Full) {
    pause = { text: message, until: until > now() ? until : null };
    clearTimeout(pausing);
    pausing = setTimeout(release, Math.max(timing.firstWait, Math.min(timing.fullFor, until - now())));
    emit();
  }

  function release() {
    clearTimeout(pausing);
    pausing = undefined;
    pause = null;
    releases++;
    emit();
    pump();
  }

  function goOn(job: Job) {
    clearTimeout(job.timer);
    job.timer = undefined;
    pump();
  }

  // --- what a person does -------------------------------------------------------------------------------------------

  /** Done by the tab that answers for the upload. */
  function command(asked: Command, ours = true) {
    const it = uploads.get(asked.id);
    if (!it) {
      if (ours) tabs?.say({ is: "command", command: asked });
      return;
    }
    if (it.phase === "cancelling") return;
    if (asked.do === "dismiss") {
      if (it.phase === "sent") void forget(it);
      return;
    }
    const job = jobOf(it.id);
    if (asked.do === "cancel") {
      it.phase = "cancelling";
      // The announcement runs to its end: only then is it known what to take back.
      job.abort?.abort();
    } else if (asked.do === "retry") {
      if (it.phase === "failed") it.phase = "waiting";
      it.trouble = null;
      job.failures = 0;
      if (pause) release();
    } else {
      if (asked.do === "edit") it.details = { ...it.details, ...asked.details };
      if (asked.do === "words")
        Object.assign(it, { words: asked.words, wordsAre: "unsent", wordsTrouble: null } satisfies Partial<Upload>);
      if (it.phase === "sent") it.phase = "waiting"; // to tell the service
      // The lyrics should arrive before the file. A failure here recurs, and is shown, at the end.
      if (job.abort) void sender.settle(it).catch(() => undefined);
    }
    emit();
    void save(it).then(() => goOn(job));
  }

  return {
    views: () => shown,
    pause: () => pause,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add,
    cancel: (id) => command({ do: "cancel", id }),
    retry: (id) => command({ do: "retry", id }),
    dismiss: (id) => command({ do: "dismiss", id }),
    edit: (id, details) => command({ do: "edit", id, details }),
    giveWords: (id, words) => command({ do: "words", id, words }),
    wake() {
      if (pause) release();
      jobs.forEach(goOn);
    },
    start() {
      if (life) return;
      const mine = (life = new AbortController());
      pump();
      if (!store || !tabs) return;
      const deaf = tabs.hear(hear);
      tabs.say({ is: "hello" });
      tabs.lead(async () => {
        if (mine.signal.aborted) return;
        leading = true;
        await adopt();
        await new Promise((resolve) => mine.signal.addEventListener("abort", resolve));
        leading = false;
        await Promise.allSettled(running);
      }, mine.signal);
      mine.signal.addEventListener("abort", deaf);
    },
    stop() {
      life?.abort();
      life = null;
      clearTimeout(telling);
      telling = undefined;
      clearTimeout(pausing);
      pausing = undefined;
      for (const job of jobs.values()) {
        clearTimeout(job.timer);
        job.timer = undefined;
        job.abort?.abort();
      }
    },
  };
}
