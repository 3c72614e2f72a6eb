import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useLayoutEffect, useState, useSyncExternalStore } from "react";
import { data, type Song } from "@/api/client";
import { useApi } from "@/api/context";
import { fetchSong, type FinishedSong, isFinished, keys, putSong, stemsOf } from "@/api/songs";
import type { EngineState, Stem } from "@/audio/engine";
import { useMeasures } from "@/api/measurements";
import { EXPECTED, musicOf } from "./music";
import { parsePeaks } from "@/audio/peaks";
import { createPlayer, type Player, type Watched } from "./player";

/** Links that end sooner than this (ms) are not worth starting with. */
const TOO_SOON = 30_000;

/** The player of a song: made when the page is there, closed when it goes. Null for the first moment. */
export function usePlayer(song: FinishedSong & Song): Player | null {
  const api = useApi();
  const queries = useQueryClient();
  const [holder] = useState(() => {
    const { songId } = song;
    const streams = async ({ fresh = false } = {}) => {
      const known = queries.getQueryData<Song>(keys.song(songId));
      if (!fresh && known && isFinished(known) && Date.parse(known.urlsExpireAt) - Date.now() > TOO_SOON)
        return links(known);
      const asked = await fetchSong(api, songId);
      if (!isFinished(asked)) throw new Error("This song has no stems any more. Go back to the library.");
      putSong(queries, asked);
      return links(asked);
    };
    return hold(() => createPlayer({ songId, durationSec: song.durationSec ?? 0, stems: stemsOf(song), streams }));
  });
  const player = useSyncExternalStore(holder.subscribe, holder.get);
  const measures = useMeasures(song);
  const durationSec = song.durationSec ?? 0;
  const expected = measures === undefined;
  // Before the page is painted: a place that is kept a moment later moves what is there.
  useLayoutEffect(
    () => player?.music.set(expected ? EXPECTED : musicOf(measures, durationSec)),
    [player, measures, expected, durationSec],
  );
  return player;
}

const links = (song: FinishedSong): Record<Stem, string> =>
  Object.fromEntries(Object.entries(song.stems).map(([stem, { streamUrl }]) => [stem, streamUrl]));

/** Lives while somebody is subscribed, so that StrictMode's second mount gets a second player and closes the first. */
function hold(make: () => Player) {
  let player: Player | null = null;
  return {
    get: () => player,
    subscribe(listener: () => void) {
      player ??= make();
      listener();
      return () => {
        player?.close();
        player = null;
      };
    },
  };
}

export const PlayerContext = createContext<Player | null>(null);

export function useStudio(): Player {
  const player = useContext(PlayerContext);
  if (!player) throw new Error("useStudio outside of PlayerContext");
  return player;
}

export function useEngineState(): EngineState {
  const { engine } = useStudio();
  return useSyncExternalStore(
    (listener) => engine.subscribe(listener),
    () => engine.state(),
  );
}

export function useWatched<T>(value: Watched<T>): T {
  return useSyncExternalStore(value.subscribe, value.get);
}

/** The song's peaks; null where there are none (yet) or they cannot be understood. */
export function usePeaks(song: FinishedSong & Song) {
  return (
    useQuery({
      queryKey: [...keys.song(song.songId), "peaks"],
      staleTime: Infinity,
      queryFn: async ({ signal }) => {
        const answer = await fetch(song.peaksUrl, { signal });
        if (!answer.ok) throw new Error(`peaks.json: ${answer.status}`);
        return parsePeaks(await answer.json());
      },
    }).data ?? null
  );
}

export function usePresets() {
  const api = useApi();
  return useQuery({
    queryKey: keys.presets,
    staleTime: Infinity,
    queryFn: ({ signal }) => data(api.GET("/presets", { signal })),
  });
}
