// @vitest-environment node
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createApi, type Song } from "./client";
import { followLive } from "./follow";
import type { Live, LiveMessage, SessionMessage } from "./live";
import { type RecordingSession, type SessionSummary, sessionKeys } from "./sessions";
import { aSession } from "./sessions.fake";
import { keys, writeDetails } from "./songs";
import { aSong } from "./songs.fake";

let client: QueryClient;
let say: (message: LiveMessage) => void;
let sayOfSession: (message: SessionMessage) => void;
let reconnect: () => void;
let server: Map<string, Song>;
let recordings: Map<string, RecordingSession>;
let calls: string[];

beforeEach(() => {
  vi.useFakeTimers();
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  server = new Map();
  recordings = new Map();
  calls = [];
  const api = createApi("http://api.example", { idToken: () => Promise.resolve("t") }, (request) => {
    const { pathname } = new URL((request as Request).url);
    calls.push(pathname);
    const song = server.get(pathname.replace("/songs/", "")) ?? recordings.get(pathname.replace("/sessions/", ""));
    return Promise.resolve(
      song ? Response.json(song) : Response.json({ error: "not_found", message: "" }, { status: 404 }),
    );
  });
  const live: Live = {
    state: () => "open",
    onState: () => () => undefined,
    onMessage: (listener) => ((say = listener), () => undefined),
    onSession: (listener) => ((sayOfSession = listener), () => undefined),
    onReconnect: (listener) => ((reconnect = listener), () => undefined),
    open: () => undefined,
    close: () => undefined,
  };
  followLive(live, client, api);
});
afterEach(() => {
  client.clear();
  vi.useRealTimers();
});

const show = (...songs: Song[]) =>
  client.setQueryData(keys.songs(), { pages: [{ data: songs, nextCursor: null }], pageParams: [undefined] });
const songs = () => client.getQueryData<{ pages: { data: Song[] }[] }>(keys.songs())?.pages[0]?.data ?? [];
const settle = () => vi.advanceTimersByTimeAsync(0);
const isStale = () => client.getQueryState(keys.songs())?.isInvalidated;

describe("a song under way", () => {
  it("shows its place, its stage and its end", async () => {
    show(aSong("A", { status: "PENDING_UPLOAD", seq: 0 }));
    server.set("A", aSong("A", { seq: 1, title: "From its tags", queuePosition: 3 }));
    say({ type: "QUEUED", songId: "A", seq: 1, position: 3 });
    expect(songs()[0]).toMatchObject({ status: "QUEUED", queuePosition: 3, seq: 1 });
    await settle();
    expect(songs()[0]?.title).toBe("From its tags");

    server.set("A", aSong("A", { seq: 2, status: "PROCESSING" }));
    say({ type: "PROCESSING_STARTED", songId: "A", seq: 2 });
    expect(songs()[0]).toMatchObject({ status: "PROCESSING", queuePosition: null });
    await settle();

    calls = [];
    say({ type: "PROGRESS", songId: "A", seq: 3, stage: "demucs", progress: 42, message: "…", etaSec: 100 });
    expect(songs()[0]).toMatchObject({ stage: "demucs", progress: 42, etaSec: 100 });
    say({ type: "PROGRESS", songId: "A", seq: 4, stage: "whisper", progress: 2, message: "…" });
    expect(songs()[0]).toMatchObject({ stage: "whisper", progress: 2, etaSec: null });
    await settle();
    expect(calls).toEqual([]);

    server.set("A", aSong("A", { seq: 5, status: "COMPLETED", lyricsStatus: "READY" }));
    say({ type: "COMPLETED", songId: "A", seq: 5 });
    await settle();
    expect(songs()[0]).toMatchObject({ status: "COMPLETED", lyricsStatus: "READY", stage: null });
  });

  it("that fails says why; one that is tried again no longer does", async () => {
    show(aSong("A", { status: "PROCESSING", seq: 3 }));
    const failed = { errorCode: "NO_CAPACITY", errorMessage: "No machine was free." };
    server.set("A", aSong("A", { ...failed, status: "FAILED", seq: 4 }));
    say({ type: "FAILED", songId: "A", seq: 4, errorCode: "NO_CAPACITY", message: "No machine was free." });
    expect(songs()[0]).toMatchObject({ status: "FAILED", ...failed });
    await settle();
    server.set("A", aSong("A", { seq: 5 }));
    say({ type: "QUEUED", songId: "A", seq: 5, position: 1 });
    expect(songs()[0]).toMatchObject({ status: "QUEUED", errorCode: null, errorMessage: null });
  });

  it("is not taken back by a message that REST has overtaken", () => {
    show(aSong("A", { status: "CANCELLED", seq: 9 }));
    say({ type: "PROGRESS", songId: "A", seq: 8, stage: "demucs", progress: 42, message: "…" });
    expect(songs()[0]).toMatchObject({ status: "CANCELLED", seq: 9, progress: null });
  });

  it("that is gone when we look goes from the list", async () => {
    show(aSong("A", { status: "PROCESSING", seq: 3 }));
    say({ type: "CANCELLED", songId: "A", seq: 4 });
    await settle();
    expect(songs()).toEqual([]);
  });
});

