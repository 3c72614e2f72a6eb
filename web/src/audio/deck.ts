import { crossfade } from "./fades";
import { type Chunk, CHUNK_FRAMES, type DeckOptions, type FromDeck, type Phase, type ToDeck } from "./protocol";
import { type Stretcher, TimeMap } from "./stretcher";

/** Short fades: 5 ms where sound starts, stops or jumps; 20 ms between plain and stretched sound, whose phases differ. */
const FADE = 220;
const LONG_FADE = 882;
/** With less than this left to read, fade out and wait; go on with this much. */
const LOW = 1024;
const RESUME = 13_230;
/** Frames kept behind what is read: the stretcher's history after a seek. */
const BEHIND = 12_000;
/** A report each 46 ms, and at once where the position does not go on as said. */
const REPORT_EVERY = 16 * 128;
const OFF_COURSE = 8;

/** Stream positions, and where the chunks between them come from. */
export interface Passed {
  from: number;
  to: number;
  chunks: readonly Pick<Chunk, "stream" | "song" | "frames">[];
}

interface Stretchers {
  drums: Stretcher;
  rest: Stretcher;
}

const planes = (count: number, frames: number) => Array.from({ length: count }, () => new Float32Array(frames));

/**
 * The deck: plays the unrolled stream, plain (sample for sample) or stretched, and says where it is. It runs in the
 * audio thread; nothing in it knows the Web Audio API, so that tests can turn it by hand.
 *
 * All stems are read at one position, so they cannot drift apart. Stretched sound comes late by the stretcher's
 * latency; a TimeMap says what part of the stream is heard when, and plain sound is read at exactly that place.
 */
export class Deck {
  private chunks: Chunk[] = [];
  private playing = false;
  private startAt = 0;
  private waiting = true; // for the first start, or the next after a hush
  private starved = false;
  private ended = false;
  private level = 0;

  private dry = 0; // stream position read by the plain reader
  private fading: { at: number; left: number } | null = null; // where it was before a jump

  private speed = 1;
  private semitones = 0;
  private stretchers: Stretchers | null = null;
  private engaged = false; // the stretchers run
  private wet = 0; // 0 plain … 1 stretched
  private fed = 0; // next stream position for the stretchers
  private debt = 0; // the fraction of a frame not fed yet
  private readyAt = 0;
  private map = new TimeMap();
  private plainDrums = 0; // at speed 1 drums are plain in any key: 0 … 1
  private drumsAt = 0;

  private clock = 0; // frames this deck has played
  private said = { frame: -REPORT_EVERY, song: 0, speed: 0, phase: "idle" as Phase };
  private readonly rigid: number; // channels that keep their pitch
  private readonly plain: Float32Array[];
  /** What the last quantum played of the stream; null where it was silent. */
  passed: Passed | null = null;
  private readonly old: Float32Array[];

  constructor(
    private readonly post: (message: FromDeck, transfer?: Transferable[]) => void,
    { channels, rigid }: DeckOptions,
    private readonly quantum = 128,
  ) {
    this.rigid = rigid;
    this.plain = planes(channels, quantum);
    this.old = planes(channels, quantum);
  }

  setStretchers(stretchers: Stretchers): void {
    this.stretchers = stretchers;
  }

  receive(message: ToDeck): void {
    switch (message.type) {
      case "start":
        return this.start(message.chunks);
      case "feed":
        this.chunks.push(message.chunk);
        return;
      case "cut":
        return this.cut(message.stream);
      case "play":
        this.playing = true;
        this.startAt = message.at;
        return;
      case "pause":
        this.playing = false;
        return;
      case "hush":
        this.waiting = true;
        return;
      case "tune":
        this.speed = message.speed;
        this.semitones = message.semitones;
        return;
    }
  }

  /** Fill `out` (one plane for each channel, of one quantum), which begins at `frame` of the context's clock. */
  process(out: Float32Array[], frame: number): void {
    const n = this.quantum;
    this.passed = null;
    this.watchSupply();
    const sounding = this.playing && frame + n > this.startAt && !this.waiting && !this.starved && !this.ended;
    if (!sounding && this.level === 0) {
      for (const plane of out) plane.fill(0);
      this.report(frame, 0);
      return;
    }
    if (this.level === 0) this.begin();
    const before = this.heard();
    this.render(out);
    this.fade(out, sounding);
    this.clock += n;
    const after = this.heard();
    const jumped = Math.abs(after - before) > 2 * n;
    this.report(frame, jumped ? this.speed : (after - before) / n, before);
    this.passed = { from: jumped ? after - n * this.speed : before, to: after, chunks: this.chunks };
    if (this.finished() && after >= this.end()) {
      this.ended = true;
      this.level = 0;
    }
    this.release();
  }

