import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Api, createApi } from "@/api/client";
import { findSession, putSession, sessionKeys } from "@/api/sessions";
import { aSession } from "@/api/sessions.fake";
import { UNDO_MS } from "@/components/deletions";
import { NUDGE_AFTER, TakeActions } from "./actions";

let client: QueryClient;
let api: Api;
let actions: TakeActions;
let calls: string[];
let answer: () => Response;
const take = aSession("A", { offsetMs: 100, seq: 4 });

beforeEach(() => {
  vi.useFakeTimers();
  client = new QueryClient();
  client.setQueryData(sessionKeys.list, { pages: [{ data: [take], nextCursor: null }], pageParams: [undefined] });
  calls = [];
  answer = () => Response.json({});
  api = createApi("http://api.example", { idToken: () => Promise.resolve("t") }, async (input) => {
    const request = input as Request;
    calls.push(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`.trim());
    return answer();
  });
  actions = new TakeActions(api, client);
});
afterEach(() => {
  vi.useRealTimers();
});
const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("a nudge", () => {
  it("counts at once, and several are sent as one", async () => {
    for (const by of [10, 10, -1]) actions.nudge(take, by);
    expect(actions.offsetOf(take)).toBe(119);
    answer = () => Response.json(aSession("A", { offsetMs: 119, seq: 5 }));
    await wait(NUDGE_AFTER);
    expect(calls).toEqual(['PATCH /sessions/A {"offsetMs":119}']);
    expect(findSession(client, "A")?.offsetMs).toBe(119);
    expect(actions.offsetOf({ sessionId: "A", offsetMs: 119 })).toBe(119);
  });

  it("goes no further than a song is long", async () => {
    actions.moveTo(take, 9_999_999);
    expect(actions.offsetOf(take)).toBe(600_000);
  });

  it("that is refused goes back to where the take was", async () => {
    answer = () => Response.json({ error: "try_again", message: "Later." }, { status: 503 });
    actions.nudge(take, 10);
    await wait(NUDGE_AFTER);
    expect(actions.offsetOf(take)).toBe(100);
  });

  it("that waits is sent before a sign-out", async () => {
    actions.nudge(take, 10);
    await actions.flush();
    expect(calls).toEqual(['PATCH /sessions/A {"offsetMs":110}']);
    await wait(NUDGE_AFTER);
    expect(calls).toHaveLength(1);
  });
});

describe("a delete", () => {
  it("hides the take at once, and is sent when its time is up", async () => {
    actions.deletions.request(take);
    expect([...actions.deletions.snapshot()]).toEqual(["A"]);
    expect(calls).toEqual([]);
    await wait(UNDO_MS);
    expect(calls).toEqual(["DELETE /sessions/A"]);
    expect(findSession(client, "A")).toBeUndefined();
  });

  it("can be taken back", async () => {
    actions.deletions.request(take);
    actions.deletions.undo("A");
    await wait(UNDO_MS * 2);
    expect([[...actions.deletions.snapshot()], calls]).toEqual([[], []]);
  });

  it("of a take that is gone already is done", async () => {
    answer = () => Response.json({ error: "not_found", message: "" }, { status: 404 });
    actions.deletions.request(take);
    await wait(UNDO_MS);
    expect(findSession(client, "A")).toBeUndefined();
  });
});

describe("making a song", () => {
  it("says what the service says where it refuses", async () => {
    answer = () => Response.json({ error: "conflict", message: "A song may have 10 minutes." }, { status: 409 });
    expect(await actions.makeSong(take)).toBeUndefined();
    expect(calls).toEqual(["POST /sessions/A/song {}"]);
  });
});

it("a rename is shown at once", async () => {
  answer = () => Response.json(aSession("A", { title: "Mine", seq: 5 }));
  await actions.change(take, { title: "Mine" });
  expect(findSession(client, "A")?.title).toBe("Mine");
  putSession(client, take);
  expect(findSession(client, "A")?.title).toBe("Mine");
});
