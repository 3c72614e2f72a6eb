/** The microphone as a track, and the ways of its sound within a context. */
import captureUrl from "./capture.worklet.ts?worker&url";
import type { CaptureOptions, Chunk } from "./protocol";

/** Processing that is made for calls: it tears holes into music and shifts it. So it is off, and headphones are needed. */
const UNPROCESSED = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

export interface Input {
  id: string;
  label: string;
}

/** Asks for the microphone. Rejects with a sentence. */
export async function openMicrophone(wish: { input: string | null; channels: 1 | 2; rate: number; camera: boolean }) {
  const { input, channels, rate, camera } = wish;
  if (!navigator.mediaDevices?.getUserMedia)
    throw new Error("This browser cannot record here. It needs a secure page.");
  const audio = {
    ...UNPROCESSED,
    ...{ channelCount: { ideal: channels }, sampleRate: { ideal: rate }, latency: { ideal: 0 } },
    ...(input && { deviceId: { exact: input } }),
  };
  const video = camera && { width: { ideal: 320 }, frameRate: { ideal: 15 } };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio, video });
  } catch (error) {
    throw new Error(whyDeaf(error), { cause: error });
  }
}

function whyDeaf(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError")
    return "The page may not use the microphone. Allow it in the browser’s address bar, then try again.";
  if (name === "NotFoundError" || name === "OverconstrainedError")
    return "There is no such microphone any more. Connect one, or choose another.";
  if (name === "NotReadableError") return "Another program holds the microphone. Close it there, then try again.";
  return "The microphone could not be opened. Try again.";
}

/** Names are known only once the microphone may be used. */
export async function listInputs(): Promise<Input[]> {
  const all = await navigator.mediaDevices.enumerateDevices();
  return all
    .filter(({ kind, deviceId }) => kind === "audioinput" && deviceId)
    .map(({ deviceId: id, label }, index) => ({ id, label: label || `Microphone ${index + 1}` }));
}

/** Hands the source's sound to a port, chunk by chunk, until it is stopped. */
export async function captureTo(source: AudioNode, channels: 1 | 2, port: MessagePort): Promise<() => void> {
  const context = source.context as AudioContext;
  await context.audioWorklet.addModule(captureUrl);
  const node = new AudioWorkletNode(context, "unplugd-capture", {
    ...{ numberOfOutputs: 0, channelCount: channels, channelCountMode: "explicit" },
    processorOptions: { channels } satisfies CaptureOptions,
  });
  node.port.postMessage({ port }, [port]);
  source.connect(node);
  return () => {
    source.disconnect(node);
    node.port.postMessage({ close: true });
  };
}

/** What the source gives from a frame of its context's clock on, for so many frames; zeros where there was nothing. */
export async function listen(source: AudioNode, from: number, frames: number): Promise<Float32Array<ArrayBuffer>> {
  const { port1, port2 } = new MessageChannel();
  const heard = new Float32Array(frames);
  const all = new Promise<void>((done) => {
    port1.onmessage = ({ data: { frame, samples } }: MessageEvent<Chunk>) => {
      samples.forEach((sample, i) => {
        const at = frame + i - from;
        if (at >= 0 && at < frames) heard[at] = sample / 32768;
      });
      if (frame + samples.length >= from + frames) done();
    };
  });
  const stop = await captureTo(source, 1, port2);
  await all;
  stop();
  port1.close();
  return heard;
}

/** The browser's own capture, where it shows it (Chromium). */
export function showTrack(track: MediaStreamTrack): ReadableStream<AudioData> | null {
  const { MediaStreamTrackProcessor: Processor } = globalThis as unknown as {
    MediaStreamTrackProcessor?: new (options: { track: MediaStreamTrack; maxBufferSize: number }) => {
      readable: ReadableStream<AudioData>;
    };
  };
  try {
    return Processor ? new Processor({ track, maxBufferSize: 1000 }).readable : null;
  } catch {
    return null;
  }
}
