import type { AudioFile } from "./fixtures";

/** One voice of a made sound: a sine, or noise where `hz` is 0. */
export interface Part {
  hz: number;
  /** Seconds; from the start to the end where they are not given. */
  from?: number;
  to?: number;
  /** 0 to 1. */
  level?: number;
}

/** A stereo 16-bit WAV at 44.1 kHz of sines and noise: sounds whose frequencies a test knows. */
export function makeAudio(seconds: number, parts: Part[] = [{ hz: 440 }], name = "made.wav"): AudioFile {
  const rate = 44_100;
  const frames = Math.round(seconds * rate);
  const view = new DataView(new ArrayBuffer(44 + frames * 4));
  const word = (at: number, text: string) =>
    [...text].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  word(0, "RIFF");
  view.setUint32(4, 36 + frames * 4, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 2, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 4, true);
  view.setUint16(32, 4, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, frames * 4, true);
  let seed = 1;
  // The same noise every time (xorshift).
  const noise = () => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return (seed | 0) / 2 ** 31;
  };
  for (let frame = 0; frame < frames; frame++) {
    const time = frame / rate;
    let sum = 0;
    for (const { hz, from = 0, to = seconds, level = 0.3 } of parts) {
      if (time < from || time >= to) continue;
      sum += level * (hz ? Math.sin(2 * Math.PI * hz * time) : noise());
    }
    const sample = Math.round(Math.max(-1, Math.min(1, sum)) * 32_767);
    view.setInt16(44 + frame * 4, sample, true);
    view.setInt16(46 + frame * 4, sample, true);
  }
  return { name, type: "audio/wav", bytes: new Uint8Array(view.buffer) };
}
