import {
  type InfiniteData,
  type QueryClient,
  type QueryFilters,
  type QueryKey,
  replaceEqualDeep,
  useInfiniteQuery,
  useQuery,
} from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { type Api, data, Problem, type Song, type SongPage } from "./client";
import { inOrder } from "@/lib/stems";
import { useApi, useServices } from "./context";
import type { LiveState } from "./live";
import type { components } from "./schema";

/** `stems` by name: which ones there are is up to the song. */
export type FinishedSong = Omit<components["schemas"]["FinishedSong"], "stems"> & {
  stems: Record<string, { url: string; streamUrl: string }>;
};
/** What a list can be filtered by. */
export type Status = Exclude<Song["status"], "UNREADABLE">;
export interface SongFilter {
  status?: Status;
  q?: string;
  bpm?: string;
  key?: string;
  length?: string;
}
type SongList = InfiniteData<SongPage, string | undefined>;

/** Keys of the query cache. Everything about songs is under ["songs"] or ["song", id]. */
export const keys = {
  songs: (filter: SongFilter = {}) => ["songs", filter] as const,
  song: (songId: string) => ["song", songId] as const,
  lyrics: (songId: string, version: number | "machine") => ["song", songId, "lyrics", version] as const,
  presets: ["presets"] as const,
};

export const isFinished = (song: Song): song is FinishedSong & Song => "stems" in song;

/** The stems of a finished song, in the order they are shown. */
export const stemsOf = ({ stems }: Pick<FinishedSong, "stems">): string[] => inOrder(Object.keys(stems));

/** Whether the API could not read the song's row. It has an id, perhaps a title, and a sentence; it can be deleted. */
export const isUnreadable = (song: Song): boolean => song.status === "UNREADABLE";

/** Whether something goes on with the song, or is to come, without anyone doing anything. */
export const isUnderWay = (song: Song): boolean =>
  ["PENDING_UPLOAD", "QUEUED", "PROCESSING"].includes(song.status) ||
  song.lyricsStatus === "QUEUED" ||
  song.lyricsStatus === "PROCESSING";

/** How often (ms) to look while no live message can arrive. */
export const LOOK_EVERY = 15_000;

export function useLiveState(): LiveState {
  const { live } = useServices();
  return useSyncExternalStore(
    (listener) => live.onState(listener),
    () => live.state(),
  );
}

/** Newest first, page by page. `enabled: false` asks for nothing. */
export function useSongs(filter: SongFilter, { enabled = true } = {}) {
  const api = useApi();
  const down = useLiveState() !== "open";
  return useInfiniteQuery({
    queryKey: keys.songs(filter),
    enabled,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      data(api.GET("/songs", { params: { query: { ...filter, limit: 100, cursor: pageParam } }, signal })),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    structuralSharing: (before, now) =>
      replaceEqualDeep(before, newestSongs(before as SongList | undefined, now as SongList)),
    refetchInterval: ({ state }) =>
      down && state.data?.pages.some((page) => page.data.some(isUnderWay)) ? LOOK_EVERY : false,
    // While the person types, the earlier results stay on the screen.
    placeholderData: (before, query) => (query?.queryKey[1].status === filter.status ? before : undefined),
  });
}

export function fetchSong(api: Api, songId: string, signal?: AbortSignal) {
  return data(api.GET("/songs/{songId}", { params: { path: { songId } }, signal }));
}

/** Links are renewed early (ms), and within these bounds even where a clock is wrong. */
const [EARLY, SOONEST, LATEST] = [120_000, 60_000, 780_000];
/** Only the first songs of the queue get a message when their position changes. */
const PLACE_EVERY = 60_000;

/** One song; COMPLETED ones with their links. Fetched again before the links end. */
export function useSong(songId: string) {
  const api = useApi();
  const down = useLiveState() !== "open";
  return useQuery({
    queryKey: keys.song(songId),
    queryFn: ({ signal }) => fetchSong(api, songId, signal),
    structuralSharing: (before, now) => replaceEqualDeep(before, newest(before as Song | undefined, now as Song)),
    refetchInterval: ({ state }) => {
      const song = state.data;
      if (!song) return false;
      if (down && isUnderWay(song)) return LOOK_EVERY;
      if (song.status === "QUEUED") return PLACE_EVERY;
      if (!isFinished(song)) return false;
      const left = Date.parse(song.urlsExpireAt) - state.dataUpdatedAt - EARLY;
      return Math.min(LATEST, Math.max(SOONEST, left));
    },
    // The song plays on in a hidden tab.
    refetchIntervalInBackground: true,
    retry: (count, error) => !(error instanceof Problem && error.status >= 400 && error.status < 500) && count < 3,
  });
}

/** Of two copies of a song the newer one: an answer may have been overtaken by a message. */
function newest<S extends Song>(before: S | undefined, now: S): S {
  if (!before || before === now) return now;
  if (before.seq > now.seq) return before;
  if (now.status !== "QUEUED" && now.lyricsStatus !== "QUEUED") return now;
  // Lists leave the position out. Of two positions at the same `seq` the greater one is the older answer.
  const known = [before.queuePosition, now.queuePosition].filter((position) => position !== null);
  if (before.seq < now.seq) return { ...now, queuePosition: now.queuePosition ?? before.queuePosition };
  return { ...now, queuePosition: known.length ? Math.min(...known) : null };
}

