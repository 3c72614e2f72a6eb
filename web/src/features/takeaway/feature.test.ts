// @vitest-environment node
import { afterEach, expect, test, vi } from "vitest";
import { takeaway } from "./feature";

afterEach(() => vi.unstubAllGlobals());

test("a deleted account takes every rendering along", async () => {
  const removeEntry = vi.fn(() => Promise.resolve());
  const files = [["young.part", { getFile: () => Promise.resolve({ lastModified: Date.now() }) }]];
  const folder = Object.assign(files, { removeEntry });
  const getDirectory = () => Promise.resolve({ getDirectoryHandle: () => Promise.resolve(folder) });
  vi.stubGlobal("navigator", { storage: { getDirectory } });
  await takeaway.forget?.("ann@example.com");
  expect(removeEntry).toHaveBeenCalledWith("young.part");
});

test("a browser without such a storage has nothing to forget", async () => {
  vi.stubGlobal("navigator", {});
  await expect(takeaway.forget?.("ann@example.com")).resolves.toBeUndefined();
});
