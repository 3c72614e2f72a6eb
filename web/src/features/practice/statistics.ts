import type { PracticeStats } from "@/api/practice";
import type { Bar } from "./Bars";
import { dayAfter } from "./game";
import { count, dayName } from "./words";

const DAYS = 30;

export const percent = (share: number | null): string => (share === null ? "–" : `${Math.round(100 * share)} %`);

/** What comes in the next days, as a plot. */
export function forecastOf({ forecast, today }: Pick<PracticeStats, "forecast" | "today">) {
  const bars: Bar[] = forecast.map(({ day, due }) => ({ day, value: due, text: count(due, "card") }));
  const most = Math.max(1, ...forecast.map(({ due }) => due));
  const all = forecast.reduce((sum, { due }) => sum + due, 0);
  const busiest = forecast.find(({ due }) => due === most);
  const summary = all
    ? `${count(all, "card")} in 30 days; most of them ${dayName(busiest?.day ?? today, today)}: ${most}.`
    : "No card is due in the next 30 days.";
  return { title: "What comes", summary, bars, most };
}

/** What was remembered day by day, in percent, of songs that were asked on an earlier day. */
export function retentionOf({ days, retention, today }: Pick<PracticeStats, "days" | "retention" | "today">) {
  const known = new Map(days.map((one) => [one.day, one]));
  const first = new Date(Date.parse(`${today}T00:00:00Z`) - (DAYS - 1) * 86_400_000).toISOString().slice(0, 10);
  const bars: Bar[] = [];
  for (let day = first; bars.length < DAYS; day = dayAfter(day)) {
    const one = known.get(day);
    const asked = one?.asked ?? 0;
    const text = asked ? `${one?.known} of ${asked} remembered` : count(one?.reviews ?? 0, "answer");
    bars.push({ day, value: asked ? Math.round((100 * (one?.known ?? 0)) / asked) : null, text });
  }
  const summary = retention.asked
    ? `${retention.known} of ${count(retention.asked, "song")} from an earlier day were remembered.`
    : "Nothing was asked a second time on a later day yet.";
  return { title: "What you remembered", summary, bars, most: 100 };
}

/** Which scheduler foretold a person's answers better, in a sentence. */
export function compared({ sm2, fsrs }: NonNullable<PracticeStats["comparison"]>): string {
  if (Math.abs(sm2 - fsrs) < 0.005) return "Both foretold your answers equally well.";
  return sm2 < fsrs ? "SM-2 foretold your answers better." : "FSRS foretold your answers better.";
}
