/** How often a second the service measures the loudest sample of a window (0–255). */
export const PEAKS_A_SECOND = 50;

/** The peaks in a window's figures; none where they cannot be understood. */
export function readPeaks(figures: unknown): number[] {
  const { peaks } = (typeof figures === "object" && figures !== null ? figures : {}) as { peaks?: unknown };
  return Array.isArray(peaks) && peaks.every((one) => Number.isInteger(one) && one >= 0 && one <= 255) ? peaks : [];
}

/** The peaks of windows of `windowSeconds`, one after the other; what is missing is silent. */
export function joinPeaks(windows: ReadonlyMap<number, number[]>, windowSeconds: number): Uint8Array {
  const each = windowSeconds * PEAKS_A_SECOND;
  const last = Math.max(-1, ...windows.keys());
  const all = new Uint8Array(last < 0 ? 0 : last * each + (windows.get(last)?.length ?? 0));
  for (const [index, peaks] of windows) all.set(peaks.slice(0, each), index * each);
  return all;
}

/**
 * Heights 0…1 of `count` bars over a song of `durationSec`, with the take's first peak at `offsetSec`. The loudest of the
 * whole take fills a bar, and each bar takes the loudest of its time.
 */
export function laneBars(peaks: Uint8Array, offsetSec: number, durationSec: number, count: number): Float32Array {
  const heights = new Float32Array(count);
  const full = peaks.reduce((most, one) => Math.max(most, one), 1);
  const at = (bar: number) => ((bar * durationSec) / count - offsetSec) * PEAKS_A_SECOND;
  for (let bar = 0; bar < count; bar++) {
    const first = Math.max(0, Math.floor(at(bar)));
    const end = Math.min(peaks.length, Math.max(first + 1, Math.ceil(at(bar + 1))));
    if (at(bar + 1) <= 0) continue;
    for (let i = first; i < end; i++) heights[bar] = Math.max(heights[bar] ?? 0, (peaks[i] ?? 0) / full);
  }
  return heights;
}
