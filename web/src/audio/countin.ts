import type { CountIn } from "./engine";
import type { Graph } from "./graph";
import { tempoOf } from "./tempo";

const DEFAULT_BPM = 100;
const DEFAULT_BEATS = 4;
/** A start this little after a beat, in beats, is meant to be on it. */
const ON_THE_BEAT = 0.15;
const LEAD_S = 0.1;
const CLICK_S = 0.03;

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

/** Put the clicks on the context's clock. Returns the frame at which the song has to start (a quantum's first). */
export function clicksBefore(
  { context, master }: Pick<Graph, "context" | "master">,
  drums: Float32Array[],
  speed: number,
  wish: CountIn,
): { startFrame: number; stop: () => void } {
  const beats = beatsBefore(drums, speed, wish);
  const earliest = context.currentTime + LEAD_S + Math.max(0, ...beats);
  const startFrame = Math.ceil((earliest * context.sampleRate) / 128) * 128;
  const start = startFrame / context.sampleRate;
  const clicks = beats.map((before, i) => {
    const tone = new OscillatorNode(context, { frequency: i === 0 ? 1760 : 1320 });
    const gain = new GainNode(context, { gain: 0.5 });
    const at = start - before;
    gain.gain.setValueAtTime(0.5, at);
    gain.gain.exponentialRampToValueAtTime(0.001, at + CLICK_S);
    tone.connect(gain).connect(master);
    tone.start(at);
    tone.stop(at + CLICK_S);
    return tone;
  });
  return { startFrame, stop: () => clicks.forEach((click) => click.disconnect()) };
}
