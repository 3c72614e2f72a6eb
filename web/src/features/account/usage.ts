import type { components } from "@/api/schema";

type Usage = components["schemas"]["Usage"];

/** A quota as a line of text, and how much of it is used (0–1). */
export interface Line {
  text: string;
  share: number;
  until: string;
}

const line = (quota: NonNullable<Usage["songsToday"]>, things: string, until: string): Line => ({
  text: `${quota.used} of ${quota.limit} ${things}`,
  share: Math.min(1, quota.used / quota.limit),
  until,
});

/** When a quota resets, in the person's own time. */
const moment = (iso: string, style: Intl.DateTimeFormatOptions, locale?: string) =>
  new Intl.DateTimeFormat(locale, style).format(new Date(iso));

/** One line for each limit of this service; none where nothing is limited. */
export function usageLines({ songsToday, minutesThisMonth }: Usage, locale?: string): Line[] {
  const lines: Line[] = [];
  if (songsToday)
    lines.push(
      line(songsToday, "songs today", `Resets at ${moment(songsToday.endsAt, { timeStyle: "short" }, locale)}.`),
    );
  if (minutesThisMonth)
    lines.push(
      line(
        minutesThisMonth,
        "minutes of music this month",
        `Resets on ${moment(minutesThisMonth.endsAt, { dateStyle: "long" }, locale)}.`,
      ),
    );
  return lines;
}
