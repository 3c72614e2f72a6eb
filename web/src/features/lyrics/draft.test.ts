// @vitest-environment node
import { describe, expect, it } from "vitest";
import {
  addAfter,
  beginAt,
  type Draft,
  draftOf,
  faultIn,
  joinWithAbove,
  nudge,
  removeLine,
  setText,
  shownStart,
  splitLine,
  toChange,
  written,
} from "./draft";
import { type Edit, editingOf, editingReducer } from "./editing";
import { begin, record, redo, undo } from "./history";
import type { Segment } from "./timeline";

const word = (word: string, start: number, end: number) => ({ word, start, end });
const morning: Segment = {
  text: "Morning in a room",
  start: 3,
  end: 6,
  words: [word("Morning", 3, 4), word("in", 4, 4.5), word("a", 4.5, 5), word("room", 5, 6)],
};
const singing: Segment = { text: "I sing", start: 7, end: 8, words: [word("I", 7, 7.5), word("sing", 7.5, 8)] };
const base = { segments: [morning, singing], nudges: {}, offsetMs: 120 };
const draft = () => draftOf(base);
const texts = (of: Draft) => of.lines.map(({ segment }) => segment.text);
const words = (of: Draft, at = 0) =>
  of.lines[at]?.segment.words.map(({ word, start, end, estimated }) =>
    estimated ? [word, start, end, "about"] : [word, start, end],
  );
/** What the API asks of segments (functions/unplugd/lyrics/segments.py). */
function expectSound(of: Draft) {
  let last = 0;
  for (const { segment } of written(of)) {
    const { text, start, end, words } = segment;
    if (start !== undefined) expect(start).toBeGreaterThanOrEqual(last);
    last = start ?? last;
    if (end !== undefined) expect(end).toBeGreaterThanOrEqual(start ?? Infinity);
    if (!words.length) continue;
    expect(words.map(({ word }) => word).join("")).toBe(text.replace(/\s/g, ""));
    expect(words[0]?.start).toBeGreaterThanOrEqual(start ?? 0);
    words.forEach((one, i) => {
      expect(one.end).toBeGreaterThanOrEqual(one.start);
      expect(one.start).toBeGreaterThanOrEqual(words[i - 1]?.start ?? 0);
    });
  }
}

describe("setText", () => {
  it("keeps the times of the words that stay, and of one that is put right", () => {
    const made = setText(draft(), 0, "Mourning in a room");
    expect(words(made)).toEqual([
      ["Mourning", 3, 4],
      ["in", 4, 4.5],
      ["a", 4.5, 5],
      ["room", 5, 6],
    ]);
  });

  it("gives new words the time of what they stand for, as estimates", () => {
    expect(words(setText(draft(), 0, "Morning within room"))).toEqual([
      ["Morning", 3, 4],
      ["within", 4, 5, "about"],
      ["room", 5, 6],
    ]);
  });

  it("makes room for a word that is put between two", () => {
    const made = setText(draft(), 0, "Morning in a quiet room");
    expectSound(made);
    expect(words(made)?.slice(2)).toEqual([
      ["a", 4.5, 4.583, "about"],
      ["quiet", 4.583, 5, "about"],
      ["room", 5, 6],
    ]);
    expectSound(setText(draft(), 0, "Good Morning in a room"));
    expectSound(setText(draft(), 0, "Morning in a room today"));
  });

  it("restores the times when words are removed and typed again", () => {
    const made = ["Morning in a ", "Morning ", "", "M", "Morning in a", "Morning in a room"].reduce(
      (before, text) => setText(before, 0, text),
      draft(),
    );
    expect(toChange(made, base)).toBeNull();
  });

  it("drops doubts about what a person has written", () => {
    const doubtful = {
      ...singing,
      flags: ["loop"],
      words: [{ ...word("I", 7, 8), probability: 0.1, flags: ["silence"] }],
    };
    const made = setText(draftOf({ segments: [{ ...doubtful, text: "I" }], nudges: {} }), 0, "You");
    expect(made.lines[0]?.segment).toEqual({ ...singing, text: "You", words: [word("You", 7, 8)] });
  });

  it("parts what is pasted with line ends into lines", () => {
    const made = setText(draft(), 0, "Morning\r\nin a\nroom");
    expect(texts(made)).toEqual(["Morning", "in a", "room", "I sing"]);
    expectSound(made);
  });

  it("keeps markup and spaces as text, and sends the spaces tidied", () => {
    const made = setText(draft(), 0, " <img  onerror=x> ");
    expect(texts(made)[0]).toBe(" <img  onerror=x> ");
    expect(toChange(made, base)?.segments?.[0]?.text).toBe("<img onerror=x>");
    expectSound(made);
  });

  it("times scripts without spaces by the character", () => {
    const song: Segment = { text: "夜に", start: 1, end: 2, words: [word("夜", 1, 1.5), word("に", 1.5, 2)] };
    const made = setText(draftOf({ segments: [song], nudges: {} }), 0, "朝に");
    expect(words(made)).toEqual([
      ["朝", 1, 1.5],
      ["に", 1.5, 2],
    ]);
  });

  it("leaves a draft alone that has no such line", () => {
    const made = draft();
    expect(setText(made, 9, "x")).toBe(made);
  });
});

