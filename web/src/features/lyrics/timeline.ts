import type { Lyrics } from "@/api/client";

/** When lines and words are shown: seconds of the song, offset and nudges already in them. */

export type Segment = Lyrics["segments"][number];
export type Word = Segment["words"][number];

export interface Span {
  start: number;
  end: number;
}

export interface TimedLine extends Span {
  /** Its place in the document, from 0. */
  index: number;
  /** One for each word of the segment; empty where only the line has a time. */
  words: Span[];
  /** Its words' times say too little: the line is highlighted as a whole. */
  byLine: boolean;
  /** 0, or the first number that no line has that sounds at the same time: a second voice, a translation. */
  voice: number;
}

/** The lines that have a time, in the order they are sung. */
export type Timeline = readonly TimedLine[];

/** What is shown of a line whose end nothing tells (as the API's files have it). */
const SECONDS_A_WORD = 0.4;
/** A word is lit at least so long, and a shorter pause behind it does not put it out: else it would flicker. */
const SHORTEST = 0.1;
/** Lines that begin nearer to each other (seconds) sound together. */
const TOGETHER = 0.3;
/** Where a line goes on for less (seconds) into the next, it is no second voice. */
const OVERLAP = 0.5;

/** `segments` with times as they are shown: `offsetMs` and each line's own nudge added, nothing before 0. */
export function timelineOf({ segments, offsetMs, nudges }: Pick<Lyrics, "segments" | "offsetMs" | "nudges">): Timeline {
  const starts = placed(segments);
  const sorted = starts.filter((start) => start !== undefined).sort((a, b) => a - b);
  const lines: TimedLine[] = [];
  segments.forEach((segment, index) => {
    const start = starts[index];
    if (start === undefined) return;
    const by = (offsetMs + (nudges[index] ?? 0)) / 1000;
    const at = (seconds: number) => Math.max(0, seconds + by);
    const words = segment.words.map((word) => ({ start: at(word.start), end: at(Math.max(word.start, word.end)) }));
    const given = segment.end ?? segment.words.at(-1)?.end;
    const end = given !== undefined && given > start ? given : endOf(segment, start, sorted);
    lines.push({ index, start: at(start), end: at(end), words, byLine: isByLine(segment), voice: 0 });
  });
  return inVoices(lines.sort((a, b) => a.start - b.start));
}

/** Whether `line` sounds for some time with `later`, which begins when it does or after it. */
const overlaps = (line: Span, later: Span) =>
  line.end > later.start && (later.start - line.start < TOGETHER || line.end - later.start > OVERLAP);

/** `lines`, in the order of their starts, each with its voice. */
function inVoices(lines: TimedLine[]): TimedLine[] {
  let sounding: TimedLine[] = [];
  for (const line of lines) {
    sounding = sounding.filter((other) => overlaps(other, line));
    const taken = new Set(sounding.map(({ voice }) => voice));
    while (taken.has(line.voice)) line.voice++;
    sounding.push(line);
  }
  return lines;
}

/** Whether a line is better highlighted as a whole: it has no words' times, or most of them are estimates. */
export function isByLine({ words, estimated }: Segment): boolean {
  return estimated === true || words.filter((word) => !word.estimated).length <= words.length / 2;
}

/** A start for each line: its own, or between two that are known its share of the way. */
function placed(segments: readonly Segment[]): (number | undefined)[] {
  const starts = segments.map((segment) => segment.start ?? segment.words[0]?.start);
  for (let i = 1; i < starts.length; i++) {
    const above = starts[i - 1];
    if (starts[i] !== undefined || above === undefined) continue;
    let next = i + 1;
    while (next < starts.length && starts[next] === undefined) next++;
    const until = starts[next];
    if (until === undefined) break;
    starts[i] = above + Math.max(0, until - above) / (next - i + 1);
  }
  return starts;
}

/** Before the next line begins that does not sound together with this one. */
function endOf(segment: Segment, start: number, starts: readonly number[]): number {
  const end = start + Math.max(1, SECONDS_A_WORD * segment.text.split(/\s+/).length);
  const next = starts.find((other) => other >= start + TOGETHER);
  return next === undefined ? end : Math.min(end, next);
}

/** The last of `spans` (sorted by start) that has begun at `seconds`, or -1. */
export function lastBegun(spans: readonly Span[], seconds: number): number {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle] as Span).start <= seconds) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Which of a line's words is sung at `seconds`, or -1 in a pause. Of words that overlap: the one that began last. */
export function wordAt(line: TimedLine, seconds: number): number {
  const at = lastBegun(line.words, seconds);
  const word = line.words[at];
  if (!word) return -1;
  const end = Math.max(word.end, word.start + SHORTEST);
  const next = line.words[at + 1];
  const until = next && next.start - end <= SHORTEST ? Math.max(end, next.start) : end;
  return seconds < until ? at : -1;
}

