/** A take as a mix-down reads it: on the song's own clock, like a stem's master. */
import type { TakeSource } from "./engine";
import { SAMPLE_RATE, samplesOf } from "./frames";
import { RenderError } from "./render-fetch";
import { decodeWindow, TakeReader } from "./take";
import { wavHeader } from "./wav";

/** Frames at a time: 24 seconds, 4 MB. */
const STEP = 1 << 20;

/**
 * A stereo WAV of 16 bits as long as the song, with the take in its place. A 16-bit take keeps each sample. Rejects with
 * RenderError where a part of the take cannot be read, and with the signal's reason.
 */
export async function takeMaster(
  source: TakeSource,
  durationSec: number,
  signal: AbortSignal,
  decode: (flac: ArrayBuffer) => Promise<Float32Array[]> = decodeWindow,
): Promise<Blob> {
  const total = samplesOf(durationSec);
  const reader = new TakeReader(source, {
    decode,
    onLost(reason) {
      throw new RenderError("connection", `a part of the take could not be read: ${String(reason)}`);
    },
  });
  const parts: Blob[] = [new Blob([wavHeader(total, { sampleRate: SAMPLE_RATE }) as Uint8Array<ArrayBuffer>])];
  for (let at = 0; at < total; at += STEP) {
    const [left, right] = await reader.read(at, Math.min(STEP, total - at), signal);
    const pcm = new DataView(new ArrayBuffer(left.length * 4));
    left.forEach((sample, i) => {
      pcm.setInt16(i * 4, whole(sample), true);
      pcm.setInt16(i * 4 + 2, whole(right[i] ?? 0), true);
    });
    parts.push(new Blob([pcm]));
  }
  return new Blob(parts);
}

const whole = (sample: number) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768)));
