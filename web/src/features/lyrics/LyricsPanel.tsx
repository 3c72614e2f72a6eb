import type { Song } from "@/api/client";
import type { FinishedSong } from "@/api/songs";
import type { Engine } from "@/audio/engine";
import { Notice } from "@/components/Notice";
import { Skeleton } from "@/components/Progress";
import { useLyrics } from "./useLyrics";
import { Words } from "./Words";

/** The words of a song, in time with what is heard. */
export function LyricsPanel({ song, engine }: { song: FinishedSong & Song; engine: Engine }) {
  const { data: lyrics, error } = useLyrics(song);
  if (error) return <Notice tone="error">{error.message}</Notice>;
  if (lyrics === undefined) return <Skeleton height="12rem" />;
  if (!lyrics) return <Notice>This song has no words yet.</Notice>;
  return <Words lyrics={lyrics} offsetMs={lyrics.offsetMs} engine={engine} />;
}
