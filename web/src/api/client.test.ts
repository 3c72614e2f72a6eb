// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CALL_TIMEOUT_MS, createApi, data } from "./client";

const tokens = { idToken: vi.fn(({ renew } = {}) => Promise.resolve(renew ? "new" : "old")) };
const path = { params: { path: { songId: "A" } } };

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A fetch without an answer: it ends only when its signal does. */
const silent: typeof fetch = (input) =>
  new Promise((_, fail) => {
    const { signal } = input as Request;
    signal.addEventListener("abort", () => fail(signal.reason));
  });

it("a call without an answer ends as offline, and says so", async () => {
  const call = data(createApi("http://api.example", tokens, silent).POST("/songs/{songId}/retry", path));
  const ended = vi.fn();
  call.catch(ended);
  await vi.advanceTimersByTimeAsync(CALL_TIMEOUT_MS - 1);
  expect(ended).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await expect(call).rejects.toMatchObject({ status: 0, code: "offline" });
});

it("a call that its caller gives up ends at once, with the caller's reason", async () => {
  const caller = new AbortController();
  const options = { ...path, signal: caller.signal };
  const call = data(createApi("http://api.example", tokens, silent).GET("/songs/{songId}", options));
  const failed = expect(call).rejects.toThrow("left the page");
  await vi.advanceTimersByTimeAsync(0);
  caller.abort(new Error("left the page"));
  await failed;
});

it("a 401 is answered with a new token once, with the same body", async () => {
  const seen: string[] = [];
  const api = createApi("http://api.example", tokens, async (input) => {
    const request = input as Request;
    seen.push(`${request.headers.get("Authorization")} ${await request.text()}`);
    return Response.json({}, { status: seen.length === 1 ? 401 : 200 });
  });
  await data(api.PATCH("/songs/{songId}", { ...path, body: { title: "New" } }));
  expect(seen).toEqual(['Bearer old {"title":"New"}', 'Bearer new {"title":"New"}']);
});

it.each([
  ["https://pay.example/c/1", "https://pay.example/c/1"],
  ["javascript:alert(1)", undefined],
  [7, undefined],
])("a 402 tells where to buy, if %s is an address of the web", async (checkoutUrl, known) => {
  const body = { error: "payment_required", message: "This needs a subscription.", checkoutUrl };
  const api = createApi("http://api.example", tokens, () => Promise.resolve(Response.json(body, { status: 402 })));
  const call = data(api.GET("/songs/{songId}", path));
  await expect(call).rejects.toMatchObject({ status: 402, message: "This needs a subscription.", checkoutUrl: known });
});
