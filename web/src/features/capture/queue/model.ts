import type { Trouble } from "@/api/judge";

/** Sound that is missing from a take, in sample frames of the take. */
export interface Gap {
  start: number;
  /** Silence or wrong sound in the take, from `start` on. */
  frames: number;
  /** Sound that was never recorded and has no place in the take. */
  lost: number;
  why: "missed" | "stalled" | "paused";
}

/** A take as it is kept on this device. Times in milliseconds since 1970. */
export interface Recording {
  id: string;
  /** Whose it is: it is never sent as anybody else. */
  owner: string;
  title: string;
  /** The song it was recorded along with. */
  songId: string | null;
  camera: boolean;
  sampleRate: 44100 | 48000;
  channels: 1 | 2;
  windowSeconds: 30 | 60;
  startedAt: number;
  /** `recording`: its end is not known yet. `done`: all of it has arrived; only its gaps are kept. */
  state: "recording" | "ended" | "done";
  /** Sample frames in all, once it has ended. */
  frames: number | null;
  /** Windows from the first on that have arrived and are no longer here. */
  windowsDone: number;
  gaps: Gap[];
  /** The place in the song, in ms, at which the first sample belongs. */
  offsetMs: number;
  /** Why it ended by itself, as a sentence. */
  ending: string | null;
  sessionId: string | null;
  /** When the session was asked for first; set before the answer, which may be lost. */
  askedAt: number | null;
  /** Whether the service knows how long it is. */
  closed: boolean;
  trouble: Trouble | null;
}

/** One file of a take on its way. */
export interface Part {
  id: string;
  recordingId: string;
  kind: "audio" | "frames";
  windowIndex: number;
  phase: "kept" | "granted" | "sent";
  /** Pictures in it. */
  frameCount: number;
  sentAt: number | null;
}

/** A take with what is going on with it at the moment. */
export interface RecordingView extends Recording {
  /** Parts that are still on this device. */
  waiting: number;
  /** Parts that have arrived since this page was opened. */
  arrived: number;
  active: boolean;
  /** Why it waits, as a sentence. */
  note: string | null;
}

export const partId = (recordingId: string, kind: Part["kind"], windowIndex: number) =>
  `${recordingId}/${kind}/${windowIndex}`;

export const newPart = (recordingId: string, kind: Part["kind"], windowIndex: number, frameCount = 0): Part => ({
  ...{ id: partId(recordingId, kind, windowIndex), recordingId, kind, windowIndex, frameCount },
  ...{ phase: "kept", sentAt: null },
});

export const BYTES_A_SAMPLE = 2;
export const windowFrames = ({ windowSeconds, sampleRate }: Pick<Recording, "windowSeconds" | "sampleRate">) =>
  windowSeconds * sampleRate;
/** 60 s of mono or 30 s of stereo stay below the 10 MiB that one file may have. */
export const windowSecondsOf = (channels: 1 | 2) => (channels === 1 ? 60 : 30);
/** The service's limits: windows of a session, and minutes. */
export const MAX_WINDOWS = 600;
export const MAX_MINUTES = 180;
