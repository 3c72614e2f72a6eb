import type { ReactNode } from "react";
import type { Song } from "@/api/client";
import { useSong } from "@/api/songs";
import { clock } from "@/lib/time";
import { keyOf, lengthAloud, tempoOf } from "./measured";
import { standing } from "./words";
import css from "./SongRow.module.css";

/** Text that is short for the eye and plain for the ear. */
function Said({ spoken, children }: { spoken: string; children: ReactNode }) {
  return (
    <>
      <span className="visually-hidden">{spoken}</span>
      <span aria-hidden="true">{children}</span>
    </>
  );
}

export function Tempo({ song }: { song: Song }) {
  const tempo = tempoOf(song);
  if (!tempo) return null;
  return (
    <Said spoken={tempo.spoken}>
      {tempo.text}
      <span className={css.unit}> BPM</span>
    </Said>
  );
}

/** `short`: only its place on the Camelot wheel. */
export function Key({ song, short = false }: { song: Song; short?: boolean }) {
  const key = keyOf(song);
  if (!key) return null;
  return (
    <Said spoken={key.spoken}>
      {!(short && key.camelot) && `${key.text} `}
      <span className={css.camelot}>{key.camelot}</span>
    </Said>
  );
}

export function Length({ song: { durationSec } }: { song: Song }) {
  if (typeof durationSec !== "number") return null;
  return <Said spoken={lengthAloud(durationSec)}>{clock(durationSec)}</Said>;
}

/** The state of a song in words. "Ready" goes without saying for the eye: only what is not ready is worth a word. */
export function State({ song }: { song: Song }) {
  const { tone, text, detail } = standing(song);
  return (
    <>
      <span className={tone === "ready" ? "visually-hidden" : css.status}>
        {song.status === "QUEUED" && song.queuePosition === null ? <Place song={song} /> : text}
      </span>
      {detail && <span className={css.detail}>{detail}</span>}
    </>
  );
}

/** Lists leave out the position in the queue: it is requested for the songs that are shown. */
function Place({ song }: { song: Song }) {
  const { data } = useSong(song.songId);
  return standing(data?.status === "QUEUED" ? data : song).text;
}
