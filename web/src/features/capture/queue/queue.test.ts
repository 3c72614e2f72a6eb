// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "@/api/client";
import { Later } from "@/api/judge";
import { readWavHeader } from "@/audio/wav";
import { FakeBrowser } from "@/lib/tabs.fake";
import { FakeService, freshStore, kept, openQueue, soundOf } from "./fakes";
import { openDisk } from "./disk";
import { type Gap, newPart } from "./model";
import { type Queue, type QueuePorts, type TabMessage, timing } from "./queue";
import { createSender, limits } from "./sending";
import type { Store } from "./store";

const usual = { ...timing };
const usualLimits = { ...limits };
const open: Queue[] = [];
let service: FakeService;
let store: Store;

beforeEach(async () => {
  Object.assign(timing, { firstWait: 3, longestWait: 20, firstLook: 2, between: 2 });
  service = new FakeService();
  store = await freshStore();
});
afterEach(() => {
  vi.useRealTimers();
  open.splice(0).forEach((queue) => queue.stop());
  Object.assign(timing, usual);
  Object.assign(limits, usualLimits);
});

const start = (more: Partial<QueuePorts> = {}, browser?: FakeBrowser<TabMessage>) => {
  const made = openQueue({ service, store, browser }, more);
  open.push(made.queue);
  return made;
};
const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 60_000, interval: 2 });
const row = async () => (await store.recordings("ann@example.com"))[0];
const done = () => until(async () => expect((await row())?.state).toBe("done"));
const count = (call: string) => service.calls.filter((one) => one === call).length;
const refuse = (call: string, ...answers: unknown[]) => {
  service.before = (name) => {
    const answer = name === call ? answers.shift() : undefined;
    if (answer) throw answer;
  };
};
const trouble = () => new Problem(503, "try_again", "The service has a problem.");

describe("the seven ways of a window", () => {
  it("both calls succeed: the window arrives as it is on the disk, and leaves the device", async () => {
    await kept(store);
    const { disk } = start();
    await done();
    const file = service.files.get("session-1/audio/0") ?? new Uint8Array();
    expect(readWavHeader(file, file.length)).toEqual({ channels: 1, sampleRate: 44100, dataOffset: 44, frames: 200 });
    expect(file.subarray(44)).toEqual(soundOf(0, 400));
    expect(service.session("session-1").end).toEqual({ windows: 1, frames: 200, gaps: [] });
    expect(await disk.list("take-1")).toEqual([]);
    expect(await store.parts("take-1")).toEqual([]);
  });

  it("PUT throws: the window stays and is sent again", async () => {
    await kept(store);
    let failures = 2;
    const transfer: QueuePorts["transfer"] = (...call) => {
      if (failures-- > 0) throw new TypeError("network");
      return service.transfer(...call);
    };
    start({ transfer });
    await done();
    expect(count("grant audio 0")).toBe(3);
    expect(service.files.size).toBe(1);
  });

  it("a 5xx from the grant means no PUT", async () => {
    await kept(store);
    refuse("grant audio 0", trouble(), trouble());
    start();
    await done();
    expect(service.calls.filter((one) => one === "put" || one.startsWith("grant"))).toEqual([
      ...Array<string>(3).fill("grant audio 0"),
      "put",
    ]);
  });

  it.each([500, 503, 403, 0])("a %i from the PUT parks the window, and it is sent later", async (status) => {
    timing.firstWait = timing.longestWait = 600_000;
    await kept(store);
    service.storage = [status];
    const { queue } = start();
    await until(() => expect(queue.views()[0]?.note).toMatch("Tries again by itself."));
    expect(count("put")).toBe(1);
    expect(queue.views()[0]).toMatchObject({ waiting: 1, trouble: null });
    expect(await store.blocks("take-1", 0)).toHaveLength(1);
    queue.wake();
    await done();
    expect(count("put")).toBe(2);
  });

  it("each try fetches a new link and never uses one twice", async () => {
    await kept(store);
    service.storage = [500, 403, 0];
    const used: string[] = [];
    start({
      transfer: (link, ...rest) => {
        used.push(link.url);
        return service.transfer(link, ...rest);
      },
    });
    await done();
    expect(used).toEqual(service.links);
    expect(new Set(used).size).toBe(4);
  });

  it.each([
    ["grant", 5000],
    ["put", 60_000],
  ] as const)("a %s is aborted after %i ms, and the window waits for its next try", async (call, ms) => {
    const take = await kept(store, { sessionId: (await service.remote.open({ title: "x" } as never)).sessionId });
    const [part = newPart("", "audio", 0)] = await store.parts(take.id);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    if (call === "grant")
      service.before = (name) => (name.startsWith("grant") ? new Promise(() => undefined) : undefined);
    else service.storage = ["hang"];
    const sender = createSender({
      ...{ remote: service.remote, transfer: service.transfer, store, disk: openDisk(store), now: Date.now },
    });
    let end: unknown = "none yet";
    const sent = sender
      .send(take, part, () => undefined, new AbortController().signal)
      .catch((error: unknown) => (end = error));
    while (!service.calls.some((name) => name.startsWith(call))) await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(end).toBe("none yet");
    await vi.advanceTimersByTimeAsync(1);
    await sent;
    expect(end).toBeInstanceOf(Later);
    expect(part.phase).not.toBe("sent");
    expect(await store.blocks(take.id)).toHaveLength(1);
  });

  it("a missing window index is an error, not window 0", async () => {
    await kept(store, { windows: [] });
    const part = newPart("take-1", "audio", 0);
    await store.addPart({ ...part, windowIndex: undefined as unknown as number });
    const { queue } = start();
    await until(() => expect(queue.views()[0]?.trouble?.text).toMatch("lost its number"));
    expect(service.calls.filter((call) => call.startsWith("grant") || call === "put")).toEqual([]);
    expect(await store.parts("take-1")).toHaveLength(1);
  });
});

