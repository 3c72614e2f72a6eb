import type { Engine } from "@/audio/engine";
import type { Gap } from "../queue/model";
import type { Keeping } from "../queue/useQueue";
import type { Input } from "./microphone";

/** What is recorded along with, and where it is kept. */
export interface Place {
  keeping: Keeping;
  engine: Engine | null;
  songId: string | null;
}

export interface RecorderState {
  phase: "off" | "opening" | "ready" | "starting" | "recording" | "paused" | "ending";
  /** What is wrong, or what ended the last take, as a sentence. */
  trouble: string | null;
  songId: string | null;
  inputs: readonly Input[];
  input: string | null;
  channels: 1 | 2;
  camera: boolean;
  monitor: number;
  /** How late sound comes back, and whether that was measured. */
  latencyMs: number;
  measured: boolean;
  testing: boolean;
  gaps: readonly Gap[];
  /** Minutes that the device has room for; null: not known. */
  minutesLeft: number | null;
}

/** What changes many times a second; read it in requestAnimationFrame. */
export interface Meter {
  peak: number;
  clipped: boolean;
  frames: number;
  /** Loudness of each tenth of a second of the take, 0–1; the latest ones. */
  wave: number[];
}
