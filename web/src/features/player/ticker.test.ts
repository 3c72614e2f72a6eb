import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fakeEngine } from "./fakeEngine";
import { createTicker } from "./ticker";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("followers hear of the position at once, of each change, and of nothing else", () => {
  const engine = fakeEngine({ durationSec: 10 });
  const { follow } = createTicker(engine);
  const heard: number[] = [];
  const leave = follow((seconds) => heard.push(seconds));
  expect(heard).toEqual([0]);
  engine.become({ playing: "playing" });
  vi.advanceTimersByTime(100);
  const still = heard.length;
  vi.advanceTimersByTime(100);
  expect(heard).toHaveLength(still);
  engine.at = 1.5;
  vi.advanceTimersByTime(50);
  expect(heard.at(-1)).toBe(1.5);
  leave();
  engine.at = 3;
  vi.advanceTimersByTime(500);
  expect(heard.at(-1)).toBe(1.5);
  expect(vi.getTimerCount()).toBe(0);
});

test("while it is paused it looks now and then, and at once when poked", () => {
  const engine = fakeEngine({ durationSec: 10 });
  const { follow, poke } = createTicker(engine);
  const heard: number[] = [];
  follow((seconds) => heard.push(seconds));
  engine.at = 2;
  poke();
  expect(heard.at(-1)).toBe(2);
  engine.at = 4;
  vi.advanceTimersByTime(200);
  expect(heard.at(-1)).toBe(4);
});
