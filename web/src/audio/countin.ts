import { ACCENT_HZ, CLICK_HZ, CLICK_LEVEL, CLICK_S } from "./clicker";
import type { CountIn } from "./engine";
import { beatAt, type Grid, timeOf } from "./grid";
import type { Graph } from "./graph";
import { tempoOf } from "./tempo";

const DEFAULT_BPM = 100;
const DEFAULT_BEATS = 4;
/** A start this little after a beat, in beats, is meant to be on it. */
const ON_THE_BEAT = 0.15;
const LEAD_S = 0.1;

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/**
 * When the clicks come, in seconds before the song starts, the first one first. Where the drums tell their tempo, the
 * clicks lie on their beat and the song falls in with it; else it is one bar at 100 bpm.
 */
export function beatsBefore(drums: Float32Array[], speed: number, wish: CountIn): number[] {
  const count = Math.round(clamp(wish.beats ?? DEFAULT_BEATS, 1, 8));
  const tempo = wish.bpm === undefined ? tempoOf(drums) : null;
  const beat = tempo?.beat ?? 60 / clamp(wish.bpm ?? DEFAULT_BPM, 40, 240);
  let first = tempo?.first ?? 0;
  if (first > (1 - ON_THE_BEAT) * beat) first -= beat;
  return Array.from({ length: count }, (_, k) => ((count - k) * beat - first) / speed);
}

/** A click, in seconds before the song starts. */
interface Beat {
  before: number;
  accent: boolean;
}

/**
 * The beats of the bar before the song starts at `seconds`, and those of its own bar that come before it. Beats a little
 * before the start are where it is meant to start, and are left to the song.
 */
export function barBefore(grid: Grid, seconds: number, speed: number): Beat[] {
  const { anchors, meter, first, downbeats } = grid;
  const next = Math.ceil(beatAt(anchors, seconds) - ON_THE_BEAT);
  const opening = downbeats[0] ?? 0;
  const bar = first + (downbeats.findLast((index) => index <= next - first) ?? opening - meter);
  const from = bar - meter;
  return Array.from({ length: Math.max(1, next - from) }, (_, i) => ({
    before: Math.max(0, seconds - timeOf(anchors, from + i)) / speed,
    accent: i === 0 || from + i === bar,
  }));
}

/** Put the clicks on the context's clock. Returns the frame at which the song has to start (a quantum's first). */
export function clicksBefore(
  { context, master }: Pick<Graph, "context" | "master">,
  drums: Float32Array[],
  speed: number,
  wish: CountIn,
  bar: { grid: Grid; at: number } | null = null,
): { startFrame: number; stop: () => void } {
  const beats = bar
    ? barBefore(bar.grid, bar.at, speed)
    : beatsBefore(drums, speed, wish).map((before, i): Beat => ({ before, accent: i === 0 }));
  const earliest = context.currentTime + LEAD_S + Math.max(0, ...beats.map(({ before }) => before));
  const startFrame = Math.ceil((earliest * context.sampleRate) / 128) * 128;
  const start = startFrame / context.sampleRate;
  const clicks = beats.map(({ before, accent }) => {
    const tone = new OscillatorNode(context, { frequency: accent ? ACCENT_HZ : CLICK_HZ });
    const gain = new GainNode(context, { gain: CLICK_LEVEL });
    const at = start - before;
    gain.gain.setValueAtTime(CLICK_LEVEL, at);
    gain.gain.exponentialRampToValueAtTime(0.001, at + CLICK_S);
    tone.connect(gain).connect(master);
    tone.start(at);
    tone.stop(at + CLICK_S);
    return tone;
  });
  return { startFrame, stop: () => clicks.forEach((click) => click.disconnect()) };
}
