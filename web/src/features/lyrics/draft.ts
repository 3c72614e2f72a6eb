import type { Lyrics, LyricsChange } from "@/api/client";
import { retimed, round, without } from "./retime";
import type { Segment } from "./timeline";

/** Lyrics while a person edits them: what a line is, and what can be done to it. Nothing here changes its arguments. */

export interface DraftLine {
  /** Stays with the line while others come and go. */
  id: number;
  segment: Segment;
  /** What its words' times come from: typing may take words away and bring them back. */
  origin: Segment;
  /** Milliseconds that the line is shown later than its times say. */
  nudgeMs: number;
}

export interface Draft {
  lines: readonly DraftLine[];
  nextId: number;
}

/** What a nudge can be (ms), as the API takes it. */
const MOST_NUDGE = 60_000;
/** How long (seconds) a new line is assumed to be where no line follows. */
const NEW_LINE = 2;

export function draftOf({ segments, nudges }: Pick<Lyrics, "segments" | "nudges">): Draft {
  const lines = segments.map((segment, id) => fresh(id, segment, nudges[id] ?? 0));
  return { lines, nextId: lines.length };
}

const startOf = (line: DraftLine | undefined) => line?.segment.start ?? line?.segment.words[0]?.start;
const endOf = (line: DraftLine | undefined) => line?.segment.end ?? line?.segment.words.at(-1)?.end ?? startOf(line);

/** When line `at` is shown first (seconds, without the offset); undefined while it has no time. */
export function shownStart(line: DraftLine): number | undefined {
  const start = startOf(line);
  return start === undefined ? undefined : Math.max(0, start + line.nudgeMs / 1000);
}

function replaced(draft: Draft, at: number, ...lines: DraftLine[]): Draft {
  const nextId = Math.max(draft.nextId, ...lines.map(({ id }) => id + 1));
  return { lines: draft.lines.toSpliced(at, 1, ...lines), nextId };
}

/** Writes `text` into line `at`. Line ends in it (something was pasted) begin new lines. */
export function setText(draft: Draft, at: number, text: string): Draft {
  const line = draft.lines[at];
  if (!line) return draft;
  const [first = "", ...more] = text.split(/\r\n|\r|\n/);
  const written = replaced(draft, at, { ...line, segment: typed(line.origin, first) });
  return more.reduce((made, one, i) => setText(addAfter(made, at + i), at + i + 1, one), written);
}

/** White space at the end is kept while somebody types; `toChange` takes it out. */
function typed(segment: Segment, text: string): Segment {
  const made = retimed(segment, text);
  return made.text === text ? made : { ...made, text };
}

/** An empty line below line `at` (-1: above all), at an estimated time where its neighbours have one. */
export function addAfter(draft: Draft, at: number): Draft {
  const [above, below] = [draft.lines[at], draft.lines[at + 1]];
  const before = endOf(above) ?? (below && startOf(below) !== undefined ? 0 : undefined);
  const segment: Segment = { text: "", words: [] };
  if (before !== undefined) {
    // Starts may not go back from line to line: a line that is sung over its neighbour's end begins with that one.
    segment.start = round(Math.min(before, startOf(below) ?? before));
    segment.end = round(Math.max(segment.start, Math.min(startOf(below) ?? Infinity, segment.start + NEW_LINE)));
    segment.estimated = true;
  }
  const line = fresh(draft.nextId, segment, above?.nudgeMs ?? 0);
  return { lines: draft.lines.toSpliced(at + 1, 0, line), nextId: draft.nextId + 1 };
}

/** Two lines of line `at`, parted before character `caret` of its text. */
export function splitLine(draft: Draft, at: number, caret: number): Draft {
  const line = draft.lines[at];
  if (!line) return draft;
  const { segment } = line;
  const [head, tail] = [segment.text.slice(0, caret), segment.text.slice(caret)];
  if (!head.trim() || !tail.trim()) {
    if (head.trim()) return addAfter(draft, at);
    // An empty line above: this one keeps its words and times.
    return addAfter(draft, at - 1);
  }
  const count = wordsWithin(segment.words, head);
  const [start, end] = [startOf(line), endOf(line)];
  const cut = segment.words[count]?.start ?? (start !== undefined && end !== undefined ? (start + end) / 2 : undefined);
  const first: Segment = { ...segment, words: segment.words.slice(0, count) };
  const second: Segment = { ...without(segment, "stanza"), words: segment.words.slice(count) };
  if (cut !== undefined && start !== undefined) {
    first.end = round(Math.max(start, first.words.at(-1)?.end ?? cut));
    second.start = round(Math.min(cut, startOf(draft.lines[at + 1]) ?? cut));
    second.end = round(Math.max(cut, end ?? cut));
    if (!segment.words.length) second.estimated = true;
  }
  return replaced(
    draft,
    at,
    fresh(line.id, spelled(first, head.trimEnd()), line.nudgeMs),
    fresh(draft.nextId, spelled(second, tail.trimStart()), line.nudgeMs),
  );
}

const fresh = (id: number, segment: Segment, nudgeMs: number): DraftLine => ({ id, segment, origin: segment, nudgeMs });

/** How many of `words` lie wholly in `text`, which begins as they do. */
function wordsWithin(words: Segment["words"], text: string): number {
  let left = text.replace(/\s+/gu, "").length;
  const over = words.findIndex(({ word }) => (left -= word.replace(/\s+/gu, "").length) < 0);
  return over < 0 ? words.length : over;
}

/** `segment` with `text`; its words are made to spell it. */
const spelled = (segment: Segment, text: string): Segment => retimed({ ...segment, text: "" }, text);

