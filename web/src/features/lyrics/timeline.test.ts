// @vitest-environment node
import { describe, expect, it } from "vitest";
import {
  dotsAt,
  doubtOf,
  doubtOfLine,
  isByLine,
  lastBegun,
  pieces,
  sceneAt,
  type Segment,
  sungPart,
  type TimedLine,
  timelineOf,
  wordAt,
} from "./timeline";

const word = (word: string, start: number, end: number, more = {}) => ({ word, start, end, ...more });
const line = (text: string, start: number, end: number): Segment => {
  const words = text.split(" ");
  const each = (end - start) / words.length;
  return {
    text,
    start,
    end,
    words: words.map((one, i) => word(one, start + i * each, start + (i + 1) * each)),
  };
};
const timed = (segments: Segment[], offsetMs = 0, nudges = {}) => timelineOf({ segments, offsetMs, nudges });
const first = (...segments: Segment[]) => timed(segments)[0] as TimedLine;

describe("timelineOf", () => {
  it("adds the offset to all and a nudge to its line", () => {
    const made = timed([line("a b", 1, 2), line("c", 3, 4)], 500, { 1: -200 });
    expect(made.map(({ start, end }) => [start, end])).toEqual([
      [1.5, 2.5],
      [3.3, 4.3],
    ]);
    expect(made[0]?.words).toEqual([
      { start: 1.5, end: 2 },
      { start: 2, end: 2.5 },
    ]);
  });

  it("lets nothing begin before 0", () => {
    expect(timed([line("a", 1, 2)], -5000)[0]).toMatchObject({ start: 0, end: 0 });
  });

  it("sorts lines that a nudge has moved past each other, and knows which they were", () => {
    expect(timed([line("a", 1, 2), line("b", 3, 4)], 0, { 0: 5000 }).map(({ index }) => index)).toEqual([1, 0]);
  });

  it("has nothing of lyrics without times, nor of none", () => {
    expect(timed([])).toEqual([]);
    expect(timed([{ text: "a", words: [] }])).toEqual([]);
  });

  it("puts a line without a time on its share of the way between two that have one", () => {
    const none: Segment = { text: "b", words: [] };
    const made = timed([line("a", 2, 3), none, none, line("d", 8, 9), none]);
    expect(made.map(({ start }) => start)).toEqual([2, 4, 6, 8]);
    expect(made[1]).toMatchObject({ byLine: true, end: 5 });
  });

  it("ends a line that has no end before the next begins", () => {
    expect(timed([{ text: "a b c d e", start: 1, words: [] }, line("f", 2, 3)])[0]?.end).toBe(2);
    expect(first({ text: "a b c d e", start: 1, words: [] }).end).toBe(3);
  });
});

describe("isByLine", () => {
  it("is so without words' times, for an estimated line, and where half the words are estimates", () => {
    const guess = { estimated: true };
    expect(isByLine({ text: "a", words: [] })).toBe(true);
    expect(isByLine({ ...line("a b", 1, 2), estimated: true })).toBe(true);
    expect(isByLine({ text: "a b", words: [word("a", 1, 2, guess), word("b", 2, 3)] })).toBe(true);
    expect(isByLine({ text: "a b c", words: [word("a", 1, 2, guess), word("b", 2, 3), word("c", 3, 4)] })).toBe(false);
    expect(isByLine(line("a", 1, 2))).toBe(false);
  });
});

describe("wordAt", () => {
  it("finds the word that is sung, and none before, after and in a pause", () => {
    const one = first({ text: "a b", start: 1, end: 4, words: [word("a", 1, 2), word("b", 3, 4)] });
    expect([0.9, 1, 1.99, 2.5, 3, 4.01].map((at) => wordAt(one, at))).toEqual([-1, 0, 0, -1, 1, -1]);
  });

  it("stays lit over a pause too short to see", () => {
    const one = first({ text: "a b", start: 1, end: 4, words: [word("a", 1, 2), word("b", 2.08, 3)] });
    expect(wordAt(one, 2.05)).toBe(0);
  });

  it("takes of words that overlap the one that began last", () => {
    const one = first({ text: "a b", start: 1, end: 4, words: [word("a", 1, 3), word("b", 2, 4)] });
    expect([1.5, 2.5].map((at) => wordAt(one, at))).toEqual([0, 1]);
  });

  it("shows a word of no length for a moment", () => {
    const one = first({ text: "a b", start: 1, end: 3, words: [word("a", 1, 1), word("b", 2, 3)] });
    expect([1, 1.05, 1.2].map((at) => wordAt(one, at))).toEqual([0, 0, -1]);
  });

  it("knows a line of one word, and one without words", () => {
    expect(wordAt(first(line("a", 1, 2)), 1.5)).toBe(0);
    expect(wordAt(first({ text: "a", start: 1, words: [] }), 1.5)).toBe(-1);
  });
});

it("finds any of ten thousand words", () => {
  const words = Array.from({ length: 10_000 }, (_, i) => ({ start: i / 10, end: i / 10 + 0.1 }));
  expect([-1, 0, 777.75, 999.9, 5000].map((at) => lastBegun(words, at))).toEqual([-1, 0, 7777, 9999, 9999]);
  expect(lastBegun([], 1)).toBe(-1);
});

