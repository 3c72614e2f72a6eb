// @vitest-environment node
import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, it } from "vitest";
import { type Api, createApi, Problem } from "./client";
import {
  dropSession,
  fetchSession,
  findSession,
  isAwaited,
  newestSessions,
  putSession,
  type RecordingSession,
  sessionCalls,
  sessionKeys,
  type SessionSummary,
} from "./sessions";
import { aSession } from "./sessions.fake";

let client: QueryClient;
let calls: { method: string; path: string; body: unknown }[];
let answer: () => Response;
let api: Api;
beforeEach(() => {
  client = new QueryClient();
  calls = [];
  answer = () => Response.json({});
  api = createApi("http://api.example", { idToken: () => Promise.resolve("t") }, async (input) => {
    const request = input as Request;
    const text = await request.text();
    const { pathname, search } = new URL(request.url);
    calls.push({ method: request.method, path: pathname + search, body: text ? JSON.parse(text) : null });
    return answer();
  });
});

const list = (...pages: SessionSummary[][]) =>
  client.setQueryData(sessionKeys.list, {
    pages: pages.map((data, index) => ({ data, nextCursor: index < pages.length - 1 ? `c${index}` : null })),
    pageParams: pages.map((_, index) => (index ? `c${index - 1}` : undefined)),
  });
const shown = () =>
  client.getQueryData<{ pages: { data: SessionSummary[] }[] }>(sessionKeys.list)?.pages.map(({ data }) => data) ?? [];
const ids = () => shown().map((page) => page.map(({ sessionId }) => sessionId).join(""));

describe("the calls", () => {
  it("say what they mean to the service", async () => {
    const size = { sizeBytes: 44, sha256: "ab" };
    await sessionCalls.create(api, { sampleRate: 44_100, channels: 1, songId: "S" });
    await sessionCalls.get(api, "R");
    await sessionCalls.page(api, "R");
    await sessionCalls.change(api, "R", { offsetMs: -3 });
    await sessionCalls.grantAudio(api, "R", 0, size);
    await sessionCalls.grantFrames(api, "R", 12, { sizeBytes: 9, frameCount: 3 });
    await sessionCalls.close(api, "R", { windows: 1, frames: 10 });
    await sessionCalls.makeSong(api, "R", { title: "Mine" });
    await sessionCalls.delete(api, "R");
    expect(calls.map(({ method, path, body }) => `${method} ${path} ${JSON.stringify(body)}`)).toEqual([
      'POST /sessions {"sampleRate":44100,"channels":1,"songId":"S"}',
      "GET /sessions/R null",
      "GET /sessions?cursor=R null",
      'PATCH /sessions/R {"offsetMs":-3}',
      'POST /sessions/R/audio?windowIndex=0 {"sizeBytes":44,"sha256":"ab"}',
      'POST /sessions/R/frames?windowIndex=12 {"sizeBytes":9,"frameCount":3}',
      'POST /sessions/R/close {"windows":1,"frames":10}',
      'POST /sessions/R/song {"title":"Mine"}',
      "DELETE /sessions/R null",
    ]);
  });

  it("reject in the service's words", async () => {
    answer = () => Response.json({ error: "conflict", message: "A song may have 10 minutes." }, { status: 409 });
    const refused = await sessionCalls.makeSong(api, "R").catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Problem);
    expect(refused).toMatchObject({ status: 409, message: "A song may have 10 minutes." });
  });
});

describe("putSession", () => {
  it("reaches the list and the recording's own copy, and never goes back", () => {
    list([aSession("B")], [aSession("A", { seq: 4 })]);
    client.setQueryData(sessionKeys.one("A"), aSession("A", { seq: 4 }));
    const { links, ...summary } = aSession("A", { seq: 5, title: "Renamed" });
    putSession(client, summary as SessionSummary);
    expect(shown()[1]?.[0]?.title).toBe("Renamed");
    expect(client.getQueryData(sessionKeys.one("A"))).toMatchObject({ title: "Renamed", links });
    putSession(client, aSession("A", { seq: 4 }));
    expect(findSession(client, "A")).toMatchObject({ title: "Renamed", seq: 5 });
  });

  it("puts a new one at the head, not one that is older than what was read", () => {
    list([aSession("D"), aSession("B")], [aSession("A")]);
    for (const id of ["E", "C"]) putSession(client, aSession(id));
    expect(ids()).toEqual(["EDB", "A"]);
  });
});

it("a page that was read again keeps what is newer in the cache", () => {
  const of = (...data: RecordingSession[]) => ({ pages: [{ data, nextCursor: null }], pageParams: [undefined] });
  const { pages } = newestSessions(of(aSession("A", { seq: 5 })), of(aSession("A", { seq: 4 }), aSession("B")));
  expect(pages[0]?.data.map(({ sessionId, seq }) => [sessionId, seq])).toEqual([
    ["A", 5],
    ["B", 4],
  ]);
});

it("waits for a take's windows, for it to be joined, and for its pitch", () => {
  const awaited = (change: Partial<RecordingSession>) => isAwaited(aSession("1", { status: "READY", ...change }));
  expect(awaited({ status: "OPEN" })).toBe(true);
  expect(awaited({ pitchStatus: "WAITING" })).toBe(true);
  expect(awaited({ pitchStatus: "DONE" })).toBe(false);
  expect(awaited({})).toBe(false);
  expect(awaited({ status: "FAILED" })).toBe(false);
});

it("dropSession takes all copies away", () => {
  list([aSession("B"), aSession("A")]);
  client.setQueryData(sessionKeys.one("A"), aSession("A"));
  dropSession(client, "A");
  expect([ids(), findSession(client, "A")]).toEqual([["B"], undefined]);
});

describe("fetchSession", () => {
  it("reads links only where those that are known end soon, or were refused", async () => {
    answer = () => Response.json(aSession("A", { seq: 9 }));
    client.setQueryData(sessionKeys.one("A"), aSession("A"));
    expect((await fetchSession(api, client, "A")).seq).toBe(4);
    expect(calls).toEqual([]);
    expect((await fetchSession(api, client, "A", { fresh: true })).seq).toBe(9);
    client.setQueryData(sessionKeys.one("A"), aSession("A", { urlsExpireAt: new Date().toISOString() }));
    await fetchSession(api, client, "A");
    expect(calls).toHaveLength(2);
    expect(findSession(client, "A")?.seq).toBe(9);
  });
});
