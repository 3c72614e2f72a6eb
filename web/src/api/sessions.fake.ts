import type { RecordingSession } from "./sessions";

/** A finished recording for tests: one window of ten seconds. */
export function aSession(sessionId: string, change: Partial<RecordingSession> = {}): RecordingSession {
  return {
    sessionId,
    title: `Take ${sessionId}`,
    songId: null,
    captureMode: "audio_only",
    status: "READY",
    sampleRate: 44_100,
    channels: 1,
    sampleFormat: "s16",
    windowSeconds: 60,
    startedAt: "2026-01-31T08:15:00.000Z",
    updatedAt: "2026-01-31T08:15:30.000Z",
    offsetMs: 0,
    durationSec: 10,
    windows: 1,
    takenAs: null,
    seq: 4,
    errorCode: null,
    pitchStatus: null,
    present: [0],
    presentFrames: [],
    ingested: [0],
    failed: [],
    missing: [],
    gaps: [],
    recorderGaps: [],
    links: [
      {
        windowIndex: 0,
        figuresUrl: "https://s3.example/figures",
        streamUrl: "https://s3.example/stream",
        framesUrl: null,
      },
    ],
    takeUrl: "https://s3.example/take",
    pitchUrl: null,
    urlsExpireAt: "2100-01-01T00:00:00.000Z",
    ...change,
  };
}
