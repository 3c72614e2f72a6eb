/** Hands on every quantum of its inputs with its frame: what the tests measure. */
class Recorder extends AudioWorkletProcessor {
  process(inputs: Float32Array[][]): boolean {
    this.port.postMessage({ frame: currentFrame, left: inputs.map((input) => input[0]?.slice() ?? null) });
    return true;
  }
}

registerProcessor("recorder", Recorder);
