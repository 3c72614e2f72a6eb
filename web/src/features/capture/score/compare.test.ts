import { describe, expect, it } from "vitest";
import type { Note } from "@/api/measurements";
import { compare, type Curve, fold, type Line } from "./compare";

const STEP = 0.016;
/** Two lines of four notes each, a second of rest between them. */
const NOTES: Note[] = [60, 62, 64, 62, 67, 65, 64, 60].map((midi, i) => {
  const start = 1 + 0.5 * i + (i > 3 ? 1 : 0);
  return { start, end: start + 0.45, midi };
});
const LINES: Line[] = [
  { start: 1, end: 3, text: "One" },
  { start: 4, end: 6, text: "Two" },
];

interface Sung {
  /** Semitones added, by the place of a note. */
  by?: (index: number) => number;
  lateMs?: (index: number) => number;
  skip?: (index: number) => boolean;
  beginsMs?: number;
  seconds?: number;
  vibrato?: number;
}

/** What a singer sings of NOTES, as it is stored. */
function sing({ by = () => 0, lateMs = () => 0, skip, beginsMs = 0, seconds = 8, vibrato = 0 }: Sung = {}): Curve {
  const midi = Array.from({ length: Math.round(seconds / STEP) }, (_, frame): number | null => {
    const at = frame * STEP + beginsMs / 1000;
    const index = NOTES.findIndex(({ start, end }, i) => {
      const late = lateMs(i) / 1000;
      return at >= start + late && at < end + late;
    });
    if (index < 0 || skip?.(index)) return null;
    return (NOTES[index] as Note).midi + by(index) + vibrato * Math.sin(2 * Math.PI * 5.5 * at);
  });
  return { step: STEP, midi };
}

const score = (sung: Sung = {}, lines = LINES, notes = NOTES) =>
  compare(sing(sung), sung.beginsMs ?? 0, notes, lines) as NonNullable<ReturnType<typeof compare>>;
/** Within half a step. */
const near = (ms: number): unknown =>
  expect.toSatisfy((late: number | null) => late !== null && Math.abs(late - ms) <= 8);
const round = (value: number | null) => value && Math.round(100 * value) / 100;

describe("pitch", () => {
  it("is whole for the song's own line", () => {
    const whole = score();
    expect(whole).toMatchObject({ pitch: 1, cents: 0, lateMs: near(0), key: 0, steady: true });
    expect(whole.lines).toMatchObject([
      { line: LINES[0], pitch: 1, cents: 0, lateMs: near(0) },
      { line: LINES[1], pitch: 1, cents: 0, lateMs: near(0) },
    ]);
  });

  it("forgives octaves, of the whole and of single notes", () => {
    expect(score({ by: () => -12 })).toMatchObject({ pitch: 1, cents: 0, key: 0 });
    expect(score({ by: (i) => (i % 2 ? 12 : 0) })).toMatchObject({ pitch: 1, cents: 0, key: 0 });
  });

  it("says by how much all of it is high, and calls it timing in no way", () => {
    const high = score({ by: () => 0.4 });
    expect(high).toMatchObject({ cents: 40, lateMs: near(0), key: 0 });
    expect(round(high.pitch)).toBe(0.75);
  });

  it("tells the line that is low from the one that is not", () => {
    const [one, two] = score({ by: (i) => (i < 4 ? 0 : -0.5) }).lines;
    expect(one).toMatchObject({ pitch: 1, cents: 0 });
    expect(two).toMatchObject({ cents: -50 });
    expect(two?.pitch).toBeLessThan(0.7);
  });

  it("has no cents where other notes are sung", () => {
    const [one, two] = score({ by: (i) => [0, 0, 0, 0, 3, 1.5, -2.5, 5][i] ?? 0 }).lines;
    expect(one).toMatchObject({ pitch: 1, cents: 0 });
    expect(two).toMatchObject({ pitch: 0, cents: null });
  });

  it("takes vibrato for the note in its middle", () => {
    expect(score({ vibrato: 0.6 }).pitch).toBeGreaterThan(0.95);
  });

  it("is of the notes that are sung, and says how many those are", () => {
    const half = score({ skip: (i) => i > 3 });
    expect(half.pitch).toBe(1);
    expect(half.sung).toBeCloseTo(0.5, 1);
    expect(half.lines[1]).toMatchObject({ pitch: null, cents: null, lateMs: null, sung: 0 });
  });

  it("is measured in the key in which the take is sung", () => {
    expect(score({ by: () => -3 })).toMatchObject({ pitch: 1, cents: 0, key: -3 });
    expect(score({ by: () => 7 })).toMatchObject({ pitch: 1, key: -5 });
    expect(score({ by: () => 6 }).key).toBe(6);
  });
});

