import { describe, expect, it } from "vitest";
import { keyWords, linesOf, moveBy, percent, pitchWords, timingWords } from "./words";

const line = { pitch: 1, cents: 0, lateMs: 0, sung: 1 };

it.each([
  [line, "In tune"],
  [{ ...line, pitch: 0.75, cents: 41 }, "About 40 cents high: aim a little lower"],
  [{ ...line, pitch: 0.6, cents: -53 }, "About 55 cents low: aim a little higher"],
  [{ ...line, pitch: 0.5, cents: 4 }, "Some notes go another way: listen to them again"],
  [{ ...line, pitch: 0.1, cents: null }, "Sung to other notes than in the song"],
  [{ ...line, pitch: null, cents: null, sung: 0.1 }, "Not sung here"],
  [{ ...line, pitch: null, cents: null, sung: 0.9 }, "Too soft to hear the notes"],
])("the pitch of %o", (compared, words) => {
  expect(pitchWords(compared)).toBe(words);
});

it.each([
  [0, "On time"],
  [-49, "On time"],
  [82, "About 80 ms late"],
  [-118, "About 120 ms early"],
  [null, null],
])("a timing of %o", (lateMs, words) => {
  expect(timingWords({ lateMs })).toBe(words);
});

describe("a move", () => {
  it("is offered where all lines are late by the same", () => {
    expect(moveBy({ steady: true, lateMs: 80 })).toBe(-80);
    expect(moveBy({ steady: true, lateMs: -200 })).toBe(200);
  });
  it("is not where they differ, or are on time", () => {
    expect(moveBy({ steady: false, lateMs: 80 })).toBeNull();
    expect(moveBy({ steady: true, lateMs: 20 })).toBeNull();
    expect(moveBy({ steady: true, lateMs: null })).toBeNull();
  });
});

it("says another key, and not the song's own", () => {
  expect(keyWords(0)).toBeNull();
  expect(keyWords(1)).toContain("1 semitone higher");
  expect(keyWords(-3)).toContain("3 semitones lower");
});

it("lines are where the person moved them, and those without a time are left out", () => {
  const word = { word: "a", start: 3, end: 4 };
  const segments = [
    { text: "One", start: 1, end: 2, words: [] },
    { text: "Two", words: [word] },
    { text: "Three", words: [] },
  ];
  const lyrics = { segments, offsetMs: 100, nudges: { "1": -50 } } as unknown as Parameters<typeof linesOf>[0];
  expect(linesOf(lyrics)).toEqual([
    { start: 1.1, end: 2.1, text: "One" },
    { start: 3.05, end: 4.05, text: "Two" },
  ]);
});

it("shares are whole per cent", () => {
  expect(percent(0.874)).toBe("87 %");
});