/** Pages that are the same objects stay so: when the last of a hundred pages arrives, only that one is compared. */
export function newestSongs(before: SongList | undefined, now: SongList): SongList {
  if (!before) return now;
  const same = (page: SongPage, index: number) => page === before.pages[index];
  if (now.pages.every(same)) return now;
  const known = new Map(before.pages.flatMap((page) => page.data.map((song) => [song.songId, song])));
  const pages = now.pages.map((page, index) =>
    same(page, index) ? page : { ...page, data: page.data.map((song) => newest(known.get(song.songId), song)) },
  );
  return { ...now, pages };
}

const lists = (client: QueryClient) => client.getQueriesData<SongList>({ queryKey: ["songs"] });

/** What the cache knows of a song: the newest of its copies. */
export function findSong(client: QueryClient, songId: string): Song | undefined {
  let found = client.getQueryData<Song>(keys.song(songId));
  for (const [, list] of lists(client))
    for (const page of list?.pages ?? [])
      for (const song of page.data) if (song.songId === songId && (!found || song.seq > found.seq)) found = song;
  return found;
}

function changeLists(client: QueryClient, songId: string, change: (song: Song) => Song[]): void {
  client.setQueriesData<SongList>({ queryKey: ["songs"] }, (list) => {
    if (!list?.pages.some((page) => page.data.some((song) => song.songId === songId))) return list;
    const each = (song: Song) => (song.songId === songId ? change(song) : [song]);
    return { ...list, pages: list.pages.map((page) => ({ ...page, data: page.data.flatMap(each) })) };
  });
}

/** Write a change of a song into every list and page that shows it. An older `seq` never overwrites a newer one. */
export function patchSong(client: QueryClient, songId: string, change: Partial<Song>): void {
  const merge = <S extends Song>(song: S): S =>
    change.seq !== undefined && change.seq < song.seq ? song : { ...song, ...change };
  changeLists(client, songId, (song) => [merge(song)]);
  client.setQueryData<Song>(keys.song(songId), (song) => (song ? merge(song) : song));
}

/**
 * Write the details that a person has changed. They have no `seq` to compare (the API counts states, not names), so an
 * answer that was requested before the change could bring the old name back: those are requested again.
 */
export function writeDetails(
  client: QueryClient,
  { songId, title, artist, album, year, genre, language, sameAs }: Song,
): void {
  patchSong(client, songId, { title, artist, album, year, genre, language, sameAs });
  for (const queryKey of [["songs"], keys.song(songId)]) refetchPending(client, queryKey);
}

/** Request again what is being fetched at this moment: its answer may be older than what was just written. */
function refetchPending(client: QueryClient, queryKey: QueryKey): void {
  if (client.isFetching({ queryKey })) readAgain(client, { queryKey, fetchStatus: "fetching" });
}

/** Refetch what is shown and mark the rest as stale, first fetches included. */
export function readAgain(client: QueryClient, filters: QueryFilters): void {
  repeatFirst(client, filters);
  void client.invalidateQueries(filters);
}

/**
 * Let each first fetch be followed by a second one. Queries without data cannot be patched, and a fetch without data to
 * go back to cannot be restarted, so what changes while it is under way would be missed.
 */
export function repeatFirst(client: QueryClient, filters: QueryFilters): void {
  for (const { state, promise, queryKey } of client.getQueryCache().findAll({ ...filters, fetchStatus: "fetching" })) {
    const again = () => client.invalidateQueries({ queryKey, exact: true });
    if (state.data === undefined) void promise?.then(again, () => undefined);
  }
}

/** Read a song by REST and write it into the cache. Rejects with Problem. */
export async function readSong(api: Api, client: QueryClient, songId: string): Promise<Song> {
  const before = detailsOf(findSong(client, songId));
  let song = await fetchSong(api, songId);
  // Renamed while the call was under way: its answer may hold the old name.
  if (before !== detailsOf(findSong(client, songId))) song = await fetchSong(api, songId);
  putSong(client, song);
  return song;
}

const detailsOf = (song: Song | undefined) =>
  song && JSON.stringify([song.title, song.artist, song.album, song.year, song.genre, song.language]);

/** Write a song as the API has just returned it, also into the lists that it now belongs to. */
export function putSong(client: QueryClient, song: Song): void {
  // The answer to a call has no links: those that the page has stay good.
  client.setQueryData<Song>(keys.song(song.songId), (before) => {
    const after = before && newest(before, song);
    return after?.status === before?.status ? after && { ...before, ...after } : after;
  });
  changeLists(client, song.songId, (before) => [newest(before, song)]);
  for (const [key, list] of lists(client)) {
    const { status, ...search } = key[1] as SongFilter;
    if (!list || Object.values(search).some(Boolean) || (status && status !== song.status)) continue;
    const at = list.pages.findIndex((page) => !page.nextCursor || (page.data.at(-1)?.songId ?? "") <= song.songId);
    if (at < 0 || list.pages.some((page) => page.data.some(({ songId }) => songId === song.songId))) continue;
    // Ids sort by the moment of announcing, and lists show the newest first.
    const pages = list.pages.map((page, index) =>
      index === at ? { ...page, data: [...page.data, song].sort((a, b) => (a.songId < b.songId ? 1 : -1)) } : page,
    );
    client.setQueryData<SongList>(key, { ...list, pages });
  }
}

/** Take a song that is gone out of everything that shows it. */
export function dropSong(client: QueryClient, songId: string): void {
  changeLists(client, songId, () => []);
  client.removeQueries({ queryKey: keys.song(songId) });
}
