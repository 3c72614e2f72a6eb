import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLive, timing } from "./connection";
import type { Live, LiveMessage, LiveState, SessionMessage } from "./live";

class FakeSocket {
  static made: FakeSocket[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: unknown }) => void;
  onclose?: () => void;
  sent: string[] = [];
  closed = false;
  constructor(readonly address: string) {
    FakeSocket.made.push(this);
  }
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.closed = true;
  }
  say(message: unknown) {
    this.onmessage?.({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }
  pong() {
    this.say({ action: "pong" });
  }
}

const last = () => FakeSocket.made.at(-1) as FakeSocket;
const settle = () => vi.advanceTimersByTimeAsync(0);

let live: Live;
let states: LiveState[];
let heard: LiveMessage[];
let recordings: SessionMessage[];
let reconnects: number;
let idToken: ReturnType<typeof vi.fn<(options?: { renew?: boolean }) => Promise<string>>>;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
  FakeSocket.made = [];
  let count = 0;
  idToken = vi.fn(() => Promise.resolve(`token-${++count}`));
  live = createLive("wss://x.example/live", { idToken }, (address) => new FakeSocket(address) as unknown as WebSocket);
  states = [];
  heard = [];
  recordings = [];
  reconnects = 0;
  live.onState((state) => states.push(state));
  live.onMessage((message) => heard.push(message));
  live.onSession((message) => recordings.push(message));
  live.onReconnect(() => reconnects++);
});
afterEach(() => {
  live.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Opened, and answered once. */
async function connected() {
  live.open();
  await settle();
  last().onopen?.();
  last().pong();
}

describe("connecting", () => {
  it("sends the token in the address and reports that it is open", async () => {
    live.open();
    await settle();
    expect(last().address).toBe("wss://x.example/live?token=token-1");
    expect(reconnects).toBe(0);
    last().onopen?.();
    expect(states).toEqual(["closed", "connecting", "open"]);
    expect(reconnects).toBe(1);
  });

  it("opens once however often it is asked to", async () => {
    live.open();
    live.open();
    await settle();
    expect(FakeSocket.made).toHaveLength(1);
  });

  it("comes back with another token after the two hours, and says so", async () => {
    await connected();
    last().onclose?.();
    expect(live.state()).toBe("waiting");
    await vi.advanceTimersByTimeAsync(timing.firstWait);
    expect(last().address).toContain("token-2");
    last().onopen?.();
    expect(reconnects).toBe(2);
  });

  it("waits longer each time, at most half a minute, and starts over after a frame", async () => {
    live.open();
    await settle();
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      const before = FakeSocket.made.length;
      last().onclose?.();
      let waited = 0;
      while (FakeSocket.made.length === before) {
        await vi.advanceTimersByTimeAsync(100);
        waited += 100;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    last().onopen?.();
    last().pong();
    last().onclose?.();
    await vi.advanceTimersByTimeAsync(500);
    expect(FakeSocket.made).toHaveLength(11);
  });

  it("leaves a half of the wait to chance", async () => {
    vi.mocked(Math.random).mockReturnValue(0);
    live.open();
    await settle();
    last().onclose?.();
    await vi.advanceTimersByTimeAsync(250);
    expect(FakeSocket.made).toHaveLength(2);
  });

  it("does not rush at a server that accepts and closes at once", async () => {
    live.open();
    await settle();
    for (let i = 0; i < 3; i++) {
      last().onopen?.();
      last().onclose?.();
      await vi.advanceTimersByTimeAsync(timing.firstWait * 2 ** i);
    }
    last().onopen?.();
    last().onclose?.();
    await vi.advanceTimersByTimeAsync(3999);
    expect(FakeSocket.made).toHaveLength(4);
  });

  it("gives up a handshake that never ends", async () => {
    live.open();
    await settle();
    const first = last();
    await vi.advanceTimersByTimeAsync(timing.opening + timing.firstWait);
    expect(first.closed).toBe(true);
    expect(FakeSocket.made).toHaveLength(2);
    // What the old one reports now is ignored.
    first.onopen?.();
    expect(live.state()).toBe("connecting");
  });
});

describe("the token", () => {
  it("is renewed once when the handshake is refused", async () => {
    live.open();
    await settle();
    last().onclose?.();
    await vi.advanceTimersByTimeAsync(500);
    last().onclose?.();
    await vi.advanceTimersByTimeAsync(1000);
    expect(idToken.mock.calls.map(([options]) => options?.renew)).toEqual([false, true, false]);
  });

  it("that cannot be had is asked for again later", async () => {
    idToken.mockRejectedValueOnce(new Error("offline"));
    live.open();
    await settle();
    expect(live.state()).toBe("waiting");
    expect(FakeSocket.made).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(500);
    expect(FakeSocket.made).toHaveLength(1);
  });

  it("that comes after close opens nothing", async () => {
    live.open();
    live.close();
    await settle();
    expect(FakeSocket.made).toHaveLength(0);
  });
});

describe("keeping alive", () => {
  it("pings at once and every four minutes", async () => {
    await connected();
    expect(last().sent).toEqual(['{"action":"ping"}']);
    for (let i = 0; i < 2; i++) {
      await vi.advanceTimersByTimeAsync(timing.ping);
      last().pong();
    }
    expect(last().sent).toHaveLength(3);
    expect(FakeSocket.made).toHaveLength(1);
  });

  it("drops a connection without an answer for 10 seconds", async () => {
    await connected();
    await vi.advanceTimersByTimeAsync(timing.ping + timing.pong);
    expect(last().closed).toBe(true);
    expect(live.state()).toBe("waiting");
    await vi.advanceTimersByTimeAsync(timing.firstWait);
    expect(FakeSocket.made).toHaveLength(2);
  });

  it("takes any frame for a sign of life", async () => {
    await connected();
    await vi.advanceTimersByTimeAsync(timing.ping);
    last().say({ type: "COMPLETED", songId: "A", seq: 1 });
    await vi.advanceTimersByTimeAsync(timing.pong);
    expect(live.state()).toBe("open");
  });

  it("comes back at once when the network or the person is back", async () => {
    live.open();
    await settle();
    for (let i = 0; i < 6; i++) {
      last().onclose?.();
      await vi.advanceTimersByTimeAsync(30_000);
    }
    last().onclose?.();
    const before = FakeSocket.made.length;
    dispatchEvent(new Event("online"));
    await settle();
    expect(FakeSocket.made).toHaveLength(before + 1);
    last().onclose?.();
    document.dispatchEvent(new Event("visibilitychange"));
    await settle();
    expect(FakeSocket.made).toHaveLength(before + 2);
  });

  it("pings a connection after a sleep", async () => {
    await connected();
    document.dispatchEvent(new Event("visibilitychange"));
    expect(last().sent).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(timing.pong);
    expect(live.state()).toBe("waiting");
  });

  it("drops the connection with the network, and retries", async () => {
    await connected();
    const first = last();
    dispatchEvent(new Event("offline"));
    expect(first.closed).toBe(true);
    expect(live.state()).toBe("waiting");
  });
});

describe("hearing", () => {
  it("passes each message of a song on once, in order of seq", async () => {
    await connected();
    const say = (songId: string, seq: number) => last().say({ type: "PROCESSING_STARTED", songId, seq });
    say("A", 2);
    say("A", 2);
    say("A", 1);
    say("B", 1);
    say("A", 3);
    expect(heard.map(({ songId, seq }) => [songId, seq])).toEqual([
      ["A", 2],
      ["B", 1],
      ["A", 3],
    ]);
    // Also behind a new connection.
    last().onclose?.();
    await vi.advanceTimersByTimeAsync(500);
    last().onopen?.();
    say("A", 3);
    expect(heard).toHaveLength(3);
  });

  it.each([
    ["by its song id", { songId: "A" }],
    ["by its subject", { subject: { kind: "song", id: "A" } }],
    ["by both", { subject: { kind: "song", id: "A" }, songId: "A" }],
  ])("knows a message %s", async (_, about) => {
    await connected();
    last().say({ type: "PROGRESS", ...about, seq: 1, stage: "mixing", progress: 3, message: "" });
    expect(heard).toMatchObject([{ type: "PROGRESS", songId: "A", seq: 1, stage: "mixing" }]);
  });

  it("passes messages of recordings on apart from those of songs, once each", async () => {
    await connected();
    const subject = { kind: "session", id: "R" };
    const read = { type: "WINDOW_INGESTED", subject, sessionId: "R", seq: 3, windowIndex: 0 };
    last().say(read);
    last().say(read);
    last().say({ type: "WINDOW_INGESTED", subject, seq: 4 }); // which window?
    last().say({ type: "COMPLETED", subject, seq: 5 });
    last().say({ type: "SESSION_READY", subject, seq: 6 });
    last().say({ type: "SESSION_PITCHED", subject, seq: 7 });
    expect(recordings.map(({ type, sessionId, seq }) => [type, sessionId, seq])).toEqual([
      ["WINDOW_INGESTED", "R", 3],
      ["SESSION_READY", "R", 6],
      ["SESSION_PITCHED", "R", 7],
    ]);
    expect(heard).toEqual([]);
  });

  it.each([
    "",
    "not json",
    "null",
    "[]",
    "7",
    { type: "COMPLETED", songId: "A" },
    { type: "COMPLETED", seq: 1 },
    { type: "COMPLETED", songId: 1, seq: 1 },
    { type: "COMPLETED", songId: "A", seq: "1" },
    { type: "QUEUED", songId: "A", seq: 1 },
    { type: "PROGRESS", songId: "A", seq: 1, stage: 7, progress: 3, message: "" },
    { type: "COMPLETED", subject: { kind: "playlist", id: "A" }, songId: "A", seq: 1 },
    { type: "COMPLETED", subject: { kind: "song", id: 1 }, songId: "A", seq: 1 },
    { type: "PROGRESS", songId: "A", seq: 1, stage: "demucs", progress: null, message: "" },
    { type: "FAILED", songId: "A", seq: 1 },
    { type: "constructor", songId: "A", seq: 1 },
    { type: "TOMORROWS", songId: "A", seq: 1 },
    { action: "unknown", message: "…" },
  ])("lets %j pass by", async (frame) => {
    await connected();
    last().say(frame);
    expect(heard).toEqual([]);
    last().say({ type: "COMPLETED", songId: "A", seq: 1 });
    expect(heard).toHaveLength(1);
  });
});

describe("close", () => {
  it("is final until it is opened again", async () => {
    await connected();
    const first = last();
    live.close();
    expect(first.closed).toBe(true);
    first.onclose?.();
    first.say({ type: "COMPLETED", songId: "A", seq: 1 });
    dispatchEvent(new Event("online"));
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(FakeSocket.made).toHaveLength(1);
    expect(heard).toEqual([]);
    expect(live.state()).toBe("closed");
    live.open();
    await settle();
    expect(FakeSocket.made).toHaveLength(2);
  });
});
