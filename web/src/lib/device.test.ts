import { afterEach, expect, it, vi } from "vitest";
import { deviceStore, keysIn, openChannel } from "./device";

const refuse = () => {
  throw new DOMException("Access is denied for this document.", "SecurityError");
};
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it("without storage the tab remembers", () => {
  vi.spyOn(globalThis, "localStorage", "get").mockImplementation(refuse);
  deviceStore().setItem("a.1", "one");
  deviceStore().setItem("b.1", "two");
  expect(deviceStore().getItem("a.1")).toBe("one");
  expect(keysIn(deviceStore(), "a.")).toEqual(["a.1"]);
  deviceStore().removeItem("a.1");
  expect(deviceStore().getItem("a.1")).toBeNull();
  expect(deviceStore()).toHaveLength(1);
});

it.each([
  ["is null", null],
  ["refuses every call", new Proxy({}, { get: refuse })],
])("nor does a page fail where the storage %s", (_, store) => {
  vi.stubGlobal("localStorage", store);
  expect(deviceStore().getItem("c")).toBeNull();
});

it("a storage that is there is the one", () => {
  expect(deviceStore()).toBe(localStorage);
});

it("without a channel there are no other tabs", () => {
  vi.stubGlobal("BroadcastChannel", refuse);
  expect(openChannel("a")).toBeNull();
  vi.stubGlobal("BroadcastChannel", undefined);
  expect(openChannel("a")).toBeNull();
});
