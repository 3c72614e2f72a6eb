/** What the audio thread, the tape's worker and the page say to each other. Frames are of the context's clock unless said. */
import type { Gap } from "../queue/model";

/** Sound as the audio thread took it: 16 bit, interleaved. */
export interface Chunk {
  frame: number;
  samples: Int16Array<ArrayBuffer>;
  /** Loudest sample of it, 0–1. */
  peak: number;
  /** Samples at full scale. */
  clipped: number;
}

export interface CaptureOptions {
  channels: 1 | 2;
}

/** 35 quanta, a tenth of a second at 44.1 kHz: what a crash can take at most is this and what is on its way. */
export const CHUNK_FRAMES = 35 * 128;

export type ToTape =
  | {
      do: "open";
      channels: 1 | 2;
      sampleRate: number;
      windowFrames: number;
      maxFrames: number;
      /** The chunks come here. */
      port: MessagePort;
      /** What the browser's own capture gives, where it shows it. */
      track: ReadableStream<AudioData> | null;
    }
  /** The take goes on with what was captured from this frame on: at its beginning, or after a pause. */
  | { do: "write"; recordingId: string; from: number | null }
  | { do: "hold" }
  | { do: "end" };

export type FromTape =
  /** Nothing is written from here on, until it goes on. */
  | { is: "held"; frames: number }
  /** For the meter and the waveform. `frames`: length of the take so far; `writing`: whether it grew. `frame`: the end of this chunk. */
  | { is: "level"; frame: number; frames: number; writing: boolean; peak: number; clipped: number }
  | { is: "window"; windowIndex: number }
  | { is: "gap"; gap: Gap }
  /** It cannot go on: the device takes no more, or the take is as long as it may be. What was written stays. */
  | { is: "stopped"; why: "full" | "long" }
  | { is: "ended"; frames: number };