  /** Stream position of the next sample that leaves. */
  private heard(): number {
    return this.wet > 0 && this.needed() ? this.map.at(this.clock) : this.dry;
  }

  private needed(): boolean {
    return this.stretchers !== null && (this.speed !== 1 || this.semitones !== 0);
  }

  private head(): number {
    return this.engaged ? Math.max(this.fed, this.dry) : this.dry;
  }

  private end(): number {
    const tail = this.chunks.at(-1);
    return tail ? tail.stream + tail.frames : 0;
  }

  private finished(): boolean {
    return this.chunks.at(-1)?.last === true;
  }

  private watchSupply(): void {
    const left = this.end() - this.head();
    if (this.finished()) this.starved = false;
    else if (left < LOW) this.starved = true;
    else if (left >= RESUME) this.starved = false;
  }

  private start(chunks: Chunk[]): void {
    const first = chunks[0];
    if (!first) return;
    this.chunks.push(...chunks);
    const at = first.stream;
    if (this.level === 0) {
      this.engaged = false;
      this.wet = 0;
      this.fading = null;
    } else if (this.engaged && this.wet > 0 && this.needed()) {
      this.seekStretchers(at);
      this.map.jump(this.clock + this.latency(), at);
    } else {
      this.fading = { at: this.dry, left: FADE };
      this.engaged = false;
      this.wet = 0;
    }
    this.dry = at;
    this.waiting = false;
    this.ended = false;
    this.starved = false;
  }

  private cut(stream: number): void {
    if (stream < this.head()) {
      this.post({ type: "late" });
      return;
    }
    const gone = this.chunks.filter((chunk) => chunk.stream >= stream);
    this.chunks = this.chunks.filter((chunk) => chunk.stream < stream);
    const tail = this.chunks.at(-1);
    if (tail && tail.stream + tail.frames > stream) {
      tail.frames = stream - tail.stream;
      tail.last = false;
    } else if (tail && gone.length > 0) tail.last = false;
    this.giveBack(gone);
  }

  /** The first sample after silence: stretched sound has to be there at once, so its latency is worked off now. */
  private begin(): void {
    if (!this.needed() || this.engaged || !this.stretchers) return;
    const latency = this.latency();
    this.engaged = true;
    this.wet = 1;
    this.seekStretchers(this.dry);
    this.map.restart(this.clock, this.dry);
    for (let done = 0; done < latency; done += this.quantum) {
      const count = Math.min(this.quantum, latency - done);
      this.runStretchers(count, this.clock + done);
    }
    this.readyAt = this.clock;
    this.plainDrums = this.speed === 1 ? 1 : 0;
    this.drumsAt = this.dry;
  }

  private render(out: Float32Array[]): void {
    const n = this.quantum;
    if (this.needed() && !this.engaged) this.engage();
    if (!this.engaged) {
      this.readPlain(out);
      return;
    }
    const leaving = !this.needed();
    const heard = this.map.at(this.clock);
    this.runStretchers(n, this.clock + this.latency());
    const steady = Math.abs(this.map.at(this.clock + n) - heard - n) < 0.01;
    const target = !leaving && this.clock >= this.readyAt ? 1 : 0;
    const dry = this.wet < 1 || target < 1;
    if (dry) this.readPlain(this.plain);
    this.mixStretched(out, heard, steady);
    if (dry) this.wet = crossfade(out, this.plain, this.wet, target, LONG_FADE);
    if (leaving && this.wet === 0) this.engaged = false;
    else if (!leaving && this.wet === 1) this.dry = Math.round(this.map.at(this.clock + n));
  }

  /** Let the stretchers run along with the plain sound until what they give is what is heard. */
  private engage(): void {
    const latency = this.latency();
    const at = this.dry + latency;
    this.seekStretchers(at);
    this.map.restart(this.clock + latency, at);
    this.readyAt = this.clock + latency;
    this.engaged = true;
    this.wet = 0;
    this.plainDrums = 1;
    this.drumsAt = this.dry;
  }

  private latency(): number {
    return this.stretchers?.rest.outputLatency ?? 0;
  }

  private seekStretchers(at: number): void {
    if (!this.stretchers) return;
    const { drums, rest } = this.stretchers;
    this.fed = at + rest.inputLatency;
    this.debt = 0;
    const from = this.fed - rest.seekFrames;
    this.read(from, rest.seekFrames, [...drums.input, ...rest.input]);
    drums.seek(this.speed);
    rest.seek(this.speed);
  }