describe("sceneAt", () => {
  const song = timed([line("a", 6, 8), line("b", 9, 10), line("c", 20, 22)]);

  it("counts down to a first line that is far away", () => {
    expect(sceneAt(song, 0)).toEqual({ lines: [0], next: 1, pause: { start: 0, end: 6 } });
    expect(sceneAt(timed([line("a", 2, 3)]), 0)).toEqual({ lines: [0], next: 1, pause: null });
  });

  it("changes to the next line half-way through a short pause", () => {
    expect([6, 8.4, 8.6, 9].map((at) => sceneAt(song, at).lines)).toEqual([[0], [0], [1], [1]]);
  });

  it("shows a long pause once the line has stood a moment", () => {
    expect(sceneAt(song, 10.5)).toEqual({ lines: [1], next: 2, pause: null });
    expect(sceneAt(song, 11)).toEqual({ lines: [2], next: 3, pause: { start: 10.8, end: 20 } });
    expect(sceneAt(song, 20)).toEqual({ lines: [2], next: 3, pause: null });
  });

  it("is empty after the last line, and without lines", () => {
    expect(sceneAt(song, 23).lines).toEqual([2]);
    expect(sceneAt(song, 25).lines).toEqual([]);
    expect(sceneAt([], 1)).toEqual({ lines: [], next: 0, pause: null });
  });

  it("shows a second voice inside a line, and the line for as long as it lasts", () => {
    const duet = timed([line("a", 1, 6), line("b", 2, 3), line("c", 7, 8)]);
    const scenes = [1, 1.5, 2.5, 4, 6.8].map((at) => sceneAt(duet, at));
    expect(scenes.map(({ lines, next }) => [lines, next])).toEqual([
      [[0], 1],
      [[0], 1],
      [[0, 1], 2],
      [[0], 2],
      [[2], 3],
    ]);
    expect(duet.map(({ voice }) => voice)).toEqual([0, 1, 0]);
  });

  it("shows lines of one time together, before, while and after they are sung", () => {
    const none = (text: string, start: number): Segment => ({ text, start, words: [] });
    const bilingual = timed([none("eins", 10), none("one", 10), none("zwei", 14), none("two", 14.01)]);
    expect([3, 10.5, 11.5, 13.9, 14.5, 15.5].map((at) => sceneAt(bilingual, at).lines)).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
      [2, 3],
      [2, 3],
      [2, 3],
    ]);
    expect(bilingual.every(({ start, end }) => end >= start + 0.9)).toBe(true);
    expect(bilingual.map(({ voice }) => voice)).toEqual([0, 1, 0, 1]);
  });

  it("takes a line that lasts a moment into the next for no second voice", () => {
    const sloppy = timed([line("a", 1, 5.3), line("b", 5, 8)]);
    expect([4.9, 5.1].map((at) => sceneAt(sloppy, at).lines)).toEqual([[0], [1]]);
    expect(sloppy.map(({ voice }) => voice)).toEqual([0, 0]);
  });

  it("drops no line of any file, however its lines overlap", () => {
    const spans = [0, 0, 0.4, 1, 1.01, 3, 3, 3.2, 8].map((start, i) => line(`line ${i}`, start, start + (i % 4)));
    const made = timed(spans);
    const shown = new Set<number>();
    for (let at = 0; at < 15; at += 0.05) for (const place of sceneAt(made, at).lines) shown.add(place);
    expect(shown.size).toBe(spans.length);
    expect(made.every(({ start, end }) => end > start)).toBe(true);
  });

  it("shows six of two thousand lines that claim to last for ever", () => {
    const endless = timed(Array.from({ length: 2000 }, (_, i) => line(`line ${i}`, i, 3600)));
    expect(sceneAt(endless, 1999.5).lines).toEqual([1994, 1995, 1996, 1997, 1998, 1999]);
  });
});

it("shows three dots, one less each second, and none before or after", () => {
  expect([3.5, 3, 2.1, 2, 0.4, 0, -1].map(dotsAt)).toEqual([0, 3, 3, 2, 1, 0, 0]);
});

it("fills a word by its time", () => {
  expect([0, 1.5, 3].map((at) => sungPart({ start: 1, end: 2 }, at))).toEqual([0, 0.5, 1]);
  expect([0, 1].map((at) => sungPart({ start: 1, end: 1 }, at))).toEqual([0, 1]);
});

describe("pieces", () => {
  const of = (text: string, ...words: string[]) => pieces({ text, words: words.map((one) => word(one, 0, 1)) });

  it("keeps the white space of the text, and none where it has none", () => {
    expect(of("Morning  in, a", "Morning", "in,", "a")).toEqual(["Morning  ", "in, ", "a"]);
    expect(of("夜に歌う", "夜", "に", "歌", "う")).toEqual(["夜", "に", "歌", "う"]);
  });

  it("shows the words where they do not spell the text", () => {
    expect(of("something else", "a", "b")).toEqual(["a ", "b "]);
  });

  it("leaves right-to-left text and pairs of code units as they are", () => {
    expect(of("שלום 🎤🎶 לך", "שלום", "🎤🎶", "לך")).toEqual(["שלום ", "🎤🎶 ", "לך"]);
  });
});

it("says why a word or a line may be wrong", () => {
  expect(doubtOf(word("a", 0, 1))).toBeNull();
  expect(doubtOf(word("a", 0, 1, { probability: 0.9 }))).toBeNull();
  expect(doubtOf(word("a", 0, 1, { probability: 0.1 }))).toMatch(/not sure/);
  expect(doubtOf(word("a", 0, 1, { flags: ["silence"] }))).toMatch(/No voice is heard/);
  expect(doubtOf(word("a", 0, 1, { flags: ["new-one"] }))).toMatch(/not sure/);
  expect(doubtOfLine({ text: "a", words: [] })).toBeNull();
  expect(doubtOfLine({ text: "a", words: [], flags: ["rate"] })).toMatch(/Too many words/);
  expect(doubtOfLine({ text: "a", words: [], flags: ["loop"] })).toMatch(/again and again/);
});