describe("a complete song", () => {
  it("keeps its lyrics while it is measured, and is read again after", async () => {
    const complete = aSong("A", { status: "COMPLETED", lyricsStatus: "READY", seq: 10 });
    show(complete);
    say({ type: "PROGRESS", songId: "A", seq: 11, stage: "measure", progress: 30, message: "…" });
    await settle();
    expect(songs()[0]).toMatchObject({ status: "COMPLETED", lyricsStatus: "READY", stage: "measure", progress: 30 });

    server.set("A", { ...complete, tempoBpm: 120, seq: 12 });
    say({ type: "COMPLETED", songId: "A", seq: 12 });
    await settle();
    expect(songs()[0]).toMatchObject({ status: "COMPLETED", lyricsStatus: "READY", tempoBpm: 120 });
  });

  it("stays so while its lyrics are redone, and is read again after", async () => {
    const complete = aSong("A", { status: "COMPLETED", lyricsStatus: "FAILED", seq: 10 });
    show(complete);
    client.setQueryData(keys.song("A"), { ...complete, stems: {} });
    client.setQueryData(keys.lyrics("A", 0), {});
    server.set("A", { ...complete, lyricsStatus: "PROCESSING", seq: 12 });
    say({ type: "QUEUED", songId: "A", seq: 11, position: 2 });
    expect(songs()[0]).toMatchObject({ status: "COMPLETED", lyricsStatus: "QUEUED", queuePosition: 2 });
    say({ type: "PROCESSING_STARTED", songId: "A", seq: 12 });
    say({ type: "PROGRESS", songId: "A", seq: 13, stage: "whisper", progress: 30, message: "…" });
    await settle();
    expect(songs()[0]).toMatchObject({ status: "COMPLETED", lyricsStatus: "PROCESSING", progress: 30 });
    expect(client.getQueryData(keys.song("A"))).toMatchObject({ status: "COMPLETED", stems: {} });

    server.set("A", { ...complete, lyricsStatus: "READY", seq: 14 });
    say({ type: "COMPLETED", songId: "A", seq: 14 });
    await settle();
    expect(songs()[0]).toMatchObject({ status: "COMPLETED", lyricsStatus: "READY" });
    expect(client.getQueryState(keys.lyrics("A", 0))?.isInvalidated).toBe(true);
  });
});

