import { deviceStore } from "@/lib/device";

type Theme = "dark" | "light";
const KEY = "unplugd.theme";

export function currentTheme(): Theme {
  const kept = deviceStore().getItem(KEY);
  if (kept === "dark" || kept === "light") return kept;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

export function applyTheme(theme: Theme = currentTheme()): void {
  document.documentElement.dataset.theme = theme;
}

export function switchTheme(): Theme {
  const next = currentTheme() === "dark" ? "light" : "dark";
  try {
    deviceStore().setItem(KEY, next);
  } catch {
    // No room: it holds until the next reload.
  }
  applyTheme(next);
  return next;
}
