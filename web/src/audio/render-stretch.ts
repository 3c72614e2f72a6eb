/** Time stretching outside of an audio graph: the player's WebAssembly, with the player's settings, block by block. */
import { captured, type SignalsmithWasm } from "./stretch.capture";
import "signalsmith-stretch";

/** Interleaved stereo in, interleaved stereo out; what comes out begins with the first sample, without a delay. */
export interface Stage {
  push(samples: Float32Array): Float32Array;
  /** What is still to come once all is in: together as many frames as `outputFrames` says. */
  end(): Float32Array;
}

export const outputFrames = (frames: number, speed: number): number => Math.round(frames / speed);

/** Samples come out as they go in. */
export const passThrough = (): Stage => ({ push: (samples) => samples, end: () => new Float32Array() });

/** Frames made at a time. */
const STEP = 1024;
/** As the player does (stretch.worklet.ts), at any sample rate. */
const [BLOCK_S, INTERVAL_S, TONALITY_HZ] = [0.12, 0.03, 8000];

const Processor = captured();

async function load(sampleRate: number): Promise<SignalsmithWasm> {
  // An AudioWorklet has this in its scope, and the package reads it there.
  Object.assign(globalThis, { sampleRate });
  const inner = new Processor({ numberOfOutputs: 1, outputChannelCount: [2] });
  await new Promise<void>((resolve) => {
    inner.port.postMessage = () => resolve(); // "ready" is the first thing it says
  });
  return inner.wasmModule;
}

/** Stretches time by 1/speed and moves the pitch by `semitones`, in bounded memory for any length. */
export async function stretch(speed: number, semitones: number, sampleRate: number): Promise<Stage> {
  const wasm = await load(sampleRate);
  wasm._configure(2, Math.round(BLOCK_S * sampleRate), Math.round(INTERVAL_S * sampleRate), false);
  wasm._reset();
  wasm._setTransposeSemitones(semitones, TONALITY_HZ / sampleRate);
  const room = Math.ceil(STEP * Math.max(1, speed)) + 1;
  const buffers = wasm._setBuffers(2, room);
  const channel = (index: number, length: number) =>
    // Looked up each time: the WASM's memory may have grown.
    new Float32Array((wasm.exports?.memory ?? wasm.HEAP8).buffer as ArrayBuffer, buffers + index * room * 4, length);

  // From silence on, what goes in at `t` comes out at `t / speed` + this many frames.
  let toDrop = Math.round(wasm._outputLatency() + wasm._inputLatency() / speed);
  let [framesIn, given, made] = [0, 0, 0];
  let held = new Float32Array();

  /** Runs whole blocks over what is held. */
  function run(): Float32Array {
    const parts: Float32Array[] = [];
    let used = 0;
    for (;;) {
      const wanted = Math.round((made + STEP) * speed) - given;
      if (used + wanted * 2 > held.length) break;
      const [left, right] = [channel(0, wanted), channel(1, wanted)];
      for (let i = 0; i < wanted; i++) {
        left[i] = held[used + i * 2] as number;
        right[i] = held[used + i * 2 + 1] as number;
      }
      wasm._process(wanted, STEP);
      used += wanted * 2;
      given += wanted;
      made += STEP;
      const skipped = Math.min(toDrop, STEP);
      toDrop -= skipped;
      const [a, b] = [channel(2, STEP), channel(3, STEP)];
      const out = new Float32Array((STEP - skipped) * 2);
      for (let i = skipped; i < STEP; i++) {
        out[(i - skipped) * 2] = a[i] as number;
        out[(i - skipped) * 2 + 1] = b[i] as number;
      }
      parts.push(out);
    }
    held = held.slice(used);
    return join(parts);
  }

  let framesOut = 0;
  return {
    push(samples) {
      framesIn += samples.length / 2;
      held = join([held, samples]);
      const out = run();
      framesOut += out.length / 2;
      return out;
    },
    end() {
      const wanted = outputFrames(framesIn, speed) - framesOut;
      const parts: Float32Array[] = [];
      for (let got = 0; got < wanted;) {
        held = join([held, new Float32Array(room * 2)]);
        const out = run();
        got += out.length / 2;
        parts.push(out);
      }
      return join(parts).slice(0, Math.max(0, wanted) * 2);
    },
  };
}

export function join(parts: Float32Array[]): Float32Array<ArrayBuffer> {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
