import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Disk } from "../queue/disk";
import type { Queue } from "../queue/queue";
import { openStore, type Store } from "../queue/store";
import type { FromTape, ToTape } from "./protocol";
import { createRecorder, type Recorder } from "./recorder";

vi.mock("./capture.worklet.ts?worker&url", () => ({ default: "capture.js" }));

/** The worker that writes: the test speaks for it. */
class FakeTape {
  static latest: FakeTape;
  onmessage: ((event: { data: FromTape }) => void) | null = null;
  onerror: (() => void) | null = null;
  said: ToTape[] = [];
  ended = false;
  constructor() {
    FakeTape.latest = this;
  }
  postMessage(message: ToTape) {
    this.said.push(message);
  }
  say(message: FromTape) {
    this.onmessage?.({ data: message });
  }
  terminate() {
    this.ended = true;
  }
}

/** The locks of a browser. */
function fakeLocks() {
  const held = new Set<string>();
  return {
    held,
    request(name: string, ...rest: unknown[]) {
      const work = rest.at(-1) as (lock: object | null) => Promise<void> | undefined;
      if (held.has(name)) return Promise.resolve(work(null));
      held.add(name);
      return Promise.resolve(work({})).then(() => void held.delete(name));
    },
  };
}

class FakeNode {
  gain = { value: 0 };
  port = { postMessage: () => undefined };
  connect = (to: unknown) => to;
  disconnect = () => undefined;
}

let locks: ReturnType<typeof fakeLocks>;
let track: EventTarget & { stopped: boolean };
let store: Store;
let names = 0;
let room: number;
let recorder: Recorder;
const added = vi.fn();

beforeEach(async () => {
  locks = fakeLocks();
  room = 1e9;
  store = await openStore(`recorder-${++names}`);
  track = Object.assign(new EventTarget(), {
    stopped: false,
    getSettings: () => ({ sampleRate: 44_100, deviceId: "mic" }),
    stop: () => void (track.stopped = true),
  });
  const stream = { getAudioTracks: () => [track], getVideoTracks: () => [], getTracks: () => [track] };
  const mediaDevices = Object.assign(new EventTarget(), {
    getUserMedia: vi.fn(async () => stream),
    enumerateDevices: async () => [{ kind: "audioinput", deviceId: "mic", label: "Studio" }],
  });
  const storage = { estimate: async () => ({ quota: room, usage: 0 }), persist: vi.fn(async () => true) };
  vi.stubGlobal("navigator", { mediaDevices, locks, storage });
  vi.stubGlobal("Worker", FakeTape);
  vi.stubGlobal(
    "MessageChannel",
    class {
      port1 = {};
      port2 = {};
    },
  );
  vi.stubGlobal(
    "AudioContext",
    class extends EventTarget {
      state = "running";
      sampleRate = 44_100;
      outputLatency = 0.02;
      baseLatency = 0.01;
      destination = {};
      audioWorklet = { addModule: async () => undefined };
      resume = async () => undefined;
      close = async () => undefined;
      createMediaStreamSource = () => Object.assign(new FakeNode(), { context: this });
    },
  );
  vi.stubGlobal("GainNode", FakeNode);
  vi.stubGlobal("AudioWorkletNode", FakeNode);
  added.mockClear();
  recorder = createRecorder();
});
afterEach(() => vi.unstubAllGlobals());

const keeping = () => ({
  ...{ owner: "ann@example.com", store, disk: {} as Disk },
  queue: { added } as unknown as Queue,
});
const open = () => recorder.open({ keeping: keeping(), engine: null, songId: null });
const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 2 });
const row = async () => (await store.recordings("ann@example.com"))[0];
const phase = (name: string) => until(() => expect(recorder.state().phase).toBe(name));

async function recording() {
  await open();
  await recorder.record(false);
  return FakeTape.latest;
}

it("nothing is kept before a take begins", async () => {
  await open();
  expect(recorder.state()).toMatchObject({ phase: "ready", trouble: null, input: "mic", measured: false });
  expect(recorder.state().latencyMs).toBeCloseTo(30);
  expect(await row()).toBeUndefined();
  recorder.close();
  expect(track.stopped).toBe(true);
  await until(() => expect(locks.held.size).toBe(0));
});

it("the take is known before its sound is written, and persistent storage is asked for", async () => {
  const tape = await recording();
  expect(await row()).toMatchObject({
    state: "recording",
    frames: null,
    windowSeconds: 60,
    camera: false,
    channels: 1,
  });
  expect(tape.said.at(-1)).toEqual({ do: "write", recordingId: (await row())?.id, from: null });
  expect(navigator.storage.persist).toHaveBeenCalledOnce();
  expect(locks.held).toContain(`unplugd.recording.${(await row())?.id}`);
});

