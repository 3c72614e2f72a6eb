import { judge, Later } from "@/api/judge";
import type { Tabs } from "@/lib/tabs";
import { keepWindow } from "./keep";
import { BYTES_A_SAMPLE, type Part, type Recording, type RecordingView, windowFrames } from "./model";
import { createSender, type SendPorts } from "./sending";

/** How many parts are sent at once; the rest in milliseconds. */
export const timing = { atOnce: 2, firstWait: 1000, longestWait: 60_000, firstLook: 500, between: 200 };

export type TabMessage =
  /** A tab has opened and wants to know. */
  | { is: "hello" }
  /** There is more in the store. */
  | { is: "added" }
  /** What the tab that sends is doing. */
  | { is: "views"; views: readonly RecordingView[] }
  | { is: "command"; id: string; what: Command };
export type Command = "retry" | "discard";

export interface QueuePorts extends SendPorts {
  tabs: Tabs<TabMessage>;
  /** Runs `work` once no tab records `id` any more. Dropped by `signal`. */
  whenFree(id: string, work: () => Promise<void>, signal: AbortSignal): void;
  /** A take has arrived, as a whole or with another window. */
  onArrived(): void;
}

export interface Queue {
  /** In the order in which they were begun; the same array until something changes. */
  views(): readonly RecordingView[];
  /** For useSyncExternalStore. */
  subscribe(listener: () => void): () => void;
  /** There is more in the store: this tab has recorded it. */
  added(): void;
  /** Goes on now, also when it would have waited. */
  retry(id: string): void;
  /** Deletes what has not arrived of a take, and its session. */
  discard(id: string): void;
  /** The network is back: wait no longer. */
  wake(): void;
  start(): void;
  stop(): void;
}

/** What was sent is not shown yet; usual for a moment. */
class NotYet extends Later {
  constructor() {
    super("Waits for the service to confirm it.");
  }
}

/** Something that goes on or waits for its next try. */
interface Job {
  recordingId: string;
  running: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
  failures: number;
  note: string | null;
}

interface Item {
  recording: Recording;
  parts: Map<string, Part>;
  arrived: number;
  /** A person wants it gone. */
  leaving: boolean;
}

