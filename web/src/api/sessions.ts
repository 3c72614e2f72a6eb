import {
  type InfiniteData,
  keepPreviousData,
  type QueryClient,
  replaceEqualDeep,
  useInfiniteQuery,
  useQuery,
} from "@tanstack/react-query";
import { type Api, data, Problem, type Song } from "./client";
import { useApi } from "./context";
import type { components } from "./schema";
import { LOOK_EVERY, useLiveState } from "./songs";

/** What lists show of a recording. Windows count from 0; `seq` grows with each change. */
export type SessionSummary = components["schemas"]["SessionSummary"];
/** A recording with its windows and links. */
export type RecordingSession = components["schemas"]["Session"];
export type SessionPage = components["schemas"]["SessionPage"];
export type NewSession = components["schemas"]["NewSession"];
export type SessionChanges = components["schemas"]["SessionChanges"];
export type WindowLink = components["schemas"]["WindowLink"];
type SessionList = InfiniteData<SessionPage, string | undefined>;

/** Everything about recordings is under ["sessions"] or ["session", id]. */
export const sessionKeys = {
  list: ["sessions"] as const,
  one: (sessionId: string) => ["session", sessionId] as const,
};

/** Whether something goes on with the recording, or is to come, without anyone doing anything here. */
export const isAwaited = ({ status, pitchStatus }: Pick<SessionSummary, "status" | "pitchStatus">): boolean =>
  status === "OPEN" || status === "CLOSED" || status === "JOINING" || pitchStatus === "WAITING";

const at = (sessionId: string, signal?: AbortSignal) => ({ params: { path: { sessionId } }, signal });
const window = (sessionId: string, windowIndex: number, signal?: AbortSignal) => ({
  params: { path: { sessionId }, query: { windowIndex } },
  signal,
});

/** The calls. Each rejects with Problem. */
export const sessionCalls = {
  create: (api: Api, body: NewSession, signal?: AbortSignal): Promise<RecordingSession> =>
    data(api.POST("/sessions", { body, signal })),
  get: (api: Api, sessionId: string, signal?: AbortSignal): Promise<RecordingSession> =>
    data(api.GET("/sessions/{sessionId}", at(sessionId, signal))),
  page: (api: Api, cursor?: string, signal?: AbortSignal): Promise<SessionPage> =>
    data(api.GET("/sessions", { params: { query: { cursor } }, signal })),
  change: (api: Api, sessionId: string, body: SessionChanges): Promise<SessionSummary> =>
    data(api.PATCH("/sessions/{sessionId}", { ...at(sessionId), body })),
  /** A link that takes one WAV file, once, within 300 s. */
  grantAudio: (
    api: Api,
    sessionId: string,
    windowIndex: number,
    body: components["schemas"]["AudioWindow"],
    signal?: AbortSignal,
  ): Promise<WindowLink> =>
    data(api.POST("/sessions/{sessionId}/audio", { ...window(sessionId, windowIndex, signal), body })),
  /** The same for the window's pictures. */
  grantFrames: (
    api: Api,
    sessionId: string,
    windowIndex: number,
    body: components["schemas"]["FramesWindow"],
    signal?: AbortSignal,
  ): Promise<WindowLink> =>
    data(api.POST("/sessions/{sessionId}/frames", { ...window(sessionId, windowIndex, signal), body })),
  /** Say how much was recorded. May be repeated with the same figures. */
  close: (
    api: Api,
    sessionId: string,
    body: components["schemas"]["SessionEnd"],
    signal?: AbortSignal,
  ): Promise<SessionSummary> => data(api.POST("/sessions/{sessionId}/close", { ...at(sessionId, signal), body })),
  makeSong: (api: Api, sessionId: string, body: components["schemas"]["TakeSong"] = {}): Promise<Song> =>
    data(api.POST("/sessions/{sessionId}/song", { ...at(sessionId), body })),
  /** `keepalive`: the call outlives the page. */
  delete: (api: Api, sessionId: string, { keepalive = false } = {}): Promise<{ deleted: boolean }> =>
    data(api.DELETE("/sessions/{sessionId}", { ...at(sessionId), keepalive })),
};

/** How often (ms) to look after what no message tells: a recording that fails, or that waits a day for its windows. */
const LOOK_AFTER = 60_000;

const pause = (down: boolean, awaited: boolean) => awaited && (down ? LOOK_EVERY : LOOK_AFTER);

/** A person's recordings, newest first, page by page (50 each). */
export function useSessions({ enabled = true } = {}) {
  const api = useApi();
  const down = useLiveState() !== "open";
  return useInfiniteQuery({
    queryKey: sessionKeys.list,
    enabled,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => sessionCalls.page(api, pageParam, signal),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    structuralSharing: (before, now) =>
      replaceEqualDeep(before, newestSessions(before as SessionList | undefined, now as SessionList)),
    refetchInterval: ({ state }) => pause(down, state.data?.pages.some(({ data }) => data.some(isAwaited)) ?? false),
  });
}

/** Links are read again early (ms): they live for 300 s. */
const EARLY = 60_000;