/** Line `at` put at the end of the one above it. */
export function joinWithAbove(draft: Draft, at: number): Draft {
  const [above, line] = [draft.lines[at - 1], draft.lines[at]];
  if (!above || !line) return draft;
  if (!line.segment.text.trim()) return removeLine(draft, at);
  if (!above.segment.text.trim()) return removeLine(draft, at - 1);
  const text = `${above.segment.text.trimEnd()} ${line.segment.text.trimStart()}`;
  const by = (line.nudgeMs - above.nudgeMs) / 1000;
  const moved = line.segment.words.map((word) => shiftWord(word, by));
  // Words' times count only when all of the line has them.
  const words = above.segment.words.length && moved.length ? [...above.segment.words, ...moved] : [];
  const inOrder = words.every((word, i) => i === 0 || (words[i - 1]?.start ?? 0) <= word.start);
  const segment: Segment = { ...above.segment, text, words: inOrder ? words : [] };
  const end = endOf(line);
  if (segment.start !== undefined && end !== undefined) segment.end = round(Math.max(segment.start, end + by));
  return { ...draft, lines: draft.lines.toSpliced(at - 1, 2, fresh(above.id, segment, above.nudgeMs)) };
}

const shiftWord = (word: Segment["words"][number], by: number) => ({
  ...word,
  start: round(Math.max(0, word.start + by)),
  end: round(Math.max(0, word.end + by)),
});

/** Takes line `at` out. A verse that began with it begins with the next. */
export function removeLine(draft: Draft, at: number): Draft {
  const lines = draft.lines.toSpliced(at, 1);
  const next = lines[at];
  if (draft.lines[at]?.segment.stanza && next) lines[at] = { ...next, segment: { ...next.segment, stanza: true } };
  return { ...draft, lines };
}

/** Shows line `at` later by `ms` (earlier when negative). */
export function nudge(draft: Draft, at: number, ms: number): Draft {
  const line = draft.lines[at];
  if (!line) return draft;
  return replaced(draft, at, { ...line, nudgeMs: bounded(line.nudgeMs + ms) });
}

const bounded = (ms: number) => Math.round(Math.min(MOST_NUDGE, Math.max(-MOST_NUDGE, ms)));

/** Lets line `at` begin at `seconds` (without the offset), because a person heard it there. */
export function beginAt(draft: Draft, at: number, seconds: number): Draft {
  const line = draft.lines[at];
  if (!line) return draft;
  const segment = without(line.segment, "estimated");
  let start = startOf(line);
  if (start === undefined) {
    // Starts may not go back from line to line; what is missing to the time that was heard becomes a nudge.
    const above = draft.lines
      .slice(0, at)
      .map(startOf)
      .findLast((one) => one !== undefined);
    const below = draft.lines
      .slice(at + 1)
      .map(startOf)
      .find((one) => one !== undefined);
    start = round(Math.max(0, Math.min(below ?? Infinity, Math.max(above ?? 0, seconds))));
    segment.start = start;
  }
  return replaced(draft, at, fresh(line.id, segment, bounded((seconds - start) * 1000)));
}

/** What keeps a draft from being saved: a sentence and, where it is one line, which (from 0). */
export interface Fault {
  at: number | null;
  message: string;
}

/** The API's limits, checked before anything is sent. */
export function faultIn({ lines }: Draft): Fault | null {
  if (lines.every(({ segment }) => !segment.text.trim()))
    return { at: null, message: "There are no lyrics left. Write a line, or restore the automatic lyrics." };
  if (lines.length > 2000) return { at: null, message: "Lyrics may have at most 2,000 lines." };
  const long = lines.findIndex(({ segment }) => segment.text.length > 1000);
  return long < 0 ? null : { at: long, message: `Line ${long + 1} is longer than 1,000 characters. Split it.` };
}

/** What is sent for a draft that was made of `base`; null where nothing has changed. */
export function toChange(
  draft: Draft,
  base: Pick<Lyrics, "segments" | "nudges" | "offsetMs">,
): Omit<LyricsChange, "version"> | null {
  const lines = written(draft);
  const nudges: Record<string, number> = {};
  lines.forEach(({ nudgeMs }, i) => nudgeMs && (nudges[i] = nudgeMs));
  const segments = lines.map(({ segment }) => segment);
  if (sameWords(segments, base.segments)) return sameNudges(nudges, base.nudges) ? null : { nudges };
  // New words begin without offset and nudges, unless they are sent along.
  return { segments, nudges, offsetMs: base.offsetMs };
}

/** The lines without the empty ones; behind one of these a verse begins. */
export function written({ lines }: Draft): DraftLine[] {
  let verse = false;
  const kept: DraftLine[] = [];
  for (const line of lines) {
    const segment = spelledOut(line.segment);
    if (!segment.text) verse = true;
    else kept.push(verse && kept.length ? { ...line, segment: { ...segment, stanza: true } } : { ...line, segment });
    if (segment.text) verse = false;
  }
  return kept;
}

const spelledOut = (segment: Segment): Segment => {
  const text = segment.text.normalize("NFC").split(/\s+/u).filter(Boolean).join(" ");
  return text === segment.text ? segment : { ...segment, text };
};

/** Whether two documents say the same words at the same times (nudges and offset aside). */
export function sameWords(a: readonly Segment[], b: readonly Segment[]): boolean {
  // Unchanged lines are the same objects: a draft of two thousand is compared at every letter.
  return a.length === b.length && a.every((one, i) => one === b[i] || canonical(one) === canonical(b[i]));
}

export const sameNudges = (a: Lyrics["nudges"], b: Lyrics["nudges"]) => canonical(a) === canonical(b);

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