describe("lines", () => {
  it("are added between their neighbours, at an estimated time", () => {
    const made = setText(addAfter(draft(), 0), 1, "new");
    expect(texts(made)).toEqual(["Morning in a room", "new", "I sing"]);
    expect(made.lines[1]?.segment).toMatchObject({ start: 6, end: 7, estimated: true });
    expectSound(made);
  });

  it("are added at both ends, and to lyrics without times", () => {
    expect(addAfter(draft(), -1).lines[0]?.segment).toMatchObject({ start: 0, end: 2 });
    expect(addAfter(draft(), 1).lines[2]?.segment).toMatchObject({ start: 8, end: 10 });
    const plain = draftOf({ segments: [{ text: "a", words: [] }], nudges: {} });
    expect(addAfter(plain, 0).lines[1]?.segment).toEqual({ text: "", words: [] });
  });

  it("are split between words, which keep their times", () => {
    const made = splitLine(draft(), 0, "Morning in".length);
    expect(texts(made)).toEqual(["Morning in", "a room", "I sing"]);
    expect(made.lines[0]?.segment).toMatchObject({ start: 3, end: 4.5 });
    expect(made.lines[1]?.segment).toMatchObject({ start: 4.5, end: 6 });
    expect(words(made, 1)).toEqual([
      ["a", 4.5, 5],
      ["room", 5, 6],
    ]);
    expect(new Set(made.lines.map(({ id }) => id)).size).toBe(3);
  });

  it("are split within a word, before the first and behind the last", () => {
    const within = splitLine(draft(), 0, "Morning in a ro".length);
    expect(texts(within)).toEqual(["Morning in a ro", "om", "I sing"]);
    expectSound(within);
    expect(texts(splitLine(draft(), 0, 0))).toEqual(["", "Morning in a room", "I sing"]);
    expect(texts(splitLine(draft(), 0, 99))).toEqual(["Morning in a room", "", "I sing"]);
  });

  it("are split where only the line is timed", () => {
    const made = splitLine(draftOf({ segments: [{ text: "a b", start: 2, end: 4, words: [] }], nudges: {} }), 0, 1);
    expect(made.lines.map(({ segment }) => [segment.text, segment.start, segment.end])).toEqual([
      ["a", 2, 3],
      ["b", 3, 4],
    ]);
  });

  it("are joined again as they were", () => {
    const joined = joinWithAbove(splitLine(draft(), 0, "Morning in".length), 1);
    expect(toChange(joined, base)).toBeNull();
    expect(joinWithAbove(draft(), 0)).toEqual(draft());
  });

  it("are joined with what a nudge has moved", () => {
    const made = joinWithAbove(nudge(draft(), 1, 500), 1);
    expect(words(made)?.slice(-2)).toEqual([
      ["I", 7.5, 8],
      ["sing", 8, 8.5],
    ]);
    const past = joinWithAbove(nudge(draft(), 1, -6000), 1);
    expect(past.lines[0]?.segment.words).toEqual([]);
    expectSound(past);
  });

  it("pass the verse they begin on when they go", () => {
    const verses = draftOf({ segments: [{ ...morning, stanza: true }, singing], nudges: {} });
    expect(removeLine(verses, 0).lines[0]?.segment.stanza).toBe(true);
    expect(removeLine(removeLine(draft(), 0), 0).lines).toEqual([]);
  });
});

describe("times", () => {
  it("are nudged apart from the words, within the API's bounds", () => {
    expect(toChange(nudge(draft(), 1, 50), base)).toEqual({ nudges: { 1: 50 } });
    expect(toChange(nudge(nudge(draft(), 1, 50), 1, -50), base)).toBeNull();
    expect(toChange(nudge(draft(), 0, 1e9), base)).toEqual({ nudges: { 0: 60_000 } });
  });

  it("are put where a person heard the line", () => {
    const made = beginAt(draft(), 1, 7.25);
    expect(shownStart(made.lines[1] as never)).toBeCloseTo(7.25);
    expect(toChange(made, base)).toEqual({ nudges: { 1: 250 } });
  });

  it("are no estimates any more then", () => {
    const guess = { ...base, segments: [{ ...morning, estimated: true }, singing] };
    const made = beginAt(draftOf(guess), 0, 3);
    expect(toChange(made, guess)?.segments?.[0]?.estimated).toBeUndefined();
  });

  it("of lines without any never go back, however they are tapped", () => {
    const plain = draftOf({ segments: ["a", "b", "c"].map((text) => ({ text, words: [] })), nudges: {} });
    expect(shownStart(plain.lines[0] as never)).toBeUndefined();
    const made = beginAt(beginAt(beginAt(plain, 0, 5), 2, 3), 1, 9);
    expectSound(made);
    expect(made.lines.map((line) => shownStart(line))).toEqual([5, 9, 3]);
  });
});

