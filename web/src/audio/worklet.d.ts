/** The audio thread's globals, as far as our modules use them (TypeScript's DOM library leaves them out). */
declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}
declare function registerProcessor(
  name: string,
  processor: new (options: { processorOptions: never }) => AudioWorkletProcessor,
): void;
declare const currentFrame: number;
declare const sampleRate: number;
