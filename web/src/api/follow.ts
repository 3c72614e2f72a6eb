import type { QueryClient } from "@tanstack/react-query";
import { type Api, Problem, type Song } from "./client";
import type { Live, LiveMessage } from "./live";
import { dropSession, findSession, putSession, sessionCalls, sessionKeys } from "./sessions";
import { dropSong, findSong, keys, patchSong, readAgain, readSong, repeatFirst } from "./songs";

/** Messages about songs we do not show yet come in bursts, one for each file of an upload. */
const GATHER_MS = 400;

/** Write what the live connection says into the query cache, and read by REST what it does not say. */
export function followLive(live: Live, client: QueryClient, api: Api): void {
  let gathering: ReturnType<typeof setTimeout> | undefined;
  const readLists = () => {
    clearTimeout(gathering);
    gathering = setTimeout(() => readAgain(client, { queryKey: ["songs"] }), GATHER_MS);
  };
  // One song, not the lists: of a long library these are a hundred pages.
  const readOne = (songId: string) =>
    readSong(api, client, songId).then(
      () => client.invalidateQueries({ queryKey: [...keys.song(songId), "lyrics"] }),
      (error: unknown) => {
        if (error instanceof Problem && error.status === 404) return dropSong(client, songId);
        readLists();
        return client.invalidateQueries({ queryKey: keys.song(songId) });
      },
    );

  live.onMessage((message) => {
    // The song's page may be opening, with an answer that was read before this message.
    repeatFirst(client, { queryKey: keys.song(message.songId), exact: true });
    const song = findSong(client, message.songId);
    if (!song) return readLists();
    if (message.seq < song.seq) return;
    const change = song.status === "COMPLETED" ? ofLyrics(message) : ofSong(message);
    patchSong(client, message.songId, { seq: message.seq, ...change });
    const moved = change.status !== undefined && change.status !== song.status;
    const wordsMoved = change.lyricsStatus !== undefined && change.lyricsStatus !== song.lyricsStatus;
    // The row knows more than the message: the length and the name after the check, in the end the links and the words.
    if (moved || wordsMoved || message.type === "COMPLETED") void readOne(message.songId);
  });

  // A message about a recording says only that something is new: the session says what.
  live.onSession(({ sessionId, seq }) => {
    const queryKey = sessionKeys.one(sessionId);
    repeatFirst(client, { queryKey });
    repeatFirst(client, { queryKey: sessionKeys.list });
    const known = findSession(client, sessionId);
    if (known && seq <= known.seq) return;
    if (!client.getQueryCache().findAll({ queryKey: sessionKeys.list }).length && !known) return; // nobody looks
    void sessionCalls.get(api, sessionId).then(
      (session) => putSession(client, session),
      (error: unknown) => {
        if (error instanceof Problem && error.status === 404) return dropSession(client, sessionId);
        readAgain(client, { queryKey: sessionKeys.list });
        return client.invalidateQueries({ queryKey });
      },
    );
  });

  live.onReconnect(() => {
    for (const queryKey of [["songs"], ["song"], sessionKeys.list, ["session"]]) readAgain(client, { queryKey });
  });
}

const STARTS = { stage: null, progress: null, etaSec: null } as const;
const NO_ERROR = { errorCode: null, errorMessage: null } as const;

function ofSong(message: LiveMessage): Partial<Song> {
  switch (message.type) {
    case "QUEUED":
      return { status: "QUEUED", queuePosition: message.position, ...STARTS, ...NO_ERROR };
    case "PROCESSING_STARTED":
      return { status: "PROCESSING", queuePosition: null, ...STARTS, ...NO_ERROR };
    case "PROGRESS":
      return { status: "PROCESSING", queuePosition: null, ...ofProgress(message), ...NO_ERROR };
    case "COMPLETED":
      return { status: "COMPLETED", queuePosition: null, ...STARTS, ...NO_ERROR };
    case "FAILED":
      return {
        status: "FAILED",
        queuePosition: null,
        etaSec: null,
        errorCode: message.errorCode,
        errorMessage: message.message,
      };
    case "CANCELLED":
      return { status: "CANCELLED", queuePosition: null, ...STARTS };
  }
}

/** A complete song stays so: what is said about it is about a run for its words, or about measuring it. */
function ofLyrics(message: LiveMessage): Partial<Song> {
  switch (message.type) {
    case "QUEUED":
      return { lyricsStatus: "QUEUED", lyricsReason: null, queuePosition: message.position, ...STARTS };
    case "PROCESSING_STARTED":
      return { lyricsStatus: "PROCESSING", queuePosition: null, ...STARTS };
    case "PROGRESS":
      if (message.stage === "measure") return ofProgress(message);
      return { lyricsStatus: "PROCESSING", queuePosition: null, ...ofProgress(message) };
    default:
      return {}; // how the words came out, only the row says
  }
}

const ofProgress = (message: Extract<LiveMessage, { type: "PROGRESS" }>) => ({
  stage: message.stage as Song["stage"],
  progress: message.progress,
  etaSec: message.etaSec ?? null,
});
