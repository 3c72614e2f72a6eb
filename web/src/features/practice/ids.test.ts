// @vitest-environment node
import { expect, test } from "vitest";
import { newId } from "./ids";

test("an id is a ULID: the time first, then chance", () => {
  expect(newId(1_769_847_600_000, new Uint8Array(10))).toBe("01KG9J6CW00000000000000000");
  expect(newId(2 ** 48 - 1, new Uint8Array(10).fill(255))).toBe("7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
  expect(newId()).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  expect(new Set(Array.from({ length: 1000 }, () => newId(5))).size).toBe(1000);
});
