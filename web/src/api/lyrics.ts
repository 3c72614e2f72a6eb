import { keepPreviousData, type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { type Api, data, type Lyrics, type LyricsChange, Problem, type Song } from "./client";
import { useApi } from "./context";
import { findSong, keys, patchSong } from "./songs";

/** What the words depend on: a run that ends changes them without a new version. */
const lyricsKey = ({ songId, lyricsVersion, lyricsStatus, completedAt }: Song) =>
  [...keys.lyrics(songId, lyricsVersion), lyricsStatus, completedAt] as const;

/** The current words; null before there are any. */
export async function fetchLyrics(api: Api, songId: string, signal?: AbortSignal): Promise<Lyrics | null> {
  try {
    const answer = await data(api.GET("/songs/{songId}/lyrics", { params: { path: { songId } }, signal }));
    return answer as Lyrics; // a string only where another format was asked for
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

/** The lyrics of `song`, read again when its row says that they have changed. */
export function useLyrics(song: Song) {
  const api = useApi();
  return useQuery({
    queryKey: lyricsKey(song),
    queryFn: ({ signal }) => fetchLyrics(api, song.songId, signal),
    placeholderData: keepPreviousData,
  });
}

export type Save = (change: LyricsChange) => Promise<Song>;

/** Sends a change and writes what follows into the cache. Rejects with Problem; 409: `change.version` is outdated. */
export function useSaveLyrics(songId: string): Save {
  const api = useApi();
  const client = useQueryClient();
  return async (change) => {
    const song = await data(api.PUT("/songs/{songId}/lyrics", { params: { path: { songId } }, body: change }));
    remember(client, song, change);
    return song;
  };
}

function remember(client: QueryClient, song: Song, { offsetMs, nudges, ...words }: LyricsChange): void {
  const before = findSong(client, song.songId);
  const isShift = !words.text && !words.file && !words.segments && !words.revert;
  const known = before && client.getQueryData<Lyrics | null>(lyricsKey(before));
  if (isShift && known?.version === words.version) {
    const moved = { ...known, version: song.lyricsVersion, offsetMs: offsetMs ?? known.offsetMs };
    client.setQueryData<Lyrics>(lyricsKey(song), { ...moved, nudges: nudges ?? known.nudges });
  }
  patchSong(client, song.songId, song);
  // A message that came before the answer has a newer `seq`, and the answer was not written.
  if ((findSong(client, song.songId)?.lyricsVersion ?? 0) < song.lyricsVersion)
    void client.invalidateQueries({ queryKey: keys.song(song.songId) });
}

/** The version that a refused change should have built on; undefined where it was refused for something else. */
export function currentVersion(error: unknown): number | undefined {
  if (!(error instanceof Problem) || error.status !== 409 || !Array.isArray(error.details)) return undefined;
  return (error.details as { current?: number }[]).find(({ current }) => current !== undefined)?.current;
}