/** The takes of one person on this device, and their sending. */
export function createQueue(owner: string, ports: QueuePorts): Queue {
  const { store, disk, tabs } = ports;
  const sender = createSender(ports);
  const items = new Map<string, Item>();
  const jobs = new Map<string, Job>();
  const running = new Set<Promise<void>>();
  const listeners = new Set<() => void>();
  let elsewhere: readonly RecordingView[] = [];
  let shown: readonly RecordingView[] = [];
  let leading = false;
  let life: AbortController | null = null;
  let telling: ReturnType<typeof setTimeout> | undefined;
  let adopting: Promise<void> = Promise.resolve();

  function emit() {
    shown = leading ? [...items.values()].filter(isShown).map(view) : elsewhere;
    listeners.forEach((listener) => listener());
    if (leading) telling ??= setTimeout(tellTabs, timing.between);
  }

  function tellTabs() {
    telling = undefined;
    if (leading) tabs.say({ is: "views", views: shown });
  }

  // What has arrived in an earlier visit has nothing to say.
  const isShown = ({ recording, arrived, leaving }: Item) => !leaving && (recording.state !== "done" || arrived > 0);

  function view({ recording, parts, arrived }: Item): RecordingView {
    const mine = [...jobs.values()].filter(({ recordingId }) => recordingId === recording.id);
    return {
      ...{ ...recording, waiting: parts.size, arrived },
      active: mine.some(({ running }) => running),
      note: mine.find(({ note }) => note)?.note ?? null,
    };
  }

  function hear(message: TabMessage) {
    if (message.is === "command") command(message.id, message.what, false);
    else if (message.is === "hello") tellTabs();
    else if (message.is === "added" && leading) void adopt();
    else if (message.is === "views" && !leading) {
      elsewhere = message.views;
      emit();
    }
  }

  /** Takes on what is in the store; one reading after the other. */
  function adopt(): Promise<void> {
    return (adopting = adopting.then(async () => {
      const found = await store.recordings(owner).catch(() => []);
      for (const row of found) await take(row).catch(() => undefined);
      if (!leading) return;
      emit();
      pump();
    }));
  }

  async function take(row: Recording) {
    const item = items.get(row.id);
    if (!item) {
      if (row.state === "recording") watch(row.id);
      if (row.state === "done") return;
      const parts = new Map((await store.parts(row.id)).map((part) => [part.id, part]));
      items.set(row.id, { recording: row, parts, arrived: 0, leaving: false });
      return;
    }
    // The tab that records writes these; the rest is this tab's own.
    const { state, frames, gaps, ending } = row;
    if (item.recording.state !== "done") Object.assign(item.recording, { state, frames, gaps, ending });
    for (const part of await store.parts(row.id)) if (!item.parts.has(part.id)) item.parts.set(part.id, part);
  }

  /** When the tab that records `id` has gone without an end, the take ends with what is on the disk. */
  function watch(id: string) {
    if (!life) return;
    const work = async () => {
      const row = await store.recording(id);
      if (row?.state === "recording") await recover(row);
      await adopt();
    };
    ports.whenFree(id, work, life.signal);
  }

  async function recover(row: Recording) {
    const block = BYTES_A_SAMPLE * row.channels;
    const windows = await disk.list(row.id);
    for (const { windowIndex, bytes } of windows) if (bytes >= block) await keepWindow(store, row, windowIndex);
    const last = windows.at(-1);
    // Windows that have arrived already are not on the disk any more.
    const [whole, rest] = last ? [last.windowIndex, Math.floor(last.bytes / block)] : [row.windowsDone, 0];
    await store.change(row.id, {
      state: "ended",
      frames: whole * windowFrames(row) + rest,
      ending: "The page was closed while it recorded. What was recorded until then is kept.",
    });
  }

  // --- what goes on -------------------------------------------------------------------------------------------------

  function pump() {
    if (!life || !leading) return;
    const { signal } = life;
    for (const item of items.values()) {
      const { recording: it, parts } = item;
      const run = (name: string, work: () => Promise<void>) => begin(`${it.id}/${name}`, item, work);
      if (item.leaving) {
        run("discard", () => leave(item));
        continue;
      }
      if (it.state === "done" || it.trouble) continue;
      if (it.state === "ended" && it.frames === 0 && parts.size === 0) {
        run("discard", () => leave(item));
        continue;
      }
      if (!it.sessionId) {
        if (parts.size > 0) run("open", () => sender.open(it, sessionsOfOthers(it)));
        continue;
      }
      if (it.state === "ended" && !it.closed) run("close", () => sender.close(it));
      for (const part of parts.values())
        if (part.phase !== "sent" && sendingNow() < timing.atOnce)
          run(`put/${part.id}`, () => sender.send(it, part, () => undefined, signal));
      if ([...parts.values()].some(({ phase }) => phase === "sent")) run("look", () => look(item));
      if (it.closed && parts.size === 0) run("finish", () => finish(item));
    }
  }

  const sendingNow = () => [...jobs].filter(([name, { running }]) => running && name.includes("/put/")).length;
  const sessionsOfOthers = (it: Recording) =>
    new Set([...items.values()].flatMap(({ recording }) => (recording !== it && recording.sessionId) || []));

  function begin(name: string, item: Item, work: () => Promise<void>) {
    const job = jobs.get(name) ?? {
      ...{ recordingId: item.recording.id, running: false, timer: undefined, failures: 0, note: null },
    };
    if (job.running || job.timer !== undefined) return;
    jobs.set(name, job);
    job.running = true;
    emit();
    const signal = life?.signal;
    const run = work()
      .then(
        () => void jobs.delete(name),
        (error: unknown) => {
          if (!signal?.aborted) return fail(item, job, error);
        },
      )
      .finally(() => {
        job.running = false;
        running.delete(run);
        emit();
        pump();
      });
    running.add(run);
  }

  async function fail(item: Item, job: Job, error: unknown) {
    const verdict = judge(error);
    job.failures += 1;
    if (!(verdict instanceof Later)) {
      job.note = null;
      await sender.set(item.recording, { trouble: verdict.trouble }).catch(() => undefined);
      return;
    }
    const first = verdict instanceof NotYet ? timing.firstLook : timing.firstWait;
    const wait = Math.min(timing.longestWait, first * 2 ** (job.failures - 1));
    job.note = verdict instanceof NotYet ? null : `${verdict.message} Tries again by itself.`;
    job.timer = setTimeout(() => goOn(job), wait);
  }

  function goOn(job: Job) {
    clearTimeout(job.timer);
    job.timer = undefined;
    pump();
  }

  async function look(item: Item) {
    const done = await sender.confirm(item.recording, [...item.parts.values()]);
    for (const { id } of done) item.parts.delete(id);
    item.arrived += done.length;
    if (done.length) {
      const windowsDone = Math.max(item.recording.windowsDone, ...done.map(({ windowIndex }) => windowIndex + 1));
      await sender.set(item.recording, { windowsDone });
      ports.onArrived();
    }
    if (![...item.parts.values()].some(({ phase }) => phase === "sent")) return;
    throw new NotYet();
  }

  async function finish(item: Item) {
    await disk.drop(item.recording.id);
    await sender.set(item.recording, { state: "done" });
    ports.onArrived();
  }

  async function leave(item: Item) {
    // One in trouble may be in the library as far as it has arrived; it is deleted there.
    if (item.recording.trouble) await sender.forget(item.recording);
    else await sender.discard(item.recording);
    items.delete(item.recording.id);
    ports.onArrived();
  }

  // --- what a person does -------------------------------------------------------------------------------------------

  function command(id: string, what: Command, ours = true) {
    const item = items.get(id);
    if (!leading || !item) {
      if (ours) tabs.say({ is: "command", id, what });
      return;
    }
    if (item.recording.state === "recording") return;
    if (what === "discard") {
      // What has arrived as a whole is in the library and is deleted there.
      if (item.recording.state === "done") items.delete(id);
      else item.leaving = true;
    }
    const again = async () => {
      if (what === "retry") await sender.set(item.recording, { trouble: null });
      jobs.forEach((job) => job.recordingId === id && (job.failures = 0));
      emit();
      jobs.forEach((job) => job.recordingId === id && goOn(job));
      pump();
    };
    void again();
  }

  return {
    views: () => shown,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    added() {
      if (leading) void adopt();
      else tabs.say({ is: "added" });
    },
    retry: (id) => command(id, "retry"),
    discard: (id) => command(id, "discard"),
    wake: () => jobs.forEach(goOn),
    start() {
      if (life) return;
      const mine = (life = new AbortController());
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
      life?.abort(new DOMException("The queue has stopped.", "AbortError"));
      life = null;
      clearTimeout(telling);
      telling = undefined;
      for (const job of jobs.values()) {
        clearTimeout(job.timer);
        job.timer = undefined;
      }
    },
  };
}
