import type { Song } from "@/api/client";
import { isUnreadable } from "@/api/songs";
import { labelOf } from "@/lib/stages";
import { wait } from "@/lib/time";

/** The state of a song as text. `progress` (0–100, null: unknown) only while something is worked on. */
export interface Standing {
  tone: "ready" | "active" | "waiting" | "failed" | "stopped";
  text: string;
  detail?: string;
  progress?: number | null;
}

export const titleOf = (song: Song): string =>
  song.title?.trim() || (isUnreadable(song) ? "Unreadable song" : "Untitled");

export const songPath = ({ songId }: Pick<Song, "songId">) => `/songs/${songId}`;

export const detailsPath = ({ songId }: Pick<Song, "songId">) => `/details/${songId}`;

/** What the person can do about a song that did not work out. */
export type Remedy = "retry" | "another-file" | "retry-lyrics";

/** A file that was refused, or turned out to be damaged, stays so however often it is tried. */
const OF_THE_FILE = ["UNSUPPORTED_FORMAT", "TOO_LARGE", "TOO_LONG", "TOO_SHORT", "CORRUPT_AUDIO", "SILENT_AUDIO"];

export function remedyOf(song: Song): Remedy | undefined {
  if (song.status === "CANCELLED") return "retry";
  if (song.status === "FAILED")
    return song.attempt === 0 || OF_THE_FILE.includes(song.errorCode ?? "") ? "another-file" : "retry";
  return song.status === "COMPLETED" && song.lyricsStatus === "FAILED" ? "retry-lyrics" : undefined;
}

export const canCancel = (song: Song): boolean => song.status === "QUEUED" || song.status === "PROCESSING";

function queued({ queuePosition }: Song): string {
  if (queuePosition === null) return "In the queue";
  return queuePosition <= 1 ? "Next in the queue" : `Number ${queuePosition} in the queue`;
}

function worked({ progress, etaSec }: Song): string | undefined {
  const said = [
    progress === null ? "" : `${Math.round(progress)} %`,
    etaSec === null ? "" : `${wait(etaSec)} left in this step`,
  ];
  return said.filter(Boolean).join(" · ") || undefined;
}

export function standing(song: Song): Standing {
  switch (song.status) {
    case "PENDING_UPLOAD":
      return { tone: "waiting", text: "Waiting for its file, or checking it" };
    case "QUEUED":
      return { tone: "waiting", text: queued(song) };
    case "PROCESSING":
      return {
        tone: "active",
        text: song.stage ? labelOf(song.stage) : "Getting ready",
        detail: worked(song),
        progress: song.stage ? song.progress : null,
      };
    case "FAILED":
      return { tone: "failed", text: "Failed", detail: song.errorMessage ?? "Something went wrong." };
    case "CANCELLED":
      return { tone: "stopped", text: "Cancelled" };
    case "UNREADABLE":
      return { tone: "failed", text: "Unreadable", detail: song.errorMessage ?? "This song's record is damaged." };
    case "COMPLETED":
      return { tone: "ready", ...ofLyrics(song) };
  }
}

/** A finished song plays, even while its lyrics are written or have failed. */
function ofLyrics(song: Song): Omit<Standing, "tone"> {
  switch (song.lyricsStatus) {
    case "QUEUED":
      return { text: "Ready", detail: `Lyrics: ${queued(song).toLowerCase()}` };
    case "PROCESSING":
      return {
        text: "Ready",
        detail: ["Writing the lyrics", worked(song)].filter(Boolean).join(" · "),
        progress: song.progress,
      };
    case "FAILED":
      return { text: "Ready", detail: song.lyricsReason ?? "The lyrics could not be written." };
    case "INSTRUMENTAL":
      return { text: "Ready", detail: "Instrumental" };
    default:
      return { text: "Ready" };
  }
}

const SAME_YEAR = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const OTHER_YEAR = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });

/** When a song was brought, as short as it is clear: "Today", "Yesterday", "3 May", "3 May 2024". */
export function day(iso: string, now = new Date()): string {
  const then = new Date(iso);
  const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const days = Math.round((midnight(now) - midnight(then)) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return (then.getFullYear() === now.getFullYear() ? SAME_YEAR : OTHER_YEAR).format(then);
}
