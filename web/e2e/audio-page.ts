/** The page of audio.spec.ts: an engine by itself, what it sends to the loudspeaker, and the measures of that. */
import { createEngine } from "@/audio/create";
import type { Engine, Mix, Stem, TakeSource } from "@/audio/engine";
import { FOUR_STEMS } from "@/lib/stems.fake";
import { CELL_SAMPLES, cellCount, cellRange, DELAY_SAMPLES, SAMPLE_RATE } from "@/audio/frames";
import { makeGrid, wholeBars } from "@/audio/grid";
import { GUARD_FRAMES } from "@/audio/guard";
import { wavHeader } from "@/audio/wav";
import { takeStem } from "@/lib/takes";
import recorderUrl from "./audio-recorder.worklet.ts?worker&url";

export interface Heard {
  /** Frame of the context's clock at which the recording begins. */
  frame: number;
  /** What left the master, then the stems behind their faders; left channels. */
  tracks: Float32Array[];
  /** The names of the stems, in that order. */
  stems: Stem[];
}

/** How long the made songs are; audio-stems.py makes them so. */
const SECONDS = { time: 30, tones: 8, bursts: 16 };

/** The take of the tests. */
const TAKE = takeStem("01J9ZQ4X5V8K2M3N4P5Q6R7S8T");

let engine: Engine;
let song = "";
let stopRecording: (() => Heard) | null = null;
const references = new Map<string, Promise<Float32Array>>();
const seen: string[] = [];

async function decoded(bytes: ArrayBuffer): Promise<Float32Array> {
  return (await new OfflineAudioContext(2, 1, SAMPLE_RATE).decodeAudioData(bytes)).getChannelData(0);
}

/**
 * A stem on the WAV's clock, decoded cell by cell, which must be the stem decoded whole to the last bit of 16. Not to
 * the sample: Chromium 150's decoder hands what it rounds off on to the next sample, so that bit depends on where it
 * began. What the engine plays has to be these samples exactly.
 */