/** One recording. Its links are good when it is read, and end after 300 s: `fetchSession` reads them anew. */
export function useSession(sessionId: string, { enabled = true } = {}) {
  const api = useApi();
  const down = useLiveState() !== "open";
  return useQuery({
    queryKey: sessionKeys.one(sessionId),
    enabled,
    queryFn: ({ signal }) => sessionCalls.get(api, sessionId, signal),
    structuralSharing: (before, now) =>
      replaceEqualDeep(before, newest(before as RecordingSession | undefined, now as RecordingSession)),
    refetchInterval: ({ state }) => pause(down, state.data !== undefined && isAwaited(state.data)),
    placeholderData: keepPreviousData,
  });
}

/** A recording with links that hold for another minute at least: from the cache, or read now. Rejects with Problem. */
export async function fetchSession(
  api: Api,
  client: QueryClient,
  sessionId: string,
  { fresh = false } = {},
): Promise<RecordingSession> {
  const known = client.getQueryData<RecordingSession>(sessionKeys.one(sessionId));
  if (!fresh && known && Date.parse(known.urlsExpireAt) - Date.now() > EARLY) return known;
  const read = await sessionCalls.get(api, sessionId);
  putSession(client, read);
  return read;
}

/** The files of a window, by what their links are called. */
export type WindowFile = "streamUrl" | "figuresUrl" | "framesUrl";

/**
 * Reads a file of a window; null where the recording has none. A link whose time is over is renewed once. Rejects with
 * Problem.
 */
export async function fetchWindow(
  api: Api,
  client: QueryClient,
  { sessionId, index, file, signal }: { sessionId: string; index: number; file: WindowFile; signal?: AbortSignal },
): Promise<ArrayBuffer | null> {
  for (let fresh = false; ; fresh = true) {
    const { links } = await fetchSession(api, client, sessionId, { fresh });
    const link = links.find(({ windowIndex }) => windowIndex === index)?.[file];
    if (!link) return null;
    const answer = await fetchFile(link, signal);
    if (answer.ok) return answer.arrayBuffer();
    if (answer.status === 404) return null;
    if (fresh) throw new Problem(answer.status, "refused", "A part of the take could not be read. Try again.");
  }
}

async function fetchFile(url: string, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "offline", "No connection. Check your network and try again.");
  }
}

/** The joined recording as FLAC; null until it is READY. Rejects with Problem. */
export async function fetchTake(api: Api, client: QueryClient, sessionId: string): Promise<Blob | null> {
  for (let fresh = false; ; fresh = true) {
    const { takeUrl } = await fetchSession(api, client, sessionId, { fresh });
    if (!takeUrl) return null;
    const answer = await fetchFile(takeUrl);
    if (answer.ok) return answer.blob();
    if (fresh) throw new Problem(answer.status, "refused", "The take could not be read. Try again.");
  }
}

/** Of two copies of a recording the newer one: an answer may have been overtaken by another. */
const newest = <S extends SessionSummary>(before: S | undefined, now: S): S =>
  before && before.seq > now.seq ? before : now;

/** A page that was read again shows nothing older than what is known. */
export function newestSessions(before: SessionList | undefined, now: SessionList): SessionList {
  if (!before) return now;
  const known = new Map(before.pages.flatMap(({ data }) => data.map((one) => [one.sessionId, one])));
  const pages = now.pages.map((page) => ({
    ...page,
    data: page.data.map((one) => newest(known.get(one.sessionId), one)),
  }));
  return { ...now, pages };
}

/** What the cache knows of a recording: the newest of its copies. */
export function findSession(client: QueryClient, sessionId: string): SessionSummary | undefined {
  const one = client.getQueryData<SessionSummary>(sessionKeys.one(sessionId));
  const listed = client
    .getQueryData<SessionList>(sessionKeys.list)
    ?.pages.flatMap(({ data }) => data)
    .find((session) => session.sessionId === sessionId);
  return one && listed ? newest(one, listed) : (one ?? listed);
}

/** Write a recording as the API has just returned it into everything that shows it; a new one heads the list. */
export function putSession(client: QueryClient, session: SessionSummary | RecordingSession): void {
  const { sessionId } = session;
  client.setQueryData<RecordingSession>(sessionKeys.one(sessionId), (before) => {
    if ("links" in session) return newest(before, session);
    return before && newest(before, { ...before, ...session });
  });
  client.setQueryData<SessionList>(sessionKeys.list, (list) => {
    if (!list) return list;
    const listed = list.pages.some(({ data }) => data.some((one) => one.sessionId === sessionId));
    const first = list.pages[0]?.data[0]?.sessionId ?? "";
    const pages = list.pages.map((page, index) => {
      const data = page.data.map((one) => (one.sessionId === sessionId ? newest(one, session) : one));
      // Ids sort by the moment of beginning, and the list shows the newest first.
      return { ...page, data: index === 0 && !listed && sessionId > first ? [session, ...data] : data };
    });
    return { ...list, pages };
  });
}

/** Take a recording that is gone out of everything that shows it. */
export function dropSession(client: QueryClient, sessionId: string): void {
  client.setQueryData<SessionList>(sessionKeys.list, (list) => {
    if (!list) return list;
    const keep = (one: SessionSummary) => one.sessionId !== sessionId;
    return { ...list, pages: list.pages.map((page) => ({ ...page, data: page.data.filter(keep) })) };
  });
  client.removeQueries({ queryKey: sessionKeys.one(sessionId) });
}
