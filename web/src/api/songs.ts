import { type QueryClient, type InfiniteData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { type Api, data, Problem, type Song, type SongPage } from "./client";
import type { components } from "./schema";
import { useApi } from "./context";

export type FinishedSong = components["schemas"]["FinishedSong"];
export type Status = Song["status"];
export interface SongFilter {
  status?: Status;
  q?: string;
}

/** Keys of the query cache. Everything about songs lies under ["songs"] or ["song", id]. */
export const keys = {
  songs: (filter: SongFilter = {}) => ["songs", filter] as const,
  song: (songId: string) => ["song", songId] as const,
  lyrics: (songId: string, version: number | "machine") => ["song", songId, "lyrics", version] as const,
  presets: ["presets"] as const,
};

export const isFinished = (song: Song): song is FinishedSong & Song => "stems" in song;

export function useSongs(filter: SongFilter) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: keys.songs(filter),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      data(api.GET("/songs", { params: { query: { ...filter, limit: 100, cursor: pageParam } }, signal })),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

export function fetchSong(api: Api, songId: string, signal?: AbortSignal) {
  return data(api.GET("/songs/{songId}", { params: { path: { songId } }, signal }));
}

/** One song; COMPLETED ones with their links. Fetched anew before the links end. */
export function useSong(songId: string) {
  const api = useApi();
  return useQuery({
    queryKey: keys.song(songId),
    queryFn: ({ signal }) => fetchSong(api, songId, signal),
    retry: (count, error) => !(error instanceof Problem && error.status >= 400 && error.status < 500) && count < 3,
  });
}

/** What the cache knows of a song: its page's copy, or else a list's. */
export function findSong(client: QueryClient, songId: string): Song | undefined {
  const open = client.getQueryData<Song>(keys.song(songId));
  if (open) return open;
  for (const [, list] of client.getQueriesData<InfiniteData<SongPage>>({ queryKey: ["songs"] }))
    for (const page of list?.pages ?? []) for (const song of page.data) if (song.songId === songId) return song;
  return undefined;
}

/** Write a change of a song into every list and page that shows it. An older `seq` never overwrites a newer one. */
export function patchSong(client: QueryClient, songId: string, change: Partial<Song>): void {
  const merge = <S extends Song>(song: S): S =>
    change.seq !== undefined && change.seq < song.seq ? song : { ...song, ...change };
  client.setQueriesData<InfiniteData<SongPage>>({ queryKey: ["songs"] }, (list) =>
    list
      ? {
          ...list,
          pages: list.pages.map((page) =>
            page.data.some((song) => song.songId === songId)
              ? { ...page, data: page.data.map((song) => (song.songId === songId ? merge(song) : song)) }
              : page,
          ),
        }
      : list,
  );
  client.setQueryData<Song>(keys.song(songId), (song) => (song ? merge(song) : song));
}