describe("what has arrived", () => {
  it("a 412 asks for the session and takes the window as present", async () => {
    await kept(store);
    service.storage = ["lost"];
    start();
    await done();
    expect(service.files.size).toBe(1);
    expect(count("put")).toBe(2);
    expect(count("look")).toBeGreaterThanOrEqual(1);
  });

  it("the sound stays on the device until the session shows the window", async () => {
    await kept(store);
    service.shows = false;
    const { queue } = start();
    await until(() => expect(count("look")).toBeGreaterThanOrEqual(3));
    expect(await store.blocks("take-1", 0)).toHaveLength(1);
    expect(queue.views()[0]).toMatchObject({ waiting: 1, note: null });
    service.show();
    await done();
    expect(await store.blocks("take-1", 0)).toEqual([]);
    expect(count("put")).toBe(1);
  });

  it("a window that is never shown is sent again", async () => {
    limits.resend = -1;
    await kept(store);
    service.shows = false;
    start();
    await until(() => expect(count("put")).toBeGreaterThanOrEqual(2));
    service.show();
    await done();
  });

  it("a window that the service cannot read stays on the device, in words", async () => {
    await kept(store, { sessionId: "session-1", windows: [400] });
    await service.remote.open(await kept(store, { id: "other", owner: "bob" }));
    service.session("session-1").failed.push({ windowIndex: 0, code: "not_wav" });
    const { queue } = start();
    await until(() => expect(queue.views()[0]?.trouble?.text).toMatch("could not read part 1 (not_wav)"));
    expect(await store.blocks("take-1", 0)).toHaveLength(1);
  });

  it("several windows arrive, and the take is closed with its length and its gaps", async () => {
    const gaps: Gap[] = [{ start: 7, frames: 2, lost: 3, why: "missed" }];
    await kept(store, { windows: [600, 600, 202], gaps });
    start();
    await done();
    expect([...service.files.keys()].sort()).toEqual([0, 1, 2].map((index) => `session-1/audio/${index}`));
    expect(service.session("session-1").end).toEqual({ windows: 3, frames: 2 * 60 * 44_100 + 101, gaps });
    expect(count("open")).toBe(1);
  });

  it("pictures go with their window", async () => {
    const take = await kept(store, { camera: true, windows: [] });
    await store.addBlock("take-1", 0, 0, soundOf(0, 400));
    await store.addPicture("take-1", 0, new Uint8Array([1, 2]));
    await store.addPicture("take-1", 1, new Uint8Array([3]));
    const { keepWindow } = await import("./keep");
    await keepWindow(store, { ...take, frames: 200 }, 0);
    await store.change("take-1", { frames: 200 });
    start();
    await done();
    expect(service.files.get("session-1/frames/0")).toEqual(new Uint8Array([1, 2, 3]));
    expect(await store.pictures("take-1", 0, 60)).toEqual([]);
  });

  it("a window without any picture gets one, so that it does not wait for ever", async () => {
    await kept(store, { camera: true });
    start();
    await done();
    expect(service.files.get("session-1/frames/0")?.subarray(0, 2)).toEqual(new Uint8Array([0xff, 0xd8]));
  });
});

