import type { Grid } from "@/audio/grid";

/** CSS pixels that lines keep between them. */
const NEAREST = 6;

/** The lines that a waveform of this width has room for, in seconds: every bar, or every 2nd, 4th, 8th …; beats too
 * where it is wide enough. */
export function linesOf(
  { bars, beats, downbeats, durationSec }: Grid,
  width: number,
): { bars: number[]; beats: number[] } {
  const perSecond = durationSec > 0 ? width / durationSec : 0;
  const apart = (times: readonly number[]) => {
    const [first = 0, last = 0] = [times[0], times.at(-1)];
    return times.length > 1 ? ((last - first) / (times.length - 1)) * perSecond : Infinity;
  };
  let every = 1;
  while (apart(bars) * every < NEAREST && every < bars.length) every *= 2;
  const begins = new Set(downbeats);
  return {
    bars: bars.filter((_, index) => index % every === 0),
    beats: apart(beats) >= NEAREST ? beats.filter((_, index) => !begins.has(index)) : [],
  };
}
