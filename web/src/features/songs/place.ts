import type { VirtualItem } from "@tanstack/react-virtual";

/** How long (ms) after the last movement the place is noted: browsers limit how often the history may change. */
const RESTS_MS = 200;

/** Heights of rows, by song: without them the same offset is another place. */
let measured: VirtualItem[] = [];

/** Where the list was when this entry of the history was left; the top for a new one. */
export function whereItWas(): { initialOffset: number; initialMeasurementsCache: VirtualItem[] } {
  const state: unknown = history.state;
  const y = typeof state === "object" && state !== null && "scrolledTo" in state ? Number(state.scrolledTo) : 0;
  return { initialOffset: Number.isFinite(y) ? y : 0, initialMeasurementsCache: measured };
}

/** Note the place in this entry of the history, so that Back leads to it. Browsers try as well, but before rows are there. */
export function keepPlace(measurements: () => VirtualItem[]): () => void {
  let resting: ReturnType<typeof setTimeout> | undefined;
  const onScroll = () => {
    clearTimeout(resting);
    resting = setTimeout(() => history.replaceState({ ...history.state, scrolledTo: scrollY }, ""), RESTS_MS);
  };
  addEventListener("scroll", onScroll, { passive: true });
  return () => {
    clearTimeout(resting);
    removeEventListener("scroll", onScroll);
    measured = measurements();
  };
}
