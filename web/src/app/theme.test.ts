import { afterEach, expect, it, vi } from "vitest";
import { applyTheme, currentTheme, followTheme, switchTheme } from "./theme";

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

it("the system's colours are followed until the person chooses", () => {
  localStorage.clear();
  const system = Object.assign(new EventTarget(), { matches: false });
  vi.stubGlobal("matchMedia", () => system);
  applyTheme();
  const shown = vi.fn();
  const stop = followTheme(shown);
  const change = (light: boolean) => {
    system.matches = light;
    system.dispatchEvent(new Event("change"));
    return document.documentElement.dataset.theme;
  };
  expect([change(true), change(false)]).toEqual(["light", "dark"]);
  expect(switchTheme()).toBe("light");
  expect(change(false)).toBe("light");
  expect(shown.mock.calls).toEqual([["light"], ["dark"], ["light"]]);
  // Chosen in another tab.
  localStorage.setItem("unplugd.theme", "dark");
  dispatchEvent(new StorageEvent("storage", { key: "unplugd.theme" }));
  expect(document.documentElement.dataset.theme).toBe("dark");
  stop();
  localStorage.clear();
  expect(change(true)).toBe("dark");
});
