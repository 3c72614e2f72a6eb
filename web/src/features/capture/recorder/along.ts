/** Keeps a take on its song's time: where it begins in the song, and where it goes on after a pause, to the sample. */
import type { Engine } from "@/audio/engine";

/** A take begins this much before its song does: breath and upbeat. */
const BEFORE_S = 0.25;
/** After a pause the song plays so much that the singer knows already. */
const LEAD_S = 2;
/** The song was moved when it is this far from where the take is. */
const MOVED_S = 0.05;

interface Says {
  onStop(): void;
  /** The take goes on with what was captured from this frame on. */
  onGoesOn(from: number): void;
  onEnd(why: string): void;
}

export class Along {
  private begun: { frame: number; second: number } | null = null;
  private frames = 0;
  private stopped = false;
  private readonly loop: { start: number; end: number } | null;
  private readonly speed: number;
  private end: () => void = () => undefined;

  constructor(
    private readonly engine: Engine,
    private readonly context: AudioContext,
    private readonly says: Says,
  ) {
    const { loop, mix } = engine.state();
    this.loop = loop;
    this.speed = mix.speed;
    // A take is on the song's own time: it could not follow another speed, or turn back.
    if (loop) engine.setLoop(null);
    if (mix.speed !== 1) engine.setMix({ speed: 1 });
  }

  /** The song starts at its position. Resolves with the take's first frame, and its place in the song. */
  async begin(countIn: boolean): Promise<{ frame: number; second: number }> {
    const { engine } = this;
    engine.pause();
    const asked = engine.state().playing === "ended" ? 0 : engine.position();
    const plays = this.until((playing) => playing === "playing");
    void engine.play({ countIn });
    await plays;
    const now = this.place();
    if (!now) throw new Error("The song did not start. Try again.");
    const second = asked - BEFORE_S;
    this.begun = { frame: Math.round(now.frame - (now.second - second) * this.context.sampleRate), second };
    this.end = engine.subscribe(() => this.look());
    return this.begun;
  }

  /** Resolves when the song is so; rejects when it stops instead. */
  private until(wanted: (playing: string) => boolean): Promise<void> {
    const { engine } = this;
    return new Promise((resolve, reject) => {
      let going = false;
      const look = () => {
        const { playing, trouble } = engine.state();
        if (playing !== "paused") going = true;
        if (wanted(playing)) done(resolve);
        else if (going && (playing === "paused" || playing === "ended"))
          done(() => reject(new Error(trouble ?? "The song was stopped before the take began.")));
      };
      const leave = engine.subscribe(look);
      const done = (how: () => void) => {
        leave();
        how();
      };
      look();
    });
  }

  private place(): { frame: number; second: number } | null {
    const frame = Math.round(this.context.currentTime * this.context.sampleRate);
    const second = this.engine.leaving(frame);
    return second === null ? null : { frame, second };
  }

  /** The song's second that belongs to a frame of the take. */
  private expected(frames: number): number {
    return (this.begun?.second ?? 0) + frames / this.context.sampleRate;
  }

  private look(): void {
    const { playing } = this.engine.state();
    if (playing === "ended") return this.says.onEnd("The song is over. The take is kept.");
    if (playing !== "playing" && !this.stopped) {
      this.stopped = true;
      this.says.onStop();
    } else if (playing === "playing" && this.stopped) this.goOn();
  }

  private goOn(): void {
    const now = this.place();
    if (!now) return;
    const behind = now.second - this.expected(this.frames);
    if (behind > 10 || behind < -10) return this.says.onEnd("The song was moved. The take ends there and is kept.");
    this.stopped = false;
    this.says.onGoesOn(Math.round(now.frame - behind * this.context.sampleRate));
  }

  /** `frames` of the take are written, up to `frame` of the context's clock. */
  follow(frames: number, frame: number): void {
    this.frames = frames;
    const second = this.stopped ? null : this.engine.leaving(frame);
    if (second !== null && frames > 0 && Math.abs(second - this.expected(frames)) > MOVED_S)
      this.says.onEnd("The song was moved. The take ends there and is kept.");
  }

  /** The take rests with this length. */
  held(frames: number): void {
    this.frames = frames;
  }

  pause(): void {
    this.engine.pause();
  }

  async resume(): Promise<void> {
    this.engine.seek(Math.max(0, this.expected(this.frames) - LEAD_S));
    await this.engine.play();
  }

  close(): void {
    this.end();
    this.end = () => undefined;
    this.engine.pause();
    if (this.loop) this.engine.setLoop(this.loop);
    if (this.speed !== 1) this.engine.setMix({ speed: this.speed });
  }
}
