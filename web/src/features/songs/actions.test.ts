import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Api, createApi, type Song } from "@/api/client";
import { keys, patchSong } from "@/api/songs";
import { aSong } from "@/api/songs.fake";
import { SongActions } from "./actions";
import { UNDO_MS } from "@/components/deletions";

const toasts: { text: string; action?: { label: string; onSelect(): void }; onClose?(): void; close(): void }[] = [];
vi.mock("@/components/Toasts", () => ({
  toast: (text: string, options: object) => {
    const close = vi.fn();
    toasts.push({ text, close, ...options });
    return close;
  },
}));

let client: QueryClient;
let api: Api;
let actions: SongActions;
let sent: { call: string; body: string }[];
let answer: (call: string) => Response | Promise<Response>;

beforeEach(() => {
  vi.useFakeTimers();
  toasts.length = 0;
  sent = [];
  answer = () => Response.json({ deleted: true });
  client = new QueryClient();
  api = createApi("http://api.example", { idToken: () => Promise.resolve("t") }, async (input) => {
    const request = input as Request;
    const call = `${request.method} ${new URL(request.url).pathname}`;
    sent.push({ call, body: await request.text() });
    return answer(call);
  });
  actions = new SongActions(api, client);
});
afterEach(() => {
  client.clear();
  vi.useRealTimers();
});

const [A, B] = [aSong("A", { status: "COMPLETED", title: "One" }), aSong("B", { status: "FAILED", title: "Two" })];
const show = (...songs: Song[]) =>
  client.setQueryData(keys.songs(), { pages: [{ data: songs, nextCursor: null }], pageParams: [undefined] });
const shown = () =>
  client.getQueryData<{ pages: { data: Song[] }[] }>(keys.songs())?.pages[0]?.data.map(({ songId }) => songId);
const hidden = () => [...actions.deletions.snapshot()];
const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const calls = () => sent.map(({ call }) => call);

describe("delete", () => {
  it("hides at once, and is sent when its time is up", async () => {
    show(A, B);
    const tell = vi.fn();
    actions.deletions.subscribe(tell);
    actions.deletions.request(A);
    expect([hidden(), tell.mock.calls.length, toasts[0]?.text]).toEqual([["A"], 1, "Deleted “One”."]);
    await wait(UNDO_MS - 1);
    expect(sent).toEqual([]);
    await wait(1);
    expect(calls()).toEqual(["DELETE /songs/A"]);
    expect(shown()).toEqual(["B"]);
    // A list that was read before must not bring it back.
    expect(hidden()).toEqual(["A"]);
  });

  it("is not sent once it is undone", async () => {
    actions.deletions.request(A);
    toasts[0]?.action?.onSelect();
    expect(hidden()).toEqual([]);
    toasts[0]?.onClose?.();
    await wait(UNDO_MS * 2);
    expect(sent).toEqual([]);
  });

  it("of two songs, one may be undone", async () => {
    actions.deletions.request(A);
    await wait(3000);
    actions.deletions.request(B);
    actions.deletions.undo("A");
    await wait(UNDO_MS);
    expect(calls()).toEqual(["DELETE /songs/B"]);
  });

  it("asked for twice is sent once, also when the message is closed by hand", async () => {
    actions.deletions.request(A);
    actions.deletions.request(A);
    expect(toasts).toHaveLength(1);
    toasts[0]?.onClose?.();
    await wait(UNDO_MS);
    expect(calls()).toEqual(["DELETE /songs/A"]);
    actions.deletions.undo("A");
    expect(hidden()).toEqual(["A"]);
  });

  it("is sent at once when the tab goes, and outlives it", async () => {
    actions.deletions.request(A);
    actions.deletions.request(B);
    const send = vi.spyOn(api, "DELETE");
    dispatchEvent(new Event("pagehide"));
    await wait(0);
    expect(calls()).toEqual(["DELETE /songs/A", "DELETE /songs/B"]);
    // Requests are simulated here, and forget this; that it works shows in e2e/library.spec.ts.
    const outlives = expect.objectContaining({ keepalive: true });
    expect(send).toHaveBeenNthCalledWith(1, "/songs/{songId}", outlives);
    expect(send).toHaveBeenNthCalledWith(2, "/songs/{songId}", outlives);
    expect(toasts[0]?.close).toHaveBeenCalled();
    await wait(UNDO_MS);
    expect(sent).toHaveLength(2);
  });

  it("is sent before a sign-out, which waits for the answer", async () => {
    let reply: (response: Response) => void = () => undefined;
    answer = () => new Promise((done) => (reply = done));
    actions.deletions.request(A);
    const done = vi.fn();
    void actions.deletions.flush().then(done);
    await wait(0);
    expect([calls(), done.mock.calls.length]).toEqual([["DELETE /songs/A"], 0]);
    reply(Response.json({ deleted: true }));
    await wait(0);
    expect(done).toHaveBeenCalledOnce();
    await actions.deletions.flush();
    expect(sent).toHaveLength(1);
  });

  it("that is refused brings the song back with the reason and another try", async () => {
    show(A);
    answer = () => Response.json({ error: "conflict", message: "Cancel it first." }, { status: 409 });
    actions.deletions.request(A);
    await wait(UNDO_MS);
    expect([hidden(), shown(), toasts[1]?.text]).toEqual([[], ["A"], "“One” was not deleted. Cancel it first."]);
    answer = () => Response.json({ deleted: true });
    toasts[1]?.action?.onSelect();
    await wait(UNDO_MS);
    expect(shown()).toEqual([]);
  });

  it("of a song that is gone already is done", async () => {
    answer = () => Response.json({ error: "not_found", message: "" }, { status: 404 });
    actions.deletions.request(A);
    await wait(UNDO_MS);
    expect([hidden(), toasts.length]).toEqual([["A"], 1]);
  });
});

