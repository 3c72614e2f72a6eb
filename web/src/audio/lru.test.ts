// @vitest-environment node
import { expect, it } from "vitest";
import { Lru } from "./lru";

it("forgets what was used longest ago", () => {
  const cache = new Lru<number, string>(2);
  cache.set(1, "a");
  cache.set(2, "b");
  cache.get(1);
  cache.set(3, "c");
  expect([1, 2, 3].filter((key) => cache.has(key))).toEqual([1, 3]);
  cache.set(1, "d");
  expect(cache.size).toBe(2);
  cache.delete(1);
  expect(cache.get(1)).toBeUndefined();
  cache.clear();
  expect(cache.size).toBe(0);
});
