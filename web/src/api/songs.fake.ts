import type { Song } from "./client";

/** A song for tests. */
export function aSong(songId: string, change: Partial<Song> = {}): Song {
  return {
    songId,
    title: `Song ${songId}`,
    artist: "The Testers",
    language: null,
    status: "QUEUED",
    uploadedAt: "2026-01-31T08:15:00.000Z",
    queuedAt: null,
    startedAt: null,
    completedAt: null,
    durationSec: 180,
    originalFormat: "mp3",
    fileSizeBytes: 1000,
    model: "auto",
    lyricsModel: "auto",
    attempt: 1,
    stage: null,
    progress: null,
    seq: 1,
    errorCode: null,
    errorMessage: null,
    lyricsStatus: null,
    lyricsReason: null,
    lyricsSource: null,
    lyricsVersion: 0,
    lyricsOffsetMs: 0,
    etaSec: null,
    queuePosition: null,
    ...change,
  };
}