describe("retry and cancel", () => {
  it("clicked three times is sent once, and shows what the API answers", async () => {
    show(B);
    let reply: (response: Response) => void = () => undefined;
    answer = () => new Promise((done) => (reply = done));
    const all = [actions.retry(B), actions.retry(B), actions.retry(B)];
    await wait(0);
    expect(calls()).toEqual(["POST /songs/B/retry"]);
    reply(Response.json(aSong("B", { status: "QUEUED", seq: 2, queuePosition: 4 }), { status: 202 }));
    await Promise.all(all);
    expect(client.getQueryData(keys.songs())).toMatchObject({
      pages: [{ data: [{ status: "QUEUED", queuePosition: 4 }] }],
    });
    // And again when it has failed again.
    void actions.retry(B);
    await wait(0);
    expect(sent).toHaveLength(2);
  });

  it("a retry is sent while the answer to a cancel is still to come", async () => {
    const running = aSong("B", { status: "PROCESSING", seq: 4 });
    show(running);
    const replies: ((response: Response) => void)[] = [];
    answer = () => new Promise((done) => replies.push(done));
    const cancelling = actions.cancel(running);
    await wait(0);
    // The service sends its message before it answers the call, so the page shows "Cancelled" first.
    const cancelled = aSong("B", { status: "CANCELLED", seq: 5 });
    patchSong(client, "B", { status: "CANCELLED", seq: 5 });
    const retrying = actions.retry(cancelled);
    await wait(0);
    expect(calls()).toEqual(["POST /songs/B/cancel", "POST /songs/B/retry"]);
    // The answers may come in the wrong order; the newer state stays.
    replies[1]?.(Response.json(aSong("B", { status: "QUEUED", seq: 6 }), { status: 202 }));
    await retrying;
    replies[0]?.(Response.json(cancelled));
    await cancelling;
    expect(client.getQueryData(keys.songs())).toMatchObject({ pages: [{ data: [{ status: "QUEUED", seq: 6 }] }] });
    expect(toasts).toEqual([]);
  });

  it("that took effect although its answer was lost only shows where the song is", async () => {
    show(B);
    answer = (call) => {
      if (call.startsWith("POST")) throw new TypeError("connection reset");
      return Response.json(aSong("B", { status: "QUEUED", seq: 2 }));
    };
    await actions.retry(B);
    expect(toasts).toEqual([]);
    expect(client.getQueryData(keys.songs())).toMatchObject({ pages: [{ data: [{ status: "QUEUED" }] }] });
  });

  it("that did not arrive says so, and may be clicked again", async () => {
    show(B);
    answer = () => Promise.reject(new TypeError("connection reset"));
    await actions.retry(B);
    expect(toasts[0]?.text).toMatch(/^“Two” was not retried. No connection/);
    await actions.retry(B);
    expect(calls().filter((call) => call.startsWith("POST"))).toHaveLength(2);
  });

  it("its button is busy until the answer, and another command's is not", async () => {
    show(B);
    let reply: (response: Response) => void = () => undefined;
    answer = () => new Promise((done) => (reply = done));
    const { commands } = actions;
    const changed = vi.fn();
    commands.subscribe(changed);
    const retrying = actions.retry(B);
    expect([commands.pending("B"), commands.pending("A")]).toEqual(["retry", undefined]);
    await wait(0);
    reply(Response.json(aSong("B", { seq: 2 })));
    await retrying;
    expect([commands.pending("B"), changed.mock.calls.length]).toEqual([undefined, 2]);
  });

  it("that another tab has done already only shows the song's state", async () => {
    show(B);
    answer = (call) =>
      call.startsWith("POST")
        ? Response.json({ error: "conflict", message: "On its way." }, { status: 409 })
        : Response.json(aSong("B", { status: "PROCESSING", seq: 3 }));
    await actions.retry(B);
    expect(toasts).toEqual([]);
    expect(client.getQueryData(keys.songs())).toMatchObject({ pages: [{ data: [{ status: "PROCESSING" }] }] });
  });

  it("that cannot be done says why", async () => {
    show(B);
    answer = (call) =>
      call.startsWith("POST")
        ? Response.json({ error: "conflict", message: "Upload it again." }, { status: 409 })
        : Response.json(B);
    await actions.retry(B);
    expect(toasts[0]?.text).toBe("“Two” was not retried. Upload it again.");
  });
});

it("a new name is written everywhere, also after a newer message", async () => {
  show({ ...A, seq: 9 });
  answer = () => Response.json({ ...A, title: "New", seq: 3 });
  await actions.rename(A, { title: "New" });
  expect(sent[0]?.body).toBe('{"title":"New"}');
  expect(client.getQueryData(keys.songs())).toMatchObject({ pages: [{ data: [{ title: "New", seq: 9 }] }] });
});

it("an answer that was requested before a rename does not bring the old name back", async () => {
  const replies: ((title: string) => void)[] = [];
  const list = (title: string) => ({ pages: [{ data: [{ ...A, title }], nextCursor: null }], pageParams: [undefined] });
  const shown = new QueryObserver(client, {
    queryKey: keys.songs(),
    queryFn: () => new Promise((done) => replies.push((title) => done(list(title)))),
    initialData: list("One"),
  });
  const stop = shown.subscribe(() => undefined);
  await wait(0);
  answer = () => Response.json({ ...A, title: "New" });
  await actions.rename(A, { title: "New" });
  await wait(0);
  replies[0]?.("One");
  await wait(0);
  expect(shown.getCurrentResult().data).toMatchObject(list("New"));
  replies[1]?.("New");
  await wait(0);
  expect(shown.getCurrentResult()).toMatchObject({ data: list("New"), isFetching: false });
  stop();
});
