import type { Api } from "@/api/client";
import { type RecordingSession, sessionCalls, type WindowLink } from "@/api/sessions";
import { SignedOut } from "@/session/session";
import type { Gap, Part, Recording } from "./model";

/** What the queue asks of the service. Calls reject with Problem, or SignedOut. */
export interface Remote {
  open(recording: Recording): Promise<{ sessionId: string }>;
  /** A session that was opened for `recording`, whose answer had been lost. None of `known`. */
  findOpened(recording: Recording, known: ReadonlySet<string>): Promise<string | undefined>;
  grant(
    sessionId: string,
    part: Part,
    file: { sizeBytes: number; sha256: string },
    signal: AbortSignal,
  ): Promise<WindowLink>;
  look(sessionId: string): Promise<RecordingSession>;
  close(sessionId: string, end: { windows: number; frames: number; gaps: Gap[] }): Promise<unknown>;
  remove(sessionId: string): Promise<unknown>;
}

const CLOCKS_DIFFER_MS = 600_000;

/** `mayAct` says whether the owner of the takes is signed in: nothing is sent for another account. */
export function createRemote(service: Api, mayAct: () => boolean): Remote {
  const api = new Proxy(service, {
    get(target, name, receiver) {
      if (!mayAct()) throw new SignedOut();
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
  return {
    open: async ({ camera, sampleRate, channels, title, songId, offsetMs }) =>
      sessionCalls.create(api, {
        ...{ sampleRate, channels, title, songId, offsetMs, sampleFormat: "s16" },
        captureMode: camera ? "audio_video" : "audio_only",
      }),
    async findOpened({ title, songId, sampleRate, channels, offsetMs, askedAt }, known) {
      const { data: sessions } = await sessionCalls.page(api);
      return sessions.find(
        (one) =>
          !known.has(one.sessionId) &&
          one.status === "OPEN" &&
          one.title === title &&
          one.songId === songId &&
          one.offsetMs === offsetMs &&
          one.sampleRate === sampleRate &&
          one.channels === channels &&
          Math.abs(Date.parse(one.startedAt) - (askedAt ?? 0)) < CLOCKS_DIFFER_MS,
      )?.sessionId;
    },
    grant: async (sessionId, { kind, windowIndex, frameCount }, { sizeBytes, sha256 }, signal) =>
      kind === "audio"
        ? sessionCalls.grantAudio(api, sessionId, windowIndex, { sizeBytes, sha256 }, signal)
        : sessionCalls.grantFrames(api, sessionId, windowIndex, { sizeBytes, frameCount }, signal),
    look: async (sessionId) => sessionCalls.get(api, sessionId),
    close: async (sessionId, end) => sessionCalls.close(api, sessionId, end),
    remove: async (sessionId) => sessionCalls.delete(api, sessionId),
  };
}