  /** Make `count` frames of stretched sound, of which the last is heard at `heardAt + count` of this deck's clock. */
  private runStretchers(count: number, heardAt: number): void {
    if (!this.stretchers) return;
    const { drums, rest } = this.stretchers;
    const speed = this.needed() ? this.speed : 1;
    const exact = count * speed + this.debt;
    const taken = Math.round(exact);
    this.debt = exact - taken;
    this.read(this.fed, taken, [...drums.input, ...rest.input]);
    this.fed += taken;
    drums.process(taken, count, 0);
    rest.process(taken, count, this.semitones);
    this.map.add(heardAt + count, this.fed + this.debt - rest.inputLatency);
  }

  private mixStretched(out: Float32Array[], heard: number, steady: boolean): void {
    if (!this.stretchers) return;
    const n = this.quantum;
    [...this.stretchers.drums.output, ...this.stretchers.rest.output].forEach((plane, c) => {
      out[c]?.set(plane.subarray(0, n));
    });
    if (this.plainDrums === 0) {
      if (!steady) return;
      this.drumsAt = Math.round(heard);
    }
    const inPlace = steady && Math.abs(this.drumsAt - heard) <= 2;
    const drums = this.old.slice(0, this.rigid);
    this.read(this.drumsAt, n, drums);
    this.drumsAt += n;
    this.plainDrums = 1 - crossfade(out.slice(0, this.rigid), drums, 1 - this.plainDrums, inPlace ? 0 : 1, LONG_FADE);
  }

  private readPlain(into: Float32Array[]): void {
    const n = this.quantum;
    this.read(this.dry, n, into);
    this.dry += n;
    if (!this.fading) return;
    this.read(this.fading.at, n, this.old);
    const { left } = this.fading;
    into.forEach((plane, c) => {
      const old = this.old[c];
      for (let i = 0; i < Math.min(n, left); i++) {
        const share = (left - i) / FADE;
        plane[i] = (plane[i] ?? 0) * (1 - share) + (old?.[i] ?? 0) * share;
      }
    });
    this.fading = left > n ? { at: this.fading.at + n, left: left - n } : null;
  }

  /** Copy `frames` frames from stream position `at`; what is not there is silence. */
  private read(at: number, frames: number, into: Float32Array[]): void {
    for (const plane of into) plane.fill(0, 0, frames);
    for (const chunk of this.chunks) {
      const from = Math.max(at, chunk.stream);
      const to = Math.min(at + frames, chunk.stream + chunk.frames);
      if (to <= from) continue;
      for (let c = 0; c < into.length; c++) {
        const base = c * CHUNK_FRAMES - chunk.stream;
        into[c]?.set(chunk.data.subarray(base + from, base + to), from - at);
      }
    }
  }

  private fade(out: Float32Array[], up: boolean): void {
    if (up && this.level === 1) return;
    const step = (up ? 1 : -1) / FADE;
    const first = this.level;
    for (const plane of out) {
      for (let i = 0; i < plane.length; i++) {
        plane[i] = (plane[i] ?? 0) * Math.min(1, Math.max(0, first + step * (i + 1)));
      }
    }
    this.level = Math.min(1, Math.max(0, first + step * this.quantum));
  }

  private report(frame: number, speed: number, stream = this.heard()): void {
    const phase: Phase = this.ended
      ? "ended"
      : this.waiting || !this.playing
        ? "idle"
        : this.starved
          ? "starved"
          : this.level > 0
            ? "playing"
            : "idle";
    const song = this.songAt(stream);
    const expected = this.said.song + (frame - this.said.frame) * this.said.speed;
    const onCourse = phase === this.said.phase && Math.abs(song - expected) < OFF_COURSE;
    if (onCourse && frame - this.said.frame < REPORT_EVERY) return;
    this.said = { frame, song, speed, phase };
    this.post({ type: "report", frame, song, stream, speed, phase, head: this.head() });
  }

  private songAt(stream: number): number {
    let song = this.said.song;
    for (const chunk of this.chunks) {
      if (stream >= chunk.stream) song = chunk.song + Math.min(stream - chunk.stream, chunk.frames);
    }
    return song;
  }

  private release(): void {
    const reading = Math.min(
      this.dry,
      this.heard(),
      this.fading?.at ?? Infinity,
      this.engaged ? this.drumsAt : Infinity,
    );
    const oldest = this.chunks[0];
    if (!oldest || oldest.stream + oldest.frames >= reading - BEHIND) return;
    const tail = this.chunks.at(-1);
    const gone = this.chunks.filter((chunk) => chunk.stream + chunk.frames < reading - BEHIND && chunk !== tail);
    if (gone.length === 0) return;
    this.chunks = this.chunks.filter((chunk) => !gone.includes(chunk));
    this.giveBack(gone);
  }

  private giveBack(chunks: Chunk[]): void {
    if (chunks.length === 0) return;
    const data = chunks.map((chunk) => chunk.data);
    this.post(
      { type: "used", data },
      data.map((one) => one.buffer),
    );
  }
}
