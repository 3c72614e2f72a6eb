import type { Gap } from "./model";

/** The most gaps that the service keeps of a take. */
export const MOST_GAPS = 100;

/** The gaps of a take as the service takes them: within its length, and neighbours of a kind as one where there are too many. */
export function sentGaps(gaps: readonly Gap[], frames: number): Gap[] {
  const within = gaps.map((gap) => {
    const start = Math.min(gap.start, frames);
    return { ...gap, start, frames: Math.min(gap.frames, frames - start) };
  });
  if (within.length <= MOST_GAPS) return within;
  for (let apart = 0; ; apart = 2 * apart + 441) {
    const fewer = (["missed", "stalled", "paused"] as const).flatMap((why) =>
      joined(
        within.filter((gap) => gap.why === why),
        apart,
      ),
    );
    if (fewer.length <= MOST_GAPS) return fewer.sort((a, b) => a.start - b.start);
  }
}

/** Gaps that are at most so many frames apart become one; what was lost adds up. */
function joined(gaps: readonly Gap[], apart: number): Gap[] {
  const all: Gap[] = [];
  for (const gap of gaps.toSorted((a, b) => a.start - b.start)) {
    const last = all.at(-1);
    if (last && gap.start - last.start - last.frames <= apart) {
      last.frames = Math.max(last.frames, gap.start + gap.frames - last.start);
      last.lost += gap.lost;
    } else all.push({ ...gap });
  }
  return all;
}
