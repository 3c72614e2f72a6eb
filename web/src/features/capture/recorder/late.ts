import { deviceStore } from "@/lib/device";
import { chirp, type Found, TRUSTED } from "./latency";
import { listen } from "./microphone";

const KEY = "unplugd.latency";
const LEAD_S = 0.1;
const LONGEST_S = 1;

/** How late (ms) sound comes back for this pair of devices, as it was measured; null before. */
export function knownLatency(pair: string): number | null {
  try {
    const all = JSON.parse(deviceStore().getItem(KEY) ?? "{}") as Record<string, unknown>;
    const known = all[pair];
    return typeof known === "number" ? known : null;
  } catch {
    return null;
  }
}

function keepLatency(pair: string, ms: number): void {
  let all: Record<string, unknown> = {};
  try {
    all = JSON.parse(deviceStore().getItem(KEY) ?? "{}") as Record<string, unknown>;
  } catch {
    // It is written again.
  }
  try {
    deviceStore().setItem(KEY, JSON.stringify({ ...all, [pair]: ms }));
  } catch {
    // It holds for this visit only.
  }
}

/** Without a measurement: what the browser says of its own way. */
export const guessedLatency = (context: AudioContext): number =>
  1000 * ((context.outputLatency || 0) + (context.baseLatency || 0));

/** Plays a chirp and listens for it. Resolves with milliseconds; null when it was not heard clearly. */
export async function measureLatency(context: AudioContext, source: AudioNode, pair: string): Promise<number | null> {
  const rate = context.sampleRate;
  const sound = chirp(rate);
  const buffer = new AudioBuffer({ length: sound.length, sampleRate: rate });
  buffer.copyToChannel(sound, 0);
  const tone = new AudioBufferSourceNode(context, { buffer });
  tone.connect(context.destination);
  const start = Math.ceil((context.currentTime + LEAD_S) * rate);
  // The clock of the tone and that of the capture is the same: only the way between them is measured.
  const heard = listen(source, start, Math.round(LONGEST_S * rate) + sound.length);
  tone.start(start / rate);
  const { frame, clear } = await correlate(await heard, sound);
  if (clear < TRUSTED) return null;
  const ms = Math.round((frame / rate) * 10_000) / 10;
  keepLatency(pair, ms);
  return ms;
}

async function correlate(heard: Float32Array<ArrayBuffer>, sound: Float32Array<ArrayBuffer>): Promise<Found> {
  const worker = new Worker(new URL("./latency.worker.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise<Found>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Found>) => resolve(data);
      worker.onerror = () => reject(new Error("The measurement could not be loaded."));
      worker.postMessage({ heard, sound }, [heard.buffer]);
    });
  } finally {
    worker.terminate();
  }
}
