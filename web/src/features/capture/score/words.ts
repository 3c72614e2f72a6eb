import type { Lyrics } from "@/api/client";
import type { Compared, Line, Score } from "./compare";

/** Above this share a line counts as in tune, even where single notes are off. */
const IN_TUNE = 0.85;
/** Cents that are worth a word, ms that are worth one, and the share of a melody under which little of it is sung. */
const [CENTS, LATE_MS, LITTLE] = [15, 50, 0.4];

/** "87 %" */
export const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** To the nearest five: more would promise more than can be heard. */
const about = (value: number) => 5 * Math.round(Math.abs(value) / 5);

/** What to make of the pitch of a line, or of all of a take. */
export function pitchWords({ pitch, cents, sung }: Compared): string {
  if (pitch === null) return sung < LITTLE ? "Not sung here" : "Too soft to hear the notes";
  if (cents !== null && Math.abs(cents) >= CENTS)
    return cents > 0
      ? `About ${about(cents)} cents high: aim a little lower`
      : `About ${about(cents)} cents low: aim a little higher`;
  if (pitch >= IN_TUNE) return "In tune";
  return cents === null ? "Sung to other notes than in the song" : "Some notes go another way: listen to them again";
}

/** What to make of its timing; null where it cannot be heard. */
export function timingWords({ lateMs }: Pick<Compared, "lateMs">): string | null {
  if (lateMs === null) return null;
  if (Math.abs(lateMs) < LATE_MS) return "On time";
  return lateMs > 0 ? `About ${about(lateMs)} ms late` : `About ${about(lateMs)} ms early`;
}

/** By how much (ms) the take should be moved so that its lines are on time; null where that would not help. */
export function moveBy({ steady, lateMs }: Pick<Score, "steady" | "lateMs">): number | null {
  return steady && lateMs !== null && Math.abs(lateMs) >= LATE_MS ? -lateMs : null;
}

/** Another key than the song's own; null for that. */
export function keyWords(key: number): string | null {
  if (!key) return null;
  const many = Math.abs(key);
  return `You sing ${many} ${many === 1 ? "semitone" : "semitones"} ${key > 0 ? "higher" : "lower"} than the song. The notes are compared in your key.`;
}

/** The lines that have a time, as they are shown: with the person's shift of all lines, and of each. */
export function linesOf({ segments, offsetMs, nudges }: Pick<Lyrics, "segments" | "offsetMs" | "nudges">): Line[] {
  return segments.flatMap(({ text, start: own, end: last, words }, index) => {
    const start = own ?? words[0]?.start;
    const end = last ?? words.at(-1)?.end;
    if (start === undefined || end === undefined || end <= start) return [];
    const by = (offsetMs + (nudges[index] ?? 0)) / 1000;
    return [{ start: start + by, end: end + by, text }];
  });
}
