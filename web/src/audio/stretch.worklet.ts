/** The audio thread's second module, loaded with the first change of speed or key: time stretching as WebAssembly. */
import { captured } from "./stretch.capture";
import "signalsmith-stretch";
import type { Stretcher } from "./stretcher";
import type { SignalsmithWasm } from "./stretch.capture";

export type MakeStretcher = (channels: number) => Promise<Stretcher>;

/** The library's default preset, with its work spread evenly over time: no quantum pays for a whole block. */
const BLOCK = 5292; // 120 ms
const INTERVAL = 1323; // 30 ms
/** Above it partials are shifted less, as the library recommends: hiss and cymbals stay where they are. */
const TONALITY_HZ = 8000;
const RATE = 44_100;

const Processor = captured();

async function load(channels: number): Promise<SignalsmithWasm> {
  const inner = new Processor({ numberOfOutputs: 1, outputChannelCount: [channels] });
  await new Promise<void>((resolve) => {
    inner.port.postMessage = () => resolve(); // "ready" is the first thing it says
  });
  return inner.wasmModule;
}

const makeStretcher: MakeStretcher = async (channels) => {
  const wasm = await load(channels);
  wasm._configure(channels, BLOCK, INTERVAL, true);
  wasm._reset();
  const inputLatency = wasm._inputLatency();
  const outputLatency = wasm._outputLatency();
  const seekFrames = inputLatency + outputLatency;
  const start = wasm._setBuffers(channels, seekFrames);
  const memory = () => (wasm.exports ? wasm.exports.memory.buffer : wasm.HEAP8.buffer);
  const views = (first: number) =>
    Array.from(
      { length: channels },
      (_, c) => new Float32Array(memory(), start + 4 * seekFrames * (first + c), seekFrames),
    );
  let input = views(0);
  let output = views(channels);
  return {
    get input() {
      // Memory that has grown is a new buffer.
      if (input[0]?.buffer !== memory()) [input, output] = [views(0), views(channels)];
      return input;
    },
    get output() {
      if (output[0]?.buffer !== memory()) [input, output] = [views(0), views(channels)];
      return output;
    },
    inputLatency,
    outputLatency,
    seekFrames,
    seek(speed) {
      wasm._seek(seekFrames, speed);
    },
    process(taken, given, semitones) {
      wasm._setTransposeSemitones(semitones, TONALITY_HZ / RATE);
      wasm._process(taken, given);
    },
  };
};

Object.assign(globalThis, { makeStretcher });
