import { createHash, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { Sha256 } from "./render-sha256";

const known = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test.each([0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 100_003])("%i bytes", (size) => {
  const bytes = randomBytes(size);
  expect(new Sha256().update(bytes).digest()).toBe(known(bytes));
});

test("pieces of any size make the same", () => {
  const bytes = randomBytes(5000);
  const hash = new Sha256();
  for (let at = 0, size = 0; at < bytes.length; at += size, size = (size * 7 + 13) % 150)
    hash.update(bytes.subarray(at, at + size));
  expect(hash.digest()).toBe(known(bytes));
});