describe("the session", () => {
  it("is found again when the answer to its opening was lost", async () => {
    await kept(store);
    service.after = (call) => {
      if (call !== "open") return;
      service.after = () => undefined;
      throw new Problem(0, "offline", "No connection.");
    };
    start();
    await done();
    expect(count("open")).toBe(1);
    expect(service.sessions.size).toBe(1);
  });

  it("is closed once, also when that answer was lost", async () => {
    await kept(store);
    service.after = (call) => {
      if (call !== "close") return;
      service.after = () => undefined;
      throw trouble();
    };
    start();
    await done();
    expect(service.session("session-1").end).toEqual({ windows: 1, frames: 200, gaps: [] });
  });

  it("that was deleted keeps the sound here and says so; the person may remove it", async () => {
    await kept(store, { sessionId: "gone" });
    const { queue } = start();
    await until(() => expect(queue.views()[0]?.trouble?.text).toMatch("deleted from your library"));
    expect(await store.blocks("take-1")).toHaveLength(1);
    queue.discard("take-1");
    await until(async () => expect(await row()).toBeUndefined());
    expect(await store.blocks("take-1")).toEqual([]);
  });

  it("a refusal is said in the service's words and can be retried", async () => {
    await kept(store);
    refuse("open", new Problem(429, "too_many", "10 recordings are open. Close one first."));
    const { queue } = start();
    await until(() => expect(queue.views()[0]?.trouble?.text).toMatch("10 recordings are open"));
    queue.retry("take-1");
    await done();
  });

  it("a take without sound leaves nothing", async () => {
    await kept(store, { windows: [], frames: 0 });
    start();
    await until(async () => expect(await row()).toBeUndefined());
    expect(service.calls).toEqual([]);
  });

  it("discarding deletes what has arrived of it", async () => {
    timing.firstWait = 600_000;
    await kept(store);
    service.storage = [500];
    const { queue } = start();
    await until(() => expect(queue.views()[0]?.note).toMatch("Tries again"));
    queue.discard("take-1");
    await until(async () => expect(await row()).toBeUndefined());
    expect(service.sessions.size).toBe(0);
  });
});

describe("other tabs, and what an earlier page left", () => {
  const free: QueuePorts["whenFree"] = (_, work) => void work();

  it("a take whose page is gone ends with what is on the disk, is sent, and is said", async () => {
    await kept(store, { state: "recording", frames: null, windows: [60 * 44_100 * 2, 2001] });
    start({ whenFree: free });
    await done();
    expect(service.session("session-1").end).toEqual({ windows: 2, frames: 60 * 44_100 + 1000, gaps: [] });
    expect(service.files.get("session-1/audio/1")?.length).toBe(44 + 2000);
    expect((await row())?.ending).toMatch("What was recorded until then is kept.");
  });

  it("a take of which all windows have arrived ends at the last one", async () => {
    await service.remote.open({ title: "x" } as never);
    await kept(store, { state: "recording", frames: null, windows: [], windowsDone: 2, sessionId: "session-1" });
    start({ whenFree: free });
    await done();
    expect(service.session("session-1").end).toEqual({ windows: 2, frames: 2 * 60 * 44_100, gaps: [] });
  });

  it("a take that another tab still records is sent as far as it is complete, and not ended", async () => {
    await kept(store, { state: "recording", frames: null, windows: [400] });
    await store.addPart(newPart("take-1", "audio", 0));
    const { queue } = start();
    await until(() => expect(service.files.size).toBe(1));
    await until(() => expect(queue.views()[0]?.waiting).toBe(0));
    expect(await row()).toMatchObject({ state: "recording", windowsDone: 1 });
    expect(count("close")).toBe(0);
    await store.change("take-1", { state: "ended", frames: 200 });
    queue.added();
    await done();
  });

  it("one of two tabs sends, and both show it; when it closes, the other goes on", async () => {
    const browser = new FakeBrowser<TabMessage>();
    await kept(store);
    timing.firstWait = 600_000;
    service.storage = [500];
    const first = start({}, browser);
    const second = start({}, browser);
    await until(() => expect(second.queue.views()[0]?.note).toMatch("Tries again"));
    first.queue.stop();
    await done();
    expect(service.files.size).toBe(1);
  });

  it("nothing of another person is sent", async () => {
    await kept(store, { owner: "bob@example.com" });
    await kept(store, { id: "mine" });
    start();
    await done();
    expect(service.files.size).toBe(1);
    expect(await store.blocks("take-1")).toHaveLength(1);
  });
});
