import type { Song } from "@/api/client";
import type { SongDetails } from "@/api/details";
import { isFinished, stemsOf } from "@/api/songs";
import { lookOf } from "@/lib/stems";
import { clock } from "@/lib/time";
import { keyOf, tempoOf } from "../measured";
import { day } from "../words";

/** One line of what is known; null: nothing. */
export interface Fact {
  name: string;
  text: string | null;
}

const of = (number: number | null | undefined, total: number | null | undefined): string | null =>
  number ? (total ? `${number} of ${total}` : String(number)) : null;
const signed = (value: number) => `${value > 0 ? "+" : ""}${value}`.replace("-", "−");

/** "−7.25 dB, peak 0.988": by how much the file says a player should change its loudness. */
export function gainText(gainDb: number | null | undefined, peak: number | null | undefined): string | null {
  if (typeof gainDb !== "number") return null;
  return `${signed(gainDb)} dB${typeof peak === "number" ? `, peak ${peak}` : ""}`;
}

export function sizeText(bytes: number | null | undefined): string | null {
  if (typeof bytes !== "number") return null;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** What the file and the measuring say of a song. */
export function factsOf(song: Song, details: SongDetails | undefined): Fact[] {
  const tempo = tempoOf(song);
  const key = keyOf(song);
  const { replayGain } = details ?? {};
  return [
    { name: "ISRC", text: song.isrc ?? details?.isrc ?? null },
    { name: "Track", text: of(details?.trackNumber, details?.trackTotal) },
    { name: "Disc", text: of(details?.discNumber, details?.discTotal) },
    { name: "ReplayGain, song", text: gainText(replayGain?.trackGainDb, replayGain?.trackPeak) },
    { name: "ReplayGain, album", text: gainText(replayGain?.albumGainDb, replayGain?.albumPeak) },
    { name: "Length", text: typeof song.durationSec === "number" ? clock(song.durationSec) : null },
    { name: "Tempo", text: tempo ? `${tempo.text} BPM` : null },
    { name: "Key", text: key ? [key.text, key.camelot].filter(Boolean).join(" · ") : null },
    { name: "Loudness", text: typeof song.loudnessLufs === "number" ? `${signed(song.loudnessLufs)} LUFS` : null },
    { name: "Added", text: song.uploadedAt ? day(song.uploadedAt) : null },
  ];
}

/** Which files there are of a song. */
export function filesOf(song: Song): Fact[] {
  const came = [song.originalFormat?.toUpperCase(), sizeText(song.fileSizeBytes)].filter(Boolean).join(", ");
  const stems = isFinished(song) ? stemsOf(song).map((stem) => lookOf(stem).label) : [];
  return [
    { name: "Came as", text: [song.fileName, came].filter(Boolean).join(" · ") || null },
    { name: "Whole song", text: song.mixAt ? "MP3, 320 kbit/s" : null },
    { name: "Stems, WAV and MP3", text: stems.join(", ") || null },
    { name: "Lyrics", text: song.lyricsStatus === "READY" ? "JSON, LRC, SRT, WebVTT, ASS and text" : null },
    { name: "Picture", text: song.artworkAt ? "WebP" : "None in the file: drawn from the song" },
  ];
}
