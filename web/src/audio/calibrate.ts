import { DELAY_SAMPLES, SAMPLE_RATE } from "./frames";

/** Sample of web/public/calibration.mp3's WAV at which its click peaks (docs/audio.md says how it was made). */
export const CLICK_AT = 11_025;
/** No decoder is further off than its first two frames. */
const LARGEST_OFFSET = 2304;

/** Where the click was found, as the decoder's distance to the WAV's clock; the usual one if there is no clear click. */
export function offsetOf(decoded: Float32Array): number {
  let peak = 0;
  let at = -1;
  decoded.forEach((sample, i) => {
    if (Math.abs(sample) > peak) {
      peak = Math.abs(sample);
      at = i;
    }
  });
  const offset = at - CLICK_AT;
  return peak > 0.1 && offset >= 0 && offset <= LARGEST_OFFSET ? offset : DELAY_SAMPLES;
}

let known: Promise<number> | null = null;

/**
 * How many samples this browser's MP3 decoder is behind the WAV: 1105 in Chromium and Firefox. Measured with a click
 * once a tab, because another decoder may trim what ours do not.
 */
export function decoderOffset(): Promise<number> {
  known ??= measure().catch(() => {
    known = null; // no network: the next song asks again
    return DELAY_SAMPLES;
  });
  return known;
}

async function measure(): Promise<number> {
  const answer = await fetch(`${import.meta.env.BASE_URL}calibration.mp3`);
  if (!answer.ok) return DELAY_SAMPLES;
  const audio = new OfflineAudioContext(2, 1, SAMPLE_RATE);
  return offsetOf((await audio.decodeAudioData(await answer.arrayBuffer())).getChannelData(0));
}
