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

/**
 * Follow the system's colours until the person chooses their own; another tab's choice counts too. Calls `changed` with
 * the theme that is shown from then on. Returns what ends it.
 */
export function followTheme(changed: (theme: Theme) => void): () => void {
  const system = matchMedia("(prefers-color-scheme: light)");
  const update = () => {
    applyTheme();
    changed(currentTheme());
  };
  const onStorage = ({ key }: StorageEvent) => key === KEY && update();
  system.addEventListener("change", update);
  addEventListener("storage", onStorage);
  return () => {
    system.removeEventListener("change", update);
    removeEventListener("storage", onStorage);
  };
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
