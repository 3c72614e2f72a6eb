import { expect, test, vi } from "vitest";
import { Problem } from "@/api/client";
import { RenderError } from "@/audio/render-fetch";
import { toast } from "@/components/Toasts";
import { type Made, type Order, paceOf, Taker } from "./taker";

vi.mock("@/components/Toasts", () => ({ toast: vi.fn() }));

const FILE = new Blob(["words"]);

/** An order whose making the test ends. */
function ordered(changes: Partial<Order> = {}) {
  let [done, fail]: [(made: Made) => void, (error: unknown) => void] = [() => {}, () => {}];
  const make = vi.fn<Order["make"]>(
    (signal) =>
      new Promise((resolve, reject) => {
        [done, fail] = [resolve, reject];
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
  );
  const order: Order = { songId: "s", id: "mix", name: "A (mix).wav", needs: 64e6, make, ...changes };
  return { order, make, done: () => done({ file: FILE, loweredDb: 1.5 }), fail: (error: unknown) => fail(error) };
}

function taking() {
  const save = vi.fn();
  const taker = new Taker(save);
  return { taker, save };
}

test("what is made is saved once, and again when asked", async () => {
  const { taker, save } = taking();
  const { order, make, done } = ordered();
  const listener = vi.fn();
  taker.subscribe(listener);
  const all = taker.take(order);
  expect(taker.current()).toMatchObject({ at: "working", songId: "s", id: "mix", fraction: null });
  make.mock.lastCall?.[1]({ fraction: 0.4, waiting: true });
  expect(taker.current()).toMatchObject({ fraction: 0.4, waiting: true });
  done();
  await all;
  expect(save.mock.calls).toEqual([[FILE, "A (mix).wav"]]);
  const now = taker.current();
  expect(now).toMatchObject({ at: "done", bytes: 5, loweredDb: 1.5 });
  if (now.at === "done") now.again();
  expect(save).toHaveBeenCalledTimes(2);
  expect(listener.mock.calls.length).toBeGreaterThan(2);
});

test("a toast says it where no panel of the song is on the screen, and only there", async () => {
  const toasted = vi.mocked(toast);
  const { taker } = taking();
  const unwatch = taker.watch("s");
  const taken = async () => {
    const { order, done } = ordered();
    const all = taker.take(order);
    done();
    await all;
  };
  toasted.mockClear();
  await taken();
  expect(toasted).not.toHaveBeenCalled();
  unwatch();
  await taken();
  expect(toasted.mock.calls).toEqual([["A (mix).wav is in your downloads."]]);
});

test("a second order while one is under way does nothing", async () => {
  const { taker, save } = taking();
  const [first, second] = [ordered(), ordered({ id: "lyrics" })];
  const all = taker.take(first.order);
  await taker.take(second.order);
  expect(second.make).not.toHaveBeenCalled();
  first.done();
  await all;
  expect(save).toHaveBeenCalledTimes(1);
});

test("a cancel leaves nothing, twice and late too", async () => {
  const { taker, save } = taking();
  const { order, make } = ordered();
  const all = taker.take(order);
  taker.cancel();
  taker.cancel();
  make.mock.lastCall?.[1]({ fraction: 0.9, waiting: false });
  await all;
  taker.cancel();
  expect(taker.current()).toEqual({ at: "idle" });
  expect(save).not.toHaveBeenCalled();
});

test("leaving the page asks first, while a download is running", async () => {
  const { taker } = taking();
  const { order, done } = ordered();
  const leaves = () => !dispatchEvent(new Event("beforeunload", { cancelable: true }));
  expect(leaves()).toBe(false);
  const all = taker.take(order);
  expect(leaves()).toBe(true);
  done();
  await all;
  expect(leaves()).toBe(false);
});

test.each([
  [new RenderError("connection", ""), /network/],
  [new RenderError("space", ""), /64 MB/],
  [new RenderError("busy", ""), /Another tab/],
  [new Problem(409, "conflict", "These lyrics have no times yet."), /no times/],
  [new TypeError("a bug"), /Retry/],
])("%s is said in words, and can be retried", async (error, words) => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const { taker, save } = taking();
  const { order, make, fail, done } = ordered();
  const all = taker.take(order);
  fail(error);
  await all;
  const now = taker.current();
  expect(now).toMatchObject({ at: "failed", message: expect.stringMatching(words) });
  if (now.at === "failed") now.again();
  expect(make).toHaveBeenCalledTimes(2);
  done();
  await vi.waitFor(() => expect(save).toHaveBeenCalledTimes(1));
});

test("the remaining time is shown once the pace says something", () => {
  let now = 0;
  const pace = paceOf(() => now);
  now = 2000;
  expect(pace(0.5)).toBeNull();
  now = 10_000;
  expect(pace(0.01)).toBeNull();
  expect(pace(0.25)).toBeCloseTo(30);
});
