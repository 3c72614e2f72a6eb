import type { Song } from "@/api/client";
import { SURE } from "@/lib/measuring";

/** A figure as it is shown, and as it is read aloud. */
export interface Figure {
  text: string;
  spoken: string;
}

/** A person's own value, and one from before there were confidences, have none: they stand as they are. */
const isDoubtful = (confidence: number | null | undefined) => typeof confidence === "number" && confidence < SURE;

/** "128", or "about 128"; undefined where it was not measured. */
export function tempoOf(song: Song): Figure | undefined {
  if (typeof song.tempoBpm !== "number") return undefined;
  const bpm = Math.round(song.tempoBpm);
  return isDoubtful(song.tempoConfidence)
    ? { text: `about ${bpm}`, spoken: `perhaps ${bpm} beats per minute` }
    : { text: `${bpm}`, spoken: `${bpm} beats per minute` };
}

/** "F♯ minor" and "11A", or with a question mark; undefined where it was not measured. */
export function keyOf(song: Song): (Figure & { camelot: string }) | undefined {
  if (!song.musicKey) return undefined;
  const camelot = song.camelot ?? "";
  const [hour, letter] = [camelot.slice(0, -1), camelot.slice(-1)];
  const place = camelot && `, Camelot ${hour} ${letter}`;
  const name = spelt(song.musicKey);
  return isDoubtful(song.keyConfidence)
    ? { text: `${name}?`, camelot, spoken: `key perhaps ${aloud(song.musicKey)}${place}` }
    : { text: name, camelot, spoken: `key ${aloud(song.musicKey)}${place}` };
}

/** "Eb minor" → "E♭ minor". */
export const spelt = (key: string): string => key.replace(/^([A-G])#/, "$1♯").replace(/^([A-G])b/, "$1♭");

const aloud = (key: string) => key.replace(/^([A-G])#/, "$1 sharp").replace(/^([A-G])b/, "$1 flat");

/** "3:05" as it is read aloud. */
export function lengthAloud(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  const parts = [minutes && count(minutes, "minute"), (whole % 60 || !minutes) && count(whole % 60, "second")];
  return `length ${parts.filter(Boolean).join(" ")}`;
}

/** Whether a finished song can be measured, was not, and does not wait for it. */
export const isUnmeasured = ({ status, measuredAt, measureStatus }: Song): boolean =>
  status === "COMPLETED" && !measuredAt && measureStatus !== "QUEUED" && measureStatus !== "PROCESSING";

const count = (number: number, unit: string) => `${number} ${unit}${number === 1 ? "" : "s"}`;
