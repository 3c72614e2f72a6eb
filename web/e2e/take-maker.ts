/** Recordings made through the API, as a recorder makes them: windows of WAV by real PUTs. */
import { createHash } from "node:crypto";
import type { NewSession, RecordingSession, WindowLink } from "@/api/sessions";
import { wavHeader } from "@/audio/wav";
import { expect, type PersonsApi } from "./fixtures";

const RATE = 44_100;

export interface Recorded extends Partial<NewSession> {
  /** Whole numbers, interleaved; one list a window. A window that is null is never sent. */
  windows: readonly (Int16Array | Int32Array | null)[];
  /** Sample frames in all; left out, those of the windows. */
  frames?: number;
  /** JPEG pictures of each window. */
  pictures?: readonly Uint8Array[];
  /** Whether it stays open. */
  open?: boolean;
}

/** Little-endian PCM of 16 or 24 bits. */
export function pcmOf(samples: ArrayLike<number>, format: "s16" | "s24" = "s16"): Uint8Array<ArrayBuffer> {
  const width = format === "s16" ? 2 : 3;
  const pcm = new Uint8Array(samples.length * width);
  for (let i = 0; i < samples.length; i++)
    for (let byte = 0; byte < width; byte++) pcm[i * width + byte] = ((samples[i] ?? 0) >> (8 * byte)) & 0xff;
  return pcm;
}

async function put(api: PersonsApi, path: string, body: object, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const link = await api.call<WindowLink>("POST", path, body);
  const answer = await fetch(link.url, { method: "PUT", headers: link.headers, body: new Blob([bytes]) });
  expect(answer.status, await answer.text()).toBe(200);
}

/** Sends a recording and closes it. Its id; it may not be put together yet. */
export async function record(api: PersonsApi, { windows, frames, pictures, open, ...wishes }: Recorded) {
  const format = wishes.sampleFormat ?? "s16";
  const channels = wishes.channels ?? 1;
  const { sessionId } = await api.call<RecordingSession>("POST", "/sessions", {
    captureMode: pictures ? "audio_video" : "audio_only",
    sampleRate: RATE,
    channels,
    ...wishes,
  });
  let counted = 0;
  for (const [index, samples] of windows.entries()) {
    if (!samples) continue;
    const pcm = pcmOf(samples, format);
    const bits = format === "s16" ? 16 : 24;
    counted += samples.length / channels;
    const header = wavHeader(samples.length / channels, { channels, sampleRate: wishes.sampleRate ?? RATE, bits });
    const wav = new Uint8Array([...header, ...pcm]);
    const sha256 = createHash("sha256").update(wav).digest("hex");
    await put(api, `/sessions/${sessionId}/audio?windowIndex=${index}`, { sizeBytes: wav.length, sha256 }, wav);
    const frame = pictures?.[index];
    if (!frame) continue;
    const size = { sizeBytes: frame.length, frameCount: 1 };
    await put(api, `/sessions/${sessionId}/frames?windowIndex=${index}`, size, new Uint8Array(frame));
  }
  if (!open)
    await api.call("POST", `/sessions/${sessionId}/close`, { windows: windows.length, frames: frames ?? counted });
  return sessionId;
}

/** The recording once it is put together. */
export async function whenReady(api: PersonsApi, sessionId: string): Promise<RecordingSession> {
  const read = () => api.call<RecordingSession>("GET", `/sessions/${sessionId}`);
  await expect.poll(async () => (await read()).status).toBe("READY");
  return read();
}

/** Noise, another for each seed: any piece of it says where it is from. */
export function noise(frames: number, { seed = 1, full = 12_000 } = {}): Int32Array {
  let state = seed * 2_654_435_761;
  return Int32Array.from({ length: frames }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.round((state / 2 ** 31) * full);
  });
}
