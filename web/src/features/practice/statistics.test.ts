// @vitest-environment node
import { expect, test } from "vitest";
import { whatIsNext } from "./Done";
import { compared, forecastOf, percent, retentionOf } from "./statistics";
import { dayName } from "./words";

const today = "2026-01-31";

test("the forecast has a bar a day", () => {
  const forecast = [
    { day: "2026-01-31", due: 1 },
    { day: "2026-02-01", due: 0 },
    { day: "2026-02-02", due: 5 },
  ];
  const plot = forecastOf({ forecast, today });
  expect(plot.bars.map(({ value }) => value)).toEqual([1, 0, 5]);
  expect(plot).toMatchObject({ most: 5, summary: "6 cards in 30 days; most of them on Monday: 5." });
  expect(forecastOf({ forecast: [], today }).summary).toBe("No card is due in the next 30 days.");
});

test("retention has thirty days, and a gap where nothing was asked again", () => {
  const days = [
    { day: "2026-01-30", reviews: 4, asked: 4, known: 3 },
    { day: "2026-01-31", reviews: 2, asked: 0, known: 0 },
  ];
  const plot = retentionOf({ days, retention: { asked: 4, known: 3, share: 0.75 }, today });
  expect(plot.bars).toHaveLength(30);
  expect(plot.bars[0]).toEqual({ day: "2026-01-02", value: null, text: "0 answers" });
  expect(plot.bars.slice(-2)).toEqual([
    { day: "2026-01-30", value: 75, text: "3 of 4 remembered" },
    { day: "2026-01-31", value: null, text: "2 answers" },
  ]);
  expect([percent(0.754), percent(null)]).toEqual(["75 %", "–"]);
});

test("the better scheduler is the one with less loss", () => {
  const about = (sm2: number, fsrs: number) => compared({ reviews: 100, sm2, fsrs });
  expect(about(0.3, 0.4)).toMatch(/^SM-2/);
  expect(about(0.4, 0.3)).toMatch(/^FSRS/);
  expect(about(0.4, 0.401)).toMatch(/^Both/);
});

test.each([
  ["2026-01-30", "today"],
  ["2026-02-01", "tomorrow"],
  ["2026-02-05", "on Thursday"],
  ["2026-02-20", "on 20 February"],
])("%s is %s", (day, name) => {
  expect(dayName(day, today)).toBe(name);
});

test("when all is done, the page says when there is more, and what the limits hold back", () => {
  const due = (left: { new: number; reviews: number }) => ({ due: { today, left } });
  const next = { today, forecast: [{ day: "2026-02-01", due: 2 }] };
  expect(whatIsNext(next, due({ new: 3, reviews: 9 }))).toBe("Next: 2 cards tomorrow.");
  expect(whatIsNext(next, due({ new: 0, reviews: 9 }))).toBe("Next: 2 cards tomorrow. More new songs come tomorrow.");
  expect(whatIsNext({ today, forecast: [{ day: today, due: 4 }] }, due({ new: 1, reviews: 0 }))).toBe(
    "You have reached today's limit; 4 cards can wait. Nothing is due in the next 30 days.",
  );
});