it("each window is on the queue's list before the take ends, and the length is to the sample", async () => {
  const tape = await recording();
  const id = (await row())?.id ?? "";
  tape.say({ is: "window", windowIndex: 0 });
  tape.say({ is: "gap", gap: { start: 5, frames: 441, lost: 0, why: "missed" } });
  const end = recorder.end();
  expect(tape.said.at(-1)).toEqual({ do: "end" });
  tape.say({ is: "window", windowIndex: 1 });
  tape.say({ is: "ended", frames: 2_646_100 });
  await end;
  expect(await row()).toMatchObject({
    state: "ended",
    frames: 2_646_100,
    ending: null,
    gaps: [{ start: 5, frames: 441 }],
  });
  expect((await store.parts(id)).map(({ windowIndex }) => windowIndex)).toEqual([0, 1]);
  expect(added).toHaveBeenCalled();
  await phase("ready"); // for the next take
  expect([...locks.held]).toEqual(["unplugd.recorder"]);
});

it("a device that goes away ends the take, and says so", async () => {
  const tape = await recording();
  track.dispatchEvent(new Event("ended"));
  await until(() => expect(tape.said.at(-1)).toEqual({ do: "end" }));
  tape.say({ is: "ended", frames: 100 });
  await phase("off");
  expect((await row())?.ending).toMatch("unplugged");
  expect(recorder.state().trouble).toMatch("The take ends there and is kept.");
});

it("a full device stops the take with what is written", async () => {
  const tape = await recording();
  tape.say({ is: "stopped", why: "full" });
  tape.say({ is: "ended", frames: 77 });
  await phase("off");
  expect(await row()).toMatchObject({ state: "ended", frames: 77, ending: expect.stringMatching("keeps no more") });
});

it("room is checked before a take and with each window", async () => {
  room = 1e6;
  await open();
  await recorder.record(false);
  expect(recorder.state()).toMatchObject({ phase: "ready", trouble: expect.stringMatching("no room for two minutes") });
  expect(await row()).toBeUndefined();
  room = 1e9;
  await recorder.record(false);
  room = 1e6;
  FakeTape.latest.say({ is: "window", windowIndex: 0 });
  await until(() => expect(FakeTape.latest.said.at(-1)).toEqual({ do: "end" }));
  FakeTape.latest.say({ is: "ended", frames: 2_646_000 });
  await phase("off");
  expect((await row())?.ending).toMatch("no more room");
});

it("pause and going on are marked by the tape, and closing ends the take first", async () => {
  const tape = await recording();
  recorder.pause();
  expect(tape.said.at(-1)).toEqual({ do: "hold" });
  await recorder.resume();
  expect(tape.said.at(-1)).toMatchObject({ do: "write", from: null });
  recorder.close();
  tape.say({ is: "ended", frames: 10 });
  await phase("off");
  expect(await row()).toMatchObject({ state: "ended", frames: 10 });
});

it("one recorder over all tabs", async () => {
  await open();
  const other = createRecorder();
  await other.open({ keeping: keeping(), engine: null, songId: null });
  expect(other.state()).toMatchObject({
    phase: "off",
    trouble: expect.stringMatching("Another tab has the recorder open."),
  });
  recorder.close();
  await until(() => expect(locks.held.size).toBe(0));
  await other.open({ keeping: keeping(), engine: null, songId: null });
  expect(other.state().phase).toBe("ready");
});

it("a microphone that is refused is said in words", async () => {
  vi.mocked(navigator.mediaDevices.getUserMedia).mockRejectedValue(new DOMException("", "NotAllowedError"));
  await open();
  expect(recorder.state()).toMatchObject({ phase: "off", trouble: expect.stringMatching("Allow it in the browser") });
  await until(() => expect(locks.held.size).toBe(0));
});

it("a worker that dies leaves the take to the queue", async () => {
  const tape = await recording();
  tape.onerror?.();
  expect(recorder.state()).toMatchObject({
    phase: "off",
    trouble: expect.stringMatching("What it had written is kept."),
  });
  expect(await row()).toMatchObject({ state: "recording" });
  await until(() => expect(locks.held.size).toBe(0));
});

it("a microphone is asked for without the processing that is made for calls", async () => {
  await open();
  expect(navigator.mediaDevices.getUserMedia).toHaveBeenCalledWith({
    audio: expect.objectContaining({ echoCancellation: false, noiseSuppression: false, autoGainControl: false }),
    video: false,
  });
});
