/**
 * signalsmith-stretch exports no more than a node: in the audio thread its module registers a processor and nothing
 * else. That node keeps its own clock and cannot wait, so the deck drives the WebAssembly inside it. This module runs
 * before the package's: it takes the processor as it registers, on a base class that makes it an ordinary object.
 */
export interface SignalsmithWasm {
  HEAP8: Int8Array;
  exports?: { memory: WebAssembly.Memory };
  _configure(channels: number, block: number, interval: number, split: boolean): void;
  _setBuffers(channels: number, frames: number): number;
  _inputLatency(): number;
  _outputLatency(): number;
  _setTransposeSemitones(semitones: number, tonality: number): void;
  _reset(): void;
  _seek(frames: number, speed: number): void;
  _process(taken: number, given: number): void;
}

interface Processor {
  port: { postMessage(message: unknown): void };
  wasmModule: SignalsmithWasm;
}

let registered: (new (options: object) => Processor) | null = null;

const scope = globalThis as Record<string, unknown>;
const own = { AudioWorkletProcessor: scope.AudioWorkletProcessor, registerProcessor: scope.registerProcessor };
scope.AudioWorkletProcessor = class {
  port = { postMessage: () => undefined };
};
scope.registerProcessor = (_: string, processor: new (options: object) => Processor) => {
  registered = processor;
};

/** Put the scope back as it was; what the package registered. */
export function captured(): new (options: object) => Processor {
  Object.assign(scope, own);
  if (!registered) throw new Error("signalsmith-stretch registered no processor");
  return registered;
}