describe("toChange", () => {
  it("sends nothing where nothing has changed", () => {
    expect(toChange(draft(), base)).toBeNull();
  });

  it("sends offset and nudges along with new words, the nudges by the lines as they are sent", () => {
    const made = addAfter(nudge(setText(draft(), 1, "I sang"), 1, -100), 0); // the empty line is not sent
    expect(toChange(made, base)).toMatchObject({ offsetMs: 120, nudges: { 1: -100 } });
    expect(toChange(made, base)?.segments).toHaveLength(2);
  });

  it("takes an empty line for the end of a verse", () => {
    expect(toChange(addAfter(draft(), 0), base)?.segments?.[1]?.stanza).toBe(true);
  });
});

it("says what cannot be saved", () => {
  expect(faultIn(draft())).toBeNull();
  expect(faultIn(removeLine(removeLine(draft(), 0), 0))?.message).toMatch(/no lyrics left/);
  expect(faultIn(setText(draft(), 1, "a".repeat(1001)))).toMatchObject({ at: 1 });
});

it("edits two thousand lines of five words without a wait", () => {
  const text = "one two three four five";
  const many = Array.from({ length: 2000 }, (_, i): Segment => {
    const words = text.split(" ").map((one, at) => word(one, i + at / 5, i + (at + 1) / 5));
    return { text, start: i, end: i + 1, words };
  });
  const big = { segments: many, nudges: {}, offsetMs: 0 };
  const made = setText(draftOf(big), 1000, "one two 3 four five");
  expect(toChange(made, big)?.segments).toHaveLength(2000);
});

describe("history", () => {
  it("goes back and forth, and takes typing in one line as one step", () => {
    let state = begin("a");
    for (const text of ["ab", "abc"]) state = record(state, text, "text-1");
    state = record(state, "x", "text-2");
    expect(undo(state).now).toBe("abc");
    expect(undo(undo(state)).now).toBe("a");
    expect(undo(undo(undo(state))).now).toBe("a");
    expect(redo(undo(state)).now).toBe("x");
    expect(redo(state)).toBe(state);
    expect(record(state, "x")).toBe(state);
    expect(redo(record(undo(state), "y")).now).toBe("y");
  });

  it("is kept through all that the editor does, and puts the caret where one goes on", () => {
    let state = editingOf(draft());
    state = editingReducer(state, { do: "split", at: 0, caret: 10 });
    expect(state.focus).toMatchObject({ id: 2, caret: 0 });
    state = editingReducer(state, { do: "join", at: 1 });
    expect(state.focus).toMatchObject({ id: 0, caret: 11 });
    state = editingReducer(state, { do: "remove", at: 1 });
    state = editingReducer(state, { do: "nudge", at: 0, ms: 50 });
    state = editingReducer(state, { do: "nudge", at: 0, ms: 50 });
    expect(state.history.past).toHaveLength(4);
    for (let i = 0; i < 4; i++) state = editingReducer(state, { do: "undo" });
    expect(toChange(state.history.now, base)).toBeNull();
    expect(editingReducer(state, { do: "join", at: 0 })).toBe(state);
  });

  it("leads to the line that a step back or forth has changed, and to the place in it", () => {
    let state = editingOf(draft());
    const after = (edit: Edit) => {
      state = editingReducer(state, edit);
      return state.focus;
    };
    after({ do: "text", at: 1, text: "I sang" });
    after({ do: "split", at: 0, caret: "Morning in".length });
    after({ do: "text", at: 1, text: "a room\nof one\nmore" });
    expect(state.focus).toMatchObject({ id: 4 });
    expect(after({ do: "undo" }), "the pasted lines are gone").toMatchObject({ id: 2, caret: 6 });
    expect(after({ do: "undo" }), "the split line is gone").toMatchObject({ id: 0, caret: "Morning in".length });
    expect(after({ do: "undo" })).toMatchObject({ id: 1, caret: "I s".length });
    expect(after({ do: "redo" })).toMatchObject({ id: 1, caret: "I s".length });
    expect(after({ do: "redo" })).toMatchObject({ id: 0, caret: "Morning in".length });
    after({ do: "add", at: 2 });
    expect(after({ do: "undo" }), "the last line is gone").toMatchObject({ id: 1 });
    const before = state.focus;
    expect(after({ do: "undo", stay: true })).toBe(before);
    expect(texts(state.history.now)).toEqual(["Morning in a room", "I sang"]);
    after({ do: "undo" });
    const first = state;
    after({ do: "undo" });
    expect(state, "nothing is left to take back").toBe(first);
  });
});
