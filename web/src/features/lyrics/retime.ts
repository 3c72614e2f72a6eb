import type { Segment, Word } from "./timeline";

/** The words of an edited line: those that stayed keep their times, new ones share the time of what they stand for. */

/** Scripts that write without spaces; their words are single characters, each with a time of its own. */
const ALONE = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}`;
const WORD = new RegExp(`[${ALONE}]ー*|[^\\s${ALONE}]+`, "gu");
const IS_ALONE = new RegExp(`^[${ALONE}]`, "u");

/** The words of `text`, in order: white space aside, together they spell it. */
export const wordsOf = (text: string): string[] => text.match(WORD) ?? [];

/** `line` with `text`, white space tidied as the API does it. The line's own times stay. */
export function retimed(line: Segment, text: string): Segment {
  const tidy = text.normalize("NFC").split(/\s+/u).filter(Boolean).join(" ");
  if (tidy === line.text) return line;
  return { ...without(line, "flags"), text: tidy, words: line.words.length ? timedWords(line.words, tidy) : [] };
}

/** `segment` without one of its marks. */
export const without = (segment: Segment, mark: "stanza" | "estimated" | "flags"): Segment => ({
  ...segment,
  [mark]: undefined,
});

/** A new word that would have less time (seconds) takes a part of its neighbour's. */
const LEAST = 0.1;

function timedWords(old: readonly Word[], text: string): Word[] {
  const before = old.map(({ word }) => word);
  const now = split(text, before);
  const same = (a: string | undefined, b: string | undefined) => a !== undefined && a === b;
  let first = 0;
  while (same(before[first], now[first])) first++;
  let last = 0;
  const most = Math.min(before.length, now.length) - first;
  while (last < most && same(before.at(-1 - last), now.at(-1 - last))) last++;
  const added = now.length - first - last;
  if (added > 0 && old.length === first + last) {
    const room = spanOf(old, first, 0);
    if (room.end - room.start < LEAST * added) {
      if (first > 0) first--;
      else if (last > 0) last--;
    }
  }
  const gone = old.slice(first, old.length - last);
  const come = now.slice(first, now.length - last);
  const made =
    gone.length === come.length
      ? // A word for a word: a spelling put right is sung when the old one was.
        come.map((word, i): Word => ({ ...timesOf(gone[i] as Word), word }))
      : shared(come, spanOf(old, first, gone.length));
  return [...old.slice(0, first), ...made, ...old.slice(old.length - last)];
}

/** The words of `text`, parted as `old` ones were where these stand at its beginning. */
function split(text: string, old: readonly string[]): string[] {
  let rest = text.trimStart();
  const kept: string[] = [];
  for (const word of old) {
    const behind = rest.slice(word.length);
    if (
      !rest.startsWith(word) ||
      !(behind === "" || /^\s/u.test(behind) || IS_ALONE.test(behind) || IS_ALONE.test(word))
    )
      break;
    kept.push(word);
    rest = behind.trimStart();
  }
  return [...kept, ...wordsOf(rest)];
}

/** What a person typed is not doubtful, even where the machine doubted the word that was there. */
const timesOf = ({ start, end, estimated }: Word) => ({ start, end, ...(estimated ? { estimated } : {}) });

/** The time of `count` words from `first` on; between its neighbours where there are none. */
function spanOf(words: readonly Word[], first: number, count: number): { start: number; end: number } {
  const [above, below] = [words[first - 1], words[first + count]];
  const start = count ? (words[first] as Word).start : (above?.end ?? below?.start ?? 0);
  const end = count ? (words[first + count - 1] as Word).end : (below?.start ?? above?.end ?? start);
  return { start, end: Math.max(start, end) };
}

/** `words` over `start` to `end`, each as long as its letters say: estimates. */
export function shared(words: readonly string[], { start, end }: { start: number; end: number }): Word[] {
  const letters = words.reduce((sum, word) => sum + word.length, 0);
  let sung = 0;
  const at = () => round(start + ((end - start) * sung) / letters);
  return words.map((word) => {
    const begin = at();
    sung += word.length;
    return { word, start: begin, end: at(), estimated: true };
  });
}

/** Milliseconds are the finest the API keeps. */
export const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