/** Pauses longer than this (seconds) are shown as breaks in the karaoke view. */
export const BREAK = 4;
/** How long a line stays after its last word when a break follows. */
const LINGER = 0.8;
const LAST_LINGER = 2;

/** Of lines that all claim to sound at once, as broken files have them, so many are shown. */
const MOST_VOICES = 6;

/** The places in `timeline` of the lines that sound at `seconds`, in order. */
export function soundingAt(timeline: Timeline, seconds: number): number[] {
  const last = lastBegun(timeline, seconds);
  const found: number[] = [];
  for (let i = last; i >= 0 && found.length < MOST_VOICES; i--) {
    const line = timeline[i] as TimedLine;
    if (line.end <= seconds) continue;
    let sounds = true;
    for (let j = i + 1; j <= last && sounds; j++) sounds = overlaps(line, timeline[j] as TimedLine);
    if (sounds) found.unshift(i);
  }
  return found;
}

/**
 * What the karaoke view shows: the lines (their places in the timeline) that are sung or next, more than one where they
 * sound together; `next`, the place of the first line behind them; `pause` when there is no singing until they begin.
 */
export interface Scene {
  lines: readonly number[];
  next: number;
  pause: Span | null;
}

/** The scene at `seconds`; without lines once everything is sung, or where there is nothing to sing. */
export function sceneAt(timeline: Timeline, seconds: number): Scene {
  const next = lastBegun(timeline, seconds) + 1;
  const sounding = soundingAt(timeline, seconds);
  if (sounding.length) return { lines: sounding, next, pause: null };
  const begun = timeline.slice(0, next);
  const sung = begun.reduce((end, line) => Math.max(end, line.end), 0);
  const last = begun.flatMap((line, i) => (line.end > sung - TOGETHER ? i : []));
  const following = timeline[next];
  if (!following) return { lines: seconds < sung + LAST_LINGER ? last : [], next, pause: null };
  const together = timeline.flatMap((line, i) => (i >= next && line.start < following.start + TOGETHER ? i : []));
  const coming = { lines: together, next: next + together.length };
  const gap = following.start - sung;
  if (gap > BREAK) {
    if (last.length && seconds < sung + LINGER) return { lines: last, next, pause: null };
    return { ...coming, pause: { start: last.length ? sung + LINGER : 0, end: following.start } };
  }
  if (last.length && seconds < sung + gap / 2) return { lines: last, next, pause: null };
  return { ...coming, pause: null };
}

/** Dots that are left to show before a line that begins in `seconds`: 3, 2, 1, or 0 while it is further away. */
export function dotsAt(seconds: number): number {
  return seconds > 3 || seconds <= 0 ? 0 : Math.ceil(seconds);
}

/** How much of a word is sung at `seconds`, 0–1. */
export function sungPart({ start, end }: Span, seconds: number): number {
  if (end <= start) return seconds < start ? 0 : 1;
  return Math.min(1, Math.max(0, (seconds - start) / (end - start)));
}

/** For each word what the line's text has of it, with the white space behind it. Text is never reordered. */
export function pieces({ text, words }: Pick<Segment, "text" | "words">): string[] {
  const letters = (of: string) => of.replace(/\s+/gu, "");
  if (letters(words.map((word) => word.word).join("")) !== letters(text)) return words.map((word) => `${word.word} `);
  let rest = text;
  return words.map(({ word }) => {
    let left = letters(word).length;
    let end = 0;
    while (end < rest.length && (left > 0 || /\s/u.test(rest.charAt(end)))) if (!/\s/u.test(rest.charAt(end++))) left--;
    const piece = rest.slice(0, end);
    rest = rest.slice(end);
    return piece;
  });
}

/** Below this, what Whisper heard is more often wrong than a reader would forgive. */
const DOUBTFUL = 0.4;

/** Why a word may be wrong, as a sentence; null where nothing speaks against it. */
export function doubtOf(word: Word): string | null {
  if (word.flags?.includes("silence")) return "No voice is heard here: this word may not be sung.";
  if (word.flags?.length || (word.probability ?? 1) < DOUBTFUL) return "The machine is not sure of this word.";
  return null;
}

/** The same of a whole line. */
export function doubtOfLine(line: Segment): string | null {
  if (line.flags?.includes("rate")) return "Too many words for so short a time: this line may be wrong.";
  if (line.flags?.includes("loop")) return "The same words again and again: this line may be wrong.";
  return line.flags?.length ? "The machine is not sure of this line." : null;
}
