/** One take on its way to the disk: cut into windows by sample index, with its gaps found as it goes. */
import type { TakeWriter } from "../queue/disk";
import type { Gap } from "../queue/model";
import { Stalls, ZeroRuns } from "./gaps";
import type { Chunk, FromTape } from "./protocol";
import { Witness } from "./witness";

export interface TapeOptions {
  channels: 1 | 2;
  sampleRate: number;
  windowFrames: number;
  maxFrames: number;
  writer: TakeWriter;
  tell(message: FromTape): void;
  /** Seconds of a clock that goes on also when the audio thread is late. */
  now(): number;
}

/** How much is remembered while nothing is written (s): where a take begins is known a moment later. */
const REMEMBERED_S = 12;

export class Tape {
  /** Frames that are on the disk. */
  frames = 0;
  private readonly recent: Chunk[] = [];
  private writing = false;
  private over = false;
  private next: number | null = null; // the context's frame that comes next in the take
  private unflushed = 0;
  private work: Promise<void> = Promise.resolve();
  private readonly zeros: ZeroRuns;
  private readonly stalls: Stalls;
  readonly witness: Witness;

  constructor(private readonly options: TapeOptions) {
    const { channels, sampleRate } = options;
    this.zeros = new ZeroRuns(channels, (gap) => this.gap(gap));
    this.witness = new Witness(channels, sampleRate, (gap) => this.gap(gap));
    // Where the browser shows its own capture, that knows better.
    this.stalls = new Stalls(sampleRate, (at, lost) => {
      if (!this.witness.inContact) this.gap({ start: at, frames: 0, lost, why: "stalled" });
    });
  }

  /** Sound from the audio thread. */
  chunk(chunk: Chunk): Promise<void> {
    const came = this.options.now();
    return this.inTurn(async () => {
      const before = this.frames;
      if (this.writing) await this.put(chunk, came);
      else this.remember(chunk);
      const { frame, samples, peak, clipped } = chunk;
      const end = frame + samples.length / this.options.channels;
      this.options.tell({ is: "level", frame: end, frames: this.frames, writing: this.frames > before, peak, clipped });
    });
  }

  /** The take goes on with what was captured from this frame on; null: from the next chunk on. */
  write(from: number | null): Promise<void> {
    return this.inTurn(async () => {
      if (this.over) return;
      this.writing = true;
      if (this.frames > 0) this.gap({ start: this.frames, frames: 0, lost: 0, why: "paused" });
      this.next = from;
      const recent = from === null ? [] : this.recent.splice(0);
      this.recent.length = 0;
      for (const chunk of recent) if (this.writing) await this.put(chunk, null);
    });
  }

  hold(): Promise<void> {
    return this.inTurn(async () => {
      this.writing = false;
      this.next = null;
      this.witness.skip();
      this.stalls.reset();
      await this.options.writer.flush().catch(() => undefined);
      this.options.tell({ is: "held", frames: this.frames });
    });
  }

  end(): Promise<void> {
    return this.inTurn(async () => {
      await this.finish();
      this.options.tell({ is: "ended", frames: this.frames });
    });
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    return (this.work = this.work.then(work));
  }

  private gap(gap: Gap): void {
    this.options.tell({ is: "gap", gap });
  }

  private remember(chunk: Chunk): void {
    this.recent.push(chunk);
    const oldest = chunk.frame - REMEMBERED_S * this.options.sampleRate;
    while (this.recent[0] && this.recent[0].frame < oldest) this.recent.shift();
  }

  private async put({ frame, samples }: Chunk, came: number | null): Promise<void> {
    const { channels } = this.options;
    this.next ??= frame;
    const skipped = Math.max(0, this.next - frame);
    if (skipped * channels >= samples.length) return;
    const missing = frame - this.next;
    if (missing > 0) {
      // The clock went on without the audio thread: silence keeps the take on the song's time.
      const start = this.frames;
      await this.append(new Int16Array(missing * channels));
      if (start > 0) this.gap({ start, frames: missing, lost: 0, why: "missed" });
    }
    const sound = samples.subarray(skipped * channels);
    await this.append(sound);
    this.next = frame + samples.length / channels;
    if (came !== null) this.stalls.add(came, this.frames);
  }

  private async append(sound: Int16Array<ArrayBuffer>): Promise<void> {
    const { channels, windowFrames, maxFrames, writer, sampleRate, tell } = this.options;
    const count = Math.min(sound.length / channels, maxFrames - this.frames);
    try {
      for (let done = 0; done < count && this.writing;) {
        const windowIndex = Math.floor(this.frames / windowFrames);
        const piece = Math.min(count - done, (windowIndex + 1) * windowFrames - this.frames);
        const part = sound.slice(done * channels, (done + piece) * channels);
        await writer.write(windowIndex, new Uint8Array(part.buffer));
        this.zeros.add(part);
        this.witness.take(part);
        this.frames += piece;
        done += piece;
        this.unflushed += piece;
        if (this.frames % windowFrames === 0) {
          await writer.finish(windowIndex);
          tell({ is: "window", windowIndex });
        } else if (this.unflushed >= sampleRate) {
          this.unflushed = 0;
          await writer.flush();
        }
      }
    } catch {
      return this.stop("full");
    }
    if (this.frames >= maxFrames) await this.stop("long");
  }

  private async stop(why: "full" | "long"): Promise<void> {
    await this.finish();
    this.options.tell({ is: "stopped", why });
  }

  private async finish(): Promise<void> {
    if (this.over) return;
    this.over = true;
    this.writing = false;
    this.witness.finish();
    const { writer, windowFrames, tell } = this.options;
    const rest = this.frames % windowFrames;
    const windowIndex = Math.floor(this.frames / windowFrames);
    await writer.finish(windowIndex).catch(() => undefined);
    if (rest > 0) tell({ is: "window", windowIndex });
  }
}
