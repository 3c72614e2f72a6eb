import type { Song } from "@/api/client";
import { gainOf, type Mix, RHYTHM, type Stem, VOICE } from "@/audio/engine";
import type { Job } from "@/audio/render";
import { lookOf } from "@/lib/stems";
import { isTake } from "@/lib/takes";
import { fileName } from "@/lib/fileNames";

/** One file that can be made or fetched. */
export interface Takeable {
  id: string;
  /** As the file will be called. */
  name: string;
  /** About how large it will be. */
  bytes: number;
  /** About how much has to be loaded for it. */
  loads: number;
  job: Job;
}

type Named = Pick<Song, "artist" | "title" | "durationSec">;

const RATE = 44_100;
/** Of the streamable encoding: 128 kbit/s. */
const MP3_BYTES_A_SECOND = 16_000;
const wavBytes = (seconds: number) => 44 + Math.round(seconds * RATE) * 4;

/** 32_400_000 → "32 MB". */
export function megabytes(bytes: number): string {
  const mb = bytes / 1e6;
  return `${mb < 10 ? Math.max(0.1, mb).toFixed(1) : Math.round(mb)} MB`;
}

type Stems = readonly Stem[];
const gainsOf = (stems: Stems, gain: (stem: Stem) => number): Record<Stem, number> =>
  Object.fromEntries(stems.map((stem) => [stem, gain(stem)]));
const nameOf = (stem: Stem) => lookOf(stem).label;
const percent = (value: number) => `${Math.round(value * 100)}%`;
const signed = (key: number) => (key > 0 ? `+${key}` : `−${-key}`);

function mixDown(song: Named, id: string, what: string, job: Job & { kind: "mix" }): Takeable {
  const seconds = song.durationSec ?? 0;
  const heard = Object.entries(job.gains).filter(([stem, gain]) => gain > 0 && !isTake(stem)).length;
  return {
    id,
    name: fileName(song, what, "wav"),
    bytes: wavBytes(seconds / job.speed),
    loads: heard * wavBytes(seconds),
    job,
  };
}

/** The current mix: faders, mutes and solos, speed and key. The master is for listening and stays out of it. */
export function yourMix(song: Named, stems: Stems, mix: Mix): Takeable {
  const gains = gainsOf(stems, (stem) => gainOf(mix, stem));
  const changed = stems.filter((stem) => gains[stem] !== 1);
  const takes = stems.some((stem) => isTake(stem) && gains[stem] !== 0);
  const karaoke = changed.length === 1 && gains[VOICE] === 0;
  const kind = takes ? "with my take" : karaoke ? "karaoke" : changed.length ? "my mix" : "mix";
  const what = [
    kind,
    ...(mix.speed === 1 ? [] : [`speed ${percent(mix.speed)}`]),
    // A plain hyphen: a minus sign is one more thing that file systems may trip over.
    ...(mix.key === 0 ? [] : [`key ${mix.key > 0 ? "+" : ""}${mix.key}`]),
  ].join(", ");
  return mixDown(song, "mix", what, { kind: "mix", gains, speed: mix.speed, key: mix.key });
}

/** What is in the mix, in words. */
export function wordsOf(stems: Stems, mix: Mix): string {
  const gains = gainsOf(stems, (stem) => gainOf(mix, stem));
  const heard = stems.filter((stem) => gains[stem] !== 0);
  const silent = stems.filter((stem) => gains[stem] === 0);
  if (!heard.length) return "Everything is muted: turn a part up to save a mix.";
  const plain = !silent.length && stems.every((stem) => gains[stem] === 1);
  const parts = plain
    ? ["All parts as they are"]
    : [
        heard.map((stem) => nameOf(stem) + (gains[stem] === 1 ? "" : ` ${percent(gains[stem] ?? 0)}`)).join(", "),
        ...(silent.length ? [`without ${silent.map((stem) => nameOf(stem).toLowerCase()).join(", ")}`] : []),
      ];
  if (mix.speed !== 1) parts.push(`speed ${percent(mix.speed)}`);
  if (mix.key !== 0) parts.push(`key ${signed(mix.key)}${heard.includes(RHYTHM) ? ", drums as they are" : ""}`);
  return parts.join(" · ");
}

/** All but one part, as it was separated. */
export function allBut(song: Named, stems: Stems, left: Stem): Takeable {
  const gains = gainsOf(stems, (stem) => (stem === left ? 0 : 1));
  return mixDown(song, `without-${left}`, left === VOICE ? "karaoke" : `without ${left}`, {
    kind: "mix",
    gains,
    speed: 1,
    key: 0,
  });
}

/** One part alone: the master, or the smaller file that the player streams. */
export function part(song: Named, stem: Stem, ending: "wav" | "mp3"): Takeable {
  const seconds = song.durationSec ?? 0;
  const bytes = ending === "wav" ? wavBytes(seconds) : seconds * MP3_BYTES_A_SECOND;
  const name = fileName(song, stem, ending);
  return { id: `part-${stem}`, name, bytes, loads: bytes, job: { kind: "file", file: `${stem}.${ending}` } };
}

export const LYRICS = [
  { format: "lrc", label: "LRC, line by line", what: "", ending: "lrc" },
  { format: "lrc-enhanced", label: "LRC, word by word", what: "word by word", ending: "lrc" },
  { format: "srt", label: "SRT subtitles", what: "", ending: "srt" },
  { format: "vtt", label: "WebVTT subtitles", what: "", ending: "vtt" },
  { format: "ass", label: "ASS karaoke subtitles", what: "karaoke", ending: "ass" },
  { format: "txt", label: "Plain text", what: "lyrics", ending: "txt" },
  { format: "json", label: "JSON, everything known", what: "lyrics", ending: "json" },
] as const;
export type LyricsFile = (typeof LYRICS)[number];
