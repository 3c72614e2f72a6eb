/** The audio thread's module: takes the microphone's sound to 16 bit and hands it on, past the page. */
import { type CaptureOptions, type Chunk, CHUNK_FRAMES } from "./protocol";

class CaptureProcessor extends AudioWorkletProcessor {
  private readonly channels: number;
  private to: MessagePort | null = null;
  private open = true;
  private samples: Int16Array<ArrayBuffer>;
  private frame = 0;
  private filled = 0;
  private peak = 0;
  private clipped = 0;

  constructor({ processorOptions }: { processorOptions: CaptureOptions }) {
    super();
    this.channels = processorOptions.channels;
    this.samples = new Int16Array(CHUNK_FRAMES * this.channels);
    this.port.onmessage = ({ data }: MessageEvent<{ port: MessagePort } | { close: true }>) => {
      if ("port" in data) this.to = data.port;
      else this.open = false;
    };
  }

  process(inputs: Float32Array[][]): boolean {
    const input = inputs[0] ?? [];
    const frames = input[0]?.length ?? 128;
    // The clock went on without us: what follows is another chunk.
    if (this.filled > 0 && this.frame + this.filled !== currentFrame) this.send();
    if (this.filled === 0) this.frame = currentFrame;
    for (let channel = 0; channel < this.channels; channel++) {
      const from = input[channel] ?? input[0];
      for (let i = 0; i < frames; i++) {
        const value = from?.[i] ?? 0;
        const size = Math.abs(value);
        if (size > this.peak) this.peak = size;
        if (size >= 32767 / 32768) this.clipped += 1;
        this.samples[(this.filled + i) * this.channels + channel] = Math.max(
          -32768,
          Math.min(32767, Math.round(value * 32768)),
        );
      }
    }
    this.filled += frames;
    if (this.filled >= CHUNK_FRAMES) this.send();
    return this.open;
  }

  private send(): void {
    const samples = this.filled === CHUNK_FRAMES ? this.samples : this.samples.slice(0, this.filled * this.channels);
    const { frame, peak, clipped } = this;
    this.to?.postMessage({ frame, samples, peak, clipped } satisfies Chunk, [samples.buffer]);
    this.samples = new Int16Array(CHUNK_FRAMES * this.channels);
    this.filled = this.peak = this.clipped = 0;
  }
}

registerProcessor("unplugd-capture", CaptureProcessor);