describe("timing", () => {
  it.each([-240, -80, 80, 240, 700])("of %d ms is heard, and costs no pitch", (late) => {
    const found = score({ lateMs: () => late });
    expect(found).toMatchObject({ pitch: 1, cents: 0, lateMs: near(late), steady: true });
  });

  it("belongs to each line", () => {
    const found = score({ lateMs: (i) => (i < 4 ? 0 : 200) });
    expect(found.lines).toMatchObject([{ lateMs: near(0) }, { lateMs: near(200) }]);
    expect(found).toMatchObject({ pitch: 1, steady: false });
  });

  it("is kept apart from pitch where both are off", () => {
    const found = score({ by: () => 0.4, lateMs: () => 80 });
    expect(found).toMatchObject({ cents: 40, lateMs: near(80) });
  });
});

describe("a take in its song", () => {
  it.each([-1500, 1000])("that begins at %d ms stays where it was recorded", (beginsMs) => {
    expect(score({ beginsMs })).toMatchObject({ pitch: 1, lateMs: near(0) });
  });

  it("that begins later is judged by what it can have of the song", () => {
    const second = score({ beginsMs: 3500, seconds: 4 });
    expect(second.lines.map(({ line }) => line.text)).toEqual(["Two"]);
    expect(second.sung).toBeGreaterThan(0.95);
  });

  it("without words is judged by phrases", () => {
    expect(score({}, []).lines.map(({ line }) => [line.start, line.end])).toEqual([
      [1, 2.95],
      [4, 5.95],
    ]);
  });

  it("counts a melody outside the lines in the whole only", () => {
    const found = score({ by: (i) => (i < 4 ? 0 : 0.6) }, LINES.slice(0, 1));
    expect(found.lateMs).toEqual(near(0));
    expect(found.lines.map(({ line }) => line.text)).toEqual(["One"]);
    expect(found.pitch).toBeCloseTo(0.75, 1);
  });

  it("is steady with more melody outside the lines", () => {
    const [first, second, third] = [NOTES.slice(0, 2), NOTES.slice(2, 4), NOTES.slice(4)];
    const around = (notes: Note[]) => ({ start: notes[0]?.start ?? 0, end: notes.at(-1)?.end ?? 0, text: "" });
    const lines = [around(first), around(second)];
    expect(score({ lateMs: () => 80 }, lines, [...first, ...second, ...third])).toMatchObject({
      lateMs: near(80),
      steady: true,
    });
  });

  it("has no score without a melody, or away from it", () => {
    expect(compare(sing(), 0, [], LINES)).toBeNull();
    expect(compare(sing(), 60_000, NOTES, LINES)).toBeNull();
    expect(compare({ step: STEP, midi: [] }, 0, NOTES, LINES)).toBeNull();
  });

  it("in which no one sings says so", () => {
    const silent = score({ skip: () => true });
    expect(silent).toMatchObject({ pitch: null, cents: null, lateMs: null, sung: 0 });
  });
});

it("octaves do not count", () => {
  expect([0, 12, -12, 7, -7, 11.6].map((one) => Math.round(10 * fold(one)) / 10)).toEqual([0, 0, 0, -5, 5, -0.4]);
});
