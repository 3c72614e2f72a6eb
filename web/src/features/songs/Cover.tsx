import { AudioLines, Ban, Clock, type LucideIcon, TriangleAlert } from "lucide-react";
import type { Song } from "@/api/client";
import { useArtwork } from "@/api/details";
import { Sleeve } from "@/components/Sleeve";
import { type Standing, standing } from "./words";
import css from "./Cover.module.css";

const ICONS: Record<Exclude<Standing["tone"], "ready">, LucideIcon> = {
  active: AudioLines,
  waiting: Clock,
  failed: TriangleAlert,
  stopped: Ban,
};

/** A song's cover, and over it a sign where the song cannot be played (yet). */
export function Cover({ song, size = "small" }: { song: Song; size?: "small" | "large" }) {
  const { tone } = standing(song);
  const picture = useArtwork(song, size);
  const Icon = tone === "ready" ? null : ICONS[tone];
  return (
    <span className={css.cover} data-tone={tone}>
      <Sleeve seed={song.songId} camelot={song.camelot} bpm={song.tempoBpm} picture={picture} />
      {Icon && (
        <span className={css.sign} aria-hidden="true">
          <Icon size={size === "small" ? 20 : 32} />
        </span>
      )}
    </span>
  );
}