function reference(stem: Stem, of = song): Promise<Float32Array> {
  const url = `/stems/${of}/${stem}.mp3?reference`;
  const known = references.get(url);
  if (known) return known;
  const work = (async () => {
    const bytes = await (await fetch(url)).arrayBuffer();
    const whole = (await decoded(bytes.slice())).subarray(DELAY_SAMPLES);
    const total = SECONDS[of as keyof typeof SECONDS] * SAMPLE_RATE;
    const cells = whole.slice();
    for (let cell = 0; cell < cellCount(total); cell++) {
      const { from, to, skip } = cellRange(cell, 1, total);
      const length = Math.min(CELL_SAMPLES, total - cell * CELL_SAMPLES);
      cells.set((await decoded(bytes.slice(from, to))).subarray(skip, skip + length), cell * CELL_SAMPLES);
    }
    if (cells.some((sample, i) => Math.abs(sample - (whole[i] ?? 0)) > 1 / 32_700))
      throw new Error(`the cells of ${url} are not the stem`);
    return cells;
  })();
  references.set(url, work);
  return work;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Where `part` is in `whole`, within `reach` samples of `near`: the lag of the largest normalised correlation. */
function find(part: Float32Array, whole: Float32Array, near: number, reach: number) {
  let best = { at: -1, likeness: -1 };
  let own = 1e-12;
  for (const sample of part) own += sample * sample;
  for (let at = Math.max(0, near - reach); at <= Math.min(whole.length - part.length, near + reach); at++) {
    let dot = 0;
    let energy = 1e-12;
    for (let i = 0; i < part.length; i++) {
      const other = whole[at + i] ?? 0;
      dot += (part[i] ?? 0) * other;
      energy += other * other;
    }
    const likeness = dot / Math.sqrt(own * energy);
    if (likeness > best.likeness) best = { at, likeness };
  }
  return best;
}

const sound = {
  seen,

  /** An engine for one of the made songs; `links` gives the query its links carry. */
  make(name: keyof typeof SECONDS, options: { durationSec?: number; initialMix?: Mix } = {}) {
    song = name;
    let asked = 0;
    engine = createEngine({
      songId: name,
      durationSec: options.durationSec ?? SECONDS[name],
      initialMix: options.initialMix,
      stems: FOUR_STEMS,
      streams: async (wish) => {
        asked++;
        seen.push(wish?.fresh ? "fresh links" : "links");
        const links = FOUR_STEMS.map((stem) => [stem, `/stems/${name}/${stem}.mp3?links=${asked}`]);
        return Object.fromEntries(links) as Record<Stem, string>;
      },
    });
    engine.subscribe(() => seen.push(engine.state().playing));
    return sound;
  },

  engine: () => engine,

  /** A take of `samples` that begins `offsetMs` into the song; its windows are files of 5 s. */
  take(samples: Float32Array, offsetMs: number): TakeSource {
    const size = 5 * SAMPLE_RATE;
    const window = async (index: number) => {
      const part = samples.subarray(index * size, (index + 1) * size);
      if (!part.length) return null;
      const pcm = Int16Array.from(part, (sample) => Math.round(sample * 32_767));
      return new Blob([wavHeader(part.length, { channels: 1 }) as Uint8Array<ArrayBuffer>, pcm]).arrayBuffer();
    };
    return { stem: TAKE, offsetMs, windowSeconds: 5, window };
  },

  /** Noise, the same each time: any piece of it says where it is from. */
  noise(seconds: number): Float32Array {
    let state = 12_345;
    return Float32Array.from({ length: seconds * SAMPLE_RATE }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      return (0.3 * state) / 2 ** 31;
    });
  },

  /** A recorded stem by its name. */
  track: ({ tracks, stems }: Heard, stem: Stem) => tracks[stems.indexOf(stem) + 1] ?? new Float32Array(),

  async until(condition: (engine: Engine) => boolean, ms = 60_000): Promise<void> {
    const end = performance.now() + ms;
    while (!condition(engine)) {
      if (performance.now() > end)
        throw new Error(`waited in vain; ${JSON.stringify(engine.state())}, at ${engine.position()}`);
      await wait(10);
    }
  },

  async record(): Promise<void> {
    const output = engine.output();
    if (!output) throw new Error("no graph yet");
    const { context, node, stems } = output;
    await context.audioWorklet.addModule(recorderUrl);
    const count = 1 + stems.size;
    const recorder = new AudioWorkletNode(context, "recorder", { numberOfInputs: count, numberOfOutputs: 0 });
    [node, ...stems.values()].forEach((one, i) => one.connect(recorder, 0, i));
    const quanta: { frame: number; left: (Float32Array | null)[] }[] = [];
    // The first quanta may come from before all inputs were connected.
    let connected = false;
    recorder.port.onmessage = ({ data }) => connected && quanta.push(data);
    await wait(50);
    connected = true;
    stopRecording = () => {
      recorder.port.onmessage = null;
      [node, ...stems.values()].forEach((one) => one.disconnect(recorder));
      const tracks = Array.from({ length: count }, (_, track) => {
        const all = new Float32Array(quanta.length * 128);
        quanta.forEach(({ left }, i) => left[track] && all.set(left[track], i * 128));
        return all;
      });
      return { frame: quanta[0]?.frame ?? 0, tracks, stems: [...stems.keys()] };
    };
  },

  async recorded(): Promise<Heard> {
    await wait(150); // what is under way to this thread
    if (!stopRecording) throw new Error("nothing is being recorded");
    const heard = stopRecording();
    stopRecording = null;
    return heard;
  },

  /**
   * Where in the song a recorded stem is at an index: 512 samples of noise, looked for within a second of `near`.
   * Sample number, or -1 where nothing is alike.
   */
  async locate(heard: Heard, index: number, near: number, stem: Stem = "drums"): Promise<number> {
    const part = sound.track(heard, stem).subarray(index, index + 512);
    const found = find(part, await reference(stem), Math.round(near), SAMPLE_RATE);
    return found.likeness > 0.9 ? found.at : -1;
  },

  /** The frame that reaches the ear now, by the browser's own stamp, and what the engine says is heard. */
  stamp(): { frame: number; position: number } {
    const context = engine.output()?.context;
    const { contextTime = 0, performanceTime = 0 } = context?.getOutputTimestamp() ?? {};
    const position = engine.position();
    return { frame: (contextTime + (performance.now() - performanceTime) / 1000) * SAMPLE_RATE, position };
  },

  /**
   * 50 mutes and 20 seeks; then, at some moments, how far the position is from what the signal says, in ms, and where
   * each stem is by its own signal, in samples.
   */
  async mutesAndSeeks(): Promise<{ drifts: number[]; places: number[][] }> {
    await engine.play();
    await sound.until((one) => one.state().playing === "playing");
    for (let i = 0; i < 50; i++) {
      engine.setMix({ muted: { ...engine.state().mix.muted, drums: i % 2 === 0, vocals: i % 3 === 0 } });
      await wait(10);
      if (i % 5 < 2) {
        engine.seek((i * 7) % 25);
        await wait(60);
      }
    }
    engine.setMix({ muted: { drums: false, bass: false, other: false, vocals: false } });
    engine.seek(12);
    await sound.until((one) => one.state().playing === "playing" && one.position() > 12.3);
    await sound.record();
    const stamps: { frame: number; position: number }[] = [];
    for (let i = 0; i < 10; i++) {
      await wait(100);
      stamps.push(sound.stamp());
    }
    const heard = await sound.recorded();
    const drifts: number[] = [];
    const places: number[][] = [];
    for (const { frame, position } of stamps.slice(2)) {
      // The stems are tapped before the guard, a quantum before they leave.
      const index = Math.round(frame) - GUARD_FRAMES - heard.frame;
      const all: number[] = [];
      for (const stem of FOUR_STEMS) all.push(await sound.locate(heard, index, position * SAMPLE_RATE, stem));
      places.push(all);
      drifts.push(position * 1000 - (all[0] ?? 0) / (SAMPLE_RATE / 1000));
    }
    return { drifts, places };
  },

  async recordFor(ms: number): Promise<Heard> {
    await sound.record();
    await wait(ms);
    return sound.recorded();
  },

  reference,
  find,
  wait,
  wholeBars,

  /** A steady grid for the made song. */
  grid(bpm: number, meter: number, first = 0) {
    const beats = { anchors: [{ t: first, beat: 0, bpm }], downbeats: [first], meter };
    const grid = makeGrid(beats, SECONDS[song as keyof typeof SECONDS]);
    if (!grid) throw new Error("no grid");
    return grid;
  },

  /** Where sounds begin: the first sample above `level` after `quiet` samples below it. */
  onsets(track: Float32Array, level: number, quiet = 8000): number[] {
    const found: number[] = [];
    let last = -Infinity;
    track.forEach((sample, i) => {
      if (Math.abs(sample) < level) return;
      if (i - last > quiet) found.push(i);
      last = i;
    });
    return found;
  },

  /** What left the master besides the stems: the click. The guard is one quantum late. */
  besides({ tracks: [master = new Float32Array(), ...stems] }: Heard): Float32Array {
    return master.subarray(GUARD_FRAMES).map((sample, i) => {
      return sample - stems.reduce((sum, stem) => sum + (stem[i] ?? 0), 0);
    });
  },

  /** Loudest sample of a stretch, in dB of full scale. */
  peakDb(track: Float32Array, from = 0, to = track.length): number {
    let peak = 1e-12;
    for (let i = from; i < to; i++) peak = Math.max(peak, Math.abs(track[i] ?? 0));
    return 20 * Math.log10(peak);
  },

  /** The strongest frequency between two, in Hz, to about a tenth: a Hann-windowed transform, searched finely. */
  frequency(track: Float32Array, low: number, high: number): number {
    const length = Math.min(track.length, 32_768);
    const power = (hz: number) => {
      let re = 0;
      let im = 0;
      for (let i = 0; i < length; i++) {
        const value = (track[i] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length));
        const angle = (2 * Math.PI * hz * i) / SAMPLE_RATE;
        re += value * Math.cos(angle);
        im += value * Math.sin(angle);
      }
      return re * re + im * im;
    };
    let best = low;
    for (const step of [1, 0.1]) {
      const [from, to] = step === 1 ? [low, high] : [best - 1, best + 1];
      let most = -1;
      for (let hz = from; hz <= to; hz += step) {
        const now = power(hz);
        if (now > most) [most, best] = [now, hz];
      }
    }
    return best;
  },
};

export type Sound = typeof sound;

declare global {
  interface Window {
    sound: Sound;
  }
}

window.sound = sound;
