import { useCallback, useState } from "react";
import { deviceStore } from "@/lib/device";

/** How the songs are laid out: a line each, or covers side by side. */
export type Layout = "list" | "grid";

const KEY = "unplugd.layout";

export const rememberedLayout = (): Layout => (deviceStore().getItem(KEY) === "grid" ? "grid" : "list");

export function rememberLayout(layout: Layout): void {
  try {
    deviceStore().setItem(KEY, layout);
  } catch {
    // The device is full: it holds until the page is left.
  }
}

/** The layout that this device had last. */
export function useLayout(): [Layout, (layout: Layout) => void] {
  const [layout, setLayout] = useState(rememberedLayout);
  const choose = useCallback((chosen: Layout) => {
    rememberLayout(chosen);
    setLayout(chosen);
  }, []);
  return [layout, choose];
}

/** Where covers go: as many columns of equal width as there is room for. Sizes in pixels. */
export interface Places {
  columns: number;
  width: number;
}

export const GAP = 20;
/** A cover is at least so wide; on a phone there are still two. */
const [LEAST, LEAST_ON_A_PHONE] = [172, 132];

export function placesIn(room: number): Places {
  const least = room < 500 ? LEAST_ON_A_PHONE : LEAST;
  const columns = Math.max(1, Math.floor((room + GAP) / (least + GAP)));
  return { columns, width: (room - GAP * (columns - 1)) / columns };
}
