import { afterEach, expect, it, vi } from "vitest";
import { applyTheme, currentTheme, switchTheme } from "./theme";

const refuse = () => {
  throw new DOMException("Access is denied for this document.", "SecurityError");
};
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it("the colours can be switched, to and fro, without storage", () => {
  vi.spyOn(globalThis, "localStorage", "get").mockImplementation(refuse);
  applyTheme();
  const before = currentTheme();
  expect(switchTheme()).not.toBe(before);
  expect(currentTheme()).not.toBe(before);
  expect(switchTheme()).toBe(before);
  expect(document.documentElement.dataset.theme).toBe(before);
});

it("the colours are switched where there is no room", () => {
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: refuse });
  expect(switchTheme()).not.toBe(currentTheme());
});
