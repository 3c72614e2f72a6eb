import { type QueryClient, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { data, Problem, type Song } from "./client";
import { useApi } from "./context";
import type { components } from "./schema";
import { keys } from "./songs";

export type SongDetails = components["schemas"]["Details"];

/** Links to pictures work for 15 minutes; a picture that was shown stays in the browser's memory. */
const GOOD_FOR_MS = 600_000;
/** How long (ms) a cover is in the page before its picture is asked for: what only flies by asks for nothing. */
const RESTS_MS = 250;

const keyOf = (songId: string) => [...keys.song(songId), "details"] as const;

/** What the file says of a song, and links to its picture. */
export function useDetails(songId: string, { enabled = true } = {}) {
  const api = useApi();
  return useQuery({
    queryKey: keyOf(songId),
    enabled,
    staleTime: GOOD_FOR_MS,
    queryFn: ({ signal }) => data(api.GET("/songs/{songId}/details", { params: { path: { songId } }, signal })),
    retry: (count, error) => !(error instanceof Problem && error.status >= 400 && error.status < 500) && count < 3,
  });
}

/** The address of the song's small or large picture; null for a song that has none, or as long as it is not known. */
export function useArtwork({ songId, artworkAt }: Song, size: "small" | "large"): string | null {
  const [rests, setRests] = useState(false);
  const has = Boolean(artworkAt);
  useEffect(() => {
    if (!has) return;
    const timer = setTimeout(() => setRests(true), RESTS_MS);
    return () => clearTimeout(timer);
  }, [has]);
  const { data: details } = useDetails(songId, { enabled: has && rests });
  const artwork = has ? details?.artwork : null;
  return artwork ? artwork[`${size}Url`] : null;
}

/** Read a song's details again: a person has changed them. */
export function readDetailsAgain(client: QueryClient, songId: string): void {
  void client.invalidateQueries({ queryKey: keyOf(songId) });
}
