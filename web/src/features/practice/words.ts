/** What the page says while a card is asked. */

export const RIGHT = "Right.";
export const RIGHT_ARTIST = "The artist is right. And the title?";
export const wrong = (typed: string) => `Not “${typed.trim()}”.`;
export const REVEAL_FIRST = "Show the answer first, then grade yourself.";
export const capped = (given: number, counts: number) => `With these hints a ${given} counts as ${counts}.`;
export const AGAIN = "It comes again in this session.";
export const noted = (grade: number) => `Noted: ${grade}, ${GRADES[grade]?.toLowerCase()}.`;
export const NO_MORE_HINTS = "There are no more hints. Show the answer.";
export const TOO_SHORT = "The title is too short for a hint in words.";
export const NO_HINT = "The hint could not be fetched.";
export const initial = (letter: string) => `The title begins with ${letter}.`;
export const SUSPENDED = "It is not asked any more.";
export const BURIED = "It is asked again tomorrow.";
export const UNDONE = "Taken back. Grade it again.";
export const NOTHING_TO_UNDO = "There is nothing to take back.";
export const GONE = "This song is no longer in your library. Its answer was dropped.";
export const REBASED =
  "Another device changed this card at the same moment. Your answer was added to it, and nothing is lost.";

/** By grade; 0 cannot be given here. */
export const GRADES: readonly string[] = ["", "No idea", "Nearly", "Hard", "Good", "Easy"];
/** 3 cards, 1 card. */
export const count = (number: number, one: string, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

/** A day as a person says it, seen from `today`. Both as 2026-01-31. */
export function dayName(day: string, today: string): string {
  const days = Math.round((Date.parse(`${day}T00:00:00Z`) - Date.parse(`${today}T00:00:00Z`)) / 86_400_000);
  if (days <= 0) return "today";
  if (days === 1) return "tomorrow";
  const date = new Date(`${day}T12:00:00Z`);
  const format = days < 7 ? ({ weekday: "long" } as const) : ({ day: "numeric", month: "long" } as const);
  return `on ${new Intl.DateTimeFormat("en-GB", { ...format, timeZone: "UTC" }).format(date)}`;
}
