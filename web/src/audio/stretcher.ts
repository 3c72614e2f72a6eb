/** One instance of the time stretcher, as the deck uses it. Frames at 44.1 kHz. */
export interface Stretcher {
  /** One plane a channel, `seekFrames` long: filled before seek() and process(). */
  readonly input: Float32Array[];
  readonly output: Float32Array[];
  /** What is processed is this far behind what was fed … */
  readonly inputLatency: number;
  /** … and leaves this much later. */
  readonly outputLatency: number;
  readonly seekFrames: number;
  /** Take `input` (all of it) as what came before, at this speed. */
  seek(speed: number): void;
  /** Turn `taken` frames of input into `given` of output. */
  process(taken: number, given: number, semitones: number): void;
}

interface Point {
  at: number;
  stream: number;
  jump: boolean;
}

/** Frames of the past that are kept. */
const PAST = 16_384;

/** Which stream position is heard when, both in frames: straight lines between points, but none up to a jump. */
export class TimeMap {
  private points: Point[] = [];

  restart(at: number, stream: number): void {
    this.points = [{ at, stream, jump: true }];
  }

  /** From `at` on `stream` is heard, regardless of what was before. */
  jump(at: number, stream: number): void {
    this.points = this.points.filter((point) => point.at <= at);
    this.points.push({ at, stream, jump: true });
  }

  add(at: number, stream: number): void {
    this.points.push({ at, stream, jump: false });
    while ((this.points[1]?.at ?? at) < at - PAST) this.points.shift();
  }

  /** Before the first point time runs at speed 1; after the last it stops. */
  at(time: number): number {
    let before = this.points[0];
    if (!before) return 0;
    if (time < before.at) return before.stream + time - before.at;
    for (const point of this.points) {
      if (point.at > time) {
        if (point.jump) break;
        return before.stream + ((point.stream - before.stream) * (time - before.at)) / (point.at - before.at);
      }
      before = point;
    }
    return before.stream;
  }
}
