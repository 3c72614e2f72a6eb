import "fake-indexeddb/auto";
import { Problem } from "@/api/client";
import type { RecordingSession, WindowLink } from "@/api/sessions";
import { FakeBrowser } from "@/lib/tabs.fake";
import type { Link } from "@/lib/transfer";
import { type Disk, joined, openDisk } from "./disk";
import { keepWindow } from "./keep";
import type { Recording } from "./model";
import { createQueue, type Queue, type QueuePorts, type TabMessage } from "./queue";
import type { Remote } from "./remote";
import { openStore, type Store } from "./store";

type Known = Pick<RecordingSession, "sessionId" | "status" | "present" | "presentFrames" | "failed"> & {
  title: string | null;
  end: { windows: number; frames: number } | null;
};

/** A service and its storage, as far as the queue sees them. `before` may throw in place of a call, `after` in place of
 * its answer. */
export class FakeService {
  sessions = new Map<string, Known>();
  /** What arrived, by the storage's key. */
  files = new Map<string, Uint8Array>();
  calls: string[] = [];
  links: string[] = [];
  before: (call: string) => void | Promise<void> = () => undefined;
  after: (call: string) => void | Promise<void> = () => undefined;
  /** What the storage answers in place of what it would, in turn. "lost": the file arrives and no answer comes. */
  storage: (number | "lost" | "hang")[] = [];
  /** Whether what arrives is shown at once. */
  shows = true;

  private async call<T>(name: string, work: () => T): Promise<T> {
    this.calls.push(name);
    await this.before(name);
    const answer = work();
    await this.after(name);
    return answer;
  }

  session(sessionId: string): Known {
    const found = this.sessions.get(sessionId);
    if (!found) throw new Problem(404, "not_found", "There is no such session.");
    return found;
  }

  show() {
    for (const key of this.files.keys()) {
      const [sessionId = "", kind, index] = key.split("/");
      const { present, presentFrames } = this.session(sessionId);
      const list = kind === "audio" ? present : presentFrames;
      if (!list.includes(Number(index))) list.push(Number(index));
    }
  }

  remote: Remote = {
    open: ({ title }) =>
      this.call("open", () => {
        const sessionId = `session-${this.sessions.size + 1}`;
        const empty = { present: [], presentFrames: [], failed: [], end: null };
        this.sessions.set(sessionId, { sessionId, title, status: "OPEN", ...empty });
        return { sessionId };
      }),
    findOpened: ({ title }, known) =>
      this.call(
        "find",
        () => [...this.sessions.values()].find((one) => one.title === title && !known.has(one.sessionId))?.sessionId,
      ),
    grant: (sessionId, { kind, windowIndex }, _, signal) => {
      const hung = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
      });
      const answer = this.call(`grant ${kind} ${windowIndex}`, (): WindowLink => {
        this.session(sessionId);
        const url = `https://storage.test/${sessionId}/${kind}/${windowIndex}?n=${this.links.length}`;
        this.links.push(url);
        const headers = { "Content-Type": "audio/wav", "If-None-Match": "*" } as const;
        return { url, s3Key: url, windowIndex, expiresIn: 300, headers };
      });
      hung.catch(() => undefined);
      return Promise.race([answer, hung]);
    },
    look: (sessionId) => this.call("look", () => ({ ...this.session(sessionId) }) as unknown as RecordingSession),
    close: (sessionId, end) =>
      this.call("close", () => {
        const session = this.session(sessionId);
        if (session.end && session.end.frames !== end.frames)
          throw new Problem(409, "conflict", "It is CLOSED already.");
        Object.assign(session, { status: "CLOSED", end });
      }),
    remove: (sessionId) => this.call("remove", () => void this.sessions.delete(sessionId)),
  };

  transfer: QueuePorts["transfer"] = async ({ url }: Link, file, _, signal) => {
    this.calls.push("put");
    const answer = this.storage.shift();
    if (answer === "hang")
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError"))),
      );
    if (typeof answer === "number") return answer;
    const key = url.slice("https://storage.test/".length).split("?")[0] ?? "";
    if (this.files.has(key)) return 412;
    this.files.set(key, new Uint8Array(await file.arrayBuffer()));
    if (this.shows) this.show();
    return answer === "lost" ? 0 : 200;
  };
}

let names = 0;
export const freshStore = () => openStore(`capture-${++names}`);

/** A take of this many bytes a window, as a page has left it on the device. */
export async function kept(
  store: Store,
  { id = "take-1", windows = [400], ...more }: Partial<Recording> & { windows?: number[] } = {},
): Promise<Recording> {
  const row: Recording = {
    ...{ id, owner: "ann@example.com", title: `Take ${id}`, songId: null, camera: false, startedAt: 1 },
    ...{ sampleRate: 44100, channels: 1, windowSeconds: 60, state: "ended", windowsDone: 0, gaps: [], offsetMs: 0 },
    ...{ frames: (windows.length - 1) * 60 * 44_100 + (windows.at(-1) ?? 0) / 2 },
    ...{ ending: null, sessionId: null, askedAt: null, closed: false, trouble: null },
    ...more,
  };
  await store.add(row);
  for (const [index, bytes] of windows.entries()) {
    await store.addBlock(id, index, 0, soundOf(index, bytes));
    if (row.state === "ended") await keepWindow(store, row, index);
  }
  return row;
}

/** The sound of a window: what arrives must have it after its header. */
export const soundOf = (index: number, bytes: number) =>
  Uint8Array.from({ length: bytes }, (_, i) => (i * 7 + index) % 251);

/** A queue as in a tab that has just been opened. */
export function openQueue(
  {
    service,
    store,
    browser = new FakeBrowser<TabMessage>(),
  }: { service: FakeService; store: Store; browser?: FakeBrowser<TabMessage> },
  more: Partial<QueuePorts> = {},
): { queue: Queue; disk: Disk } {
  const disk = openDisk(store);
  const queue = createQueue("ann@example.com", {
    ...{ store, disk, remote: service.remote, transfer: service.transfer, tabs: browser.open(), now: Date.now },
    whenFree: () => undefined,
    onArrived: () => undefined,
    ...more,
  });
  queue.start();
  return { queue, disk };
}

export { joined };