describe("what was not said", () => {
  it("many messages about unlisted songs cause one read of the lists", async () => {
    show();
    const read = vi.spyOn(client, "invalidateQueries");
    for (const songId of ["X", "Y", "Z"]) say({ type: "QUEUED", songId, seq: 1, position: 1 });
    expect(isStale()).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    expect(isStale()).toBe(true);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it("a new connection makes everything be read", () => {
    show(aSong("A"));
    client.setQueryData(keys.song("A"), aSong("A"));
    reconnect();
    expect(isStale()).toBe(true);
    expect(client.getQueryState(keys.song("A"))?.isInvalidated).toBe(true);
  });

  it("also what was asked for before the connection stood", async () => {
    let answer: (song: Song) => void = () => undefined;
    void client.fetchQuery({ queryKey: keys.song("A"), queryFn: () => new Promise<Song>((done) => (answer = done)) });
    reconnect();
    answer(aSong("A"));
    await settle();
    expect(client.getQueryState(keys.song("A"))?.isInvalidated).toBe(true);
  });

  it.each([true, false])("a page that opens as a message comes shows the newer state (listed: %s)", async (listed) => {
    if (listed) show(aSong("A", { status: "PROCESSING", seq: 3 }));
    const replies: ((song: Song) => void)[] = [];
    const page = new QueryObserver<Song>(client, {
      queryKey: keys.song("A"),
      queryFn: () => new Promise((done) => replies.push(done)),
    });
    const stop = page.subscribe(() => undefined);
    server.set("A", aSong("A", { status: "CANCELLED", seq: 4 }));
    say({ type: "CANCELLED", songId: "A", seq: 4 });
    // Read from the table before the message, and answered after it.
    replies[0]?.(aSong("A", { status: "PROCESSING", seq: 3 }));
    await settle();
    replies[1]?.(aSong("A", { status: "CANCELLED", seq: 4 }));
    await settle();
    expect(page.getCurrentResult().data).toMatchObject({ status: "CANCELLED", seq: 4 });
    stop();
  });

  it("a name that changes while the song is read stays", async () => {
    show(aSong("A", { status: "QUEUED", seq: 3, title: "Old" }));
    const answers = ["Old", "New"].map((title) => aSong("A", { status: "PROCESSING", seq: 4, title }));
    vi.spyOn(server, "get").mockImplementation(() => answers.shift());
    say({ type: "PROCESSING_STARTED", songId: "A", seq: 4 });
    writeDetails(client, aSong("A", { title: "New" }));
    await settle();
    expect(songs()[0]).toMatchObject({ title: "New", status: "PROCESSING" });
  });
});

describe("a recording", () => {
  const list = (...sessions: SessionSummary[]) =>
    client.setQueryData(sessionKeys.list, {
      pages: [{ data: sessions, nextCursor: null }],
      pageParams: [undefined],
    });
  const listed = () =>
    client
      .getQueryData<{ pages: { data: SessionSummary[] }[] }>(sessionKeys.list)
      ?.pages[0]?.data.map(({ sessionId, status }) => `${sessionId} ${status}`);

  it("is read when a message says that something is new, once", async () => {
    list(aSession("R", { seq: 2 }));
    recordings.set("R", aSession("R", { seq: 5, status: "READY" }));
    sayOfSession({ type: "SESSION_READY", sessionId: "R", seq: 5 });
    await settle();
    expect(listed()).toEqual(["R READY"]);
    sayOfSession({ type: "WINDOW_INGESTED", sessionId: "R", seq: 4, windowIndex: 0 });
    await settle();
    expect(calls).toEqual(["/sessions/R"]);
  });

  it("that another device began heads the list", async () => {
    list(aSession("Q"));
    recordings.set("R", aSession("R", { status: "OPEN" }));
    sayOfSession({ type: "WINDOW_INGESTED", sessionId: "R", seq: 1, windowIndex: 0 });
    await settle();
    expect(listed()).toEqual(["R OPEN", "Q READY"]);
  });

  it("that is gone leaves the list", async () => {
    list(aSession("R"));
    sayOfSession({ type: "SESSION_READY", sessionId: "R", seq: 9 });
    await settle();
    expect(listed()).toEqual([]);
  });

  it("that nobody looks at is not read", async () => {
    sayOfSession({ type: "SESSION_READY", sessionId: "R", seq: 9 });
    await settle();
    expect(calls).toEqual([]);
  });

  it("is read again after the connection was lost", () => {
    list(aSession("R"));
    reconnect();
    expect(client.getQueryState(sessionKeys.list)?.isInvalidated).toBe(true);
  });
});
