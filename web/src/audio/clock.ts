import type { Report } from "./protocol";
import type { LoopFrames } from "./unroll";

const KEPT = 64;

/** What the deck reported, as an answer to "what part of the song leaves it at this frame of the context's clock?" */
export class SongClock {
  private reports: Report[] = [];

  add(report: Report): void {
    // A deck that says something about a frame again has thought better of it.
    this.reports = this.reports.filter((one) => one.frame < report.frame).slice(1 - KEPT);
    this.reports.push(report);
  }

  /** Frames of song and stream at a context frame; null before the first report. */
  at(frame: number, loop: LoopFrames | null = null): { song: number; stream: number } | null {
    const report = this.reports.findLast((one) => one.frame <= frame) ?? this.reports[0];
    if (!report) return null;
    const passed = Math.max(0, frame - report.frame) * report.speed;
    const stream = report.stream + passed;
    const song = report.song + passed;
    // A report comes with the turn itself; until then the extrapolation must not run past it.
    if (loop && (this.latest?.song ?? 0) < loop.end && song >= loop.end)
      return { song: loop.start + ((song - loop.end) % (loop.end - loop.start)), stream };
    return { song, stream };
  }

  get latest(): Report | null {
    return this.reports.at(-1) ?? null;
  }
}

/** The frame of the context's clock that reaches the ear now. */
export function heardFrame(context: AudioContext, now = performance.now()): number {
  const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp?.() ?? {};
  // Some browsers answer zeros until sound has come out, and a suspended context's stamp grows old.
  const stamped = performanceTime > 0 && contextTime > 0;
  const late = context.outputLatency || context.baseLatency || 0;
  const seconds =
    stamped && context.state === "running" ? contextTime + (now - performanceTime) / 1000 : context.currentTime - late;
  return Math.min(seconds, context.currentTime) * context.sampleRate;
}
