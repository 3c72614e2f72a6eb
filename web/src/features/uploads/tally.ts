import type { UploadView } from "./model";

/** How far all songs have come since the queue was last empty; those that have arrived count on after they left it. */
export interface Tally {
  of: readonly UploadView[];
  seen: ReadonlyMap<string, { bytes: number; sent: number; arrived: boolean }>;
}

export const NO_TALLY: Tally = { of: [], seen: new Map() };

export function tallied(before: Tally, uploads: readonly UploadView[]): Tally {
  if (!uploads.length) return { ...NO_TALLY, of: uploads };
  // What left without having arrived was cancelled.
  const seen = new Map([...before.seen].filter(([, { arrived }]) => arrived));
  for (const { id, sizeBytes, sentBytes, phase } of uploads)
    seen.set(id, { bytes: sizeBytes, sent: sentBytes, arrived: phase === "sent" });
  return { of: uploads, seen };
}

/** Songs that have arrived, of how many, and the percentage of bytes. */
export function totals({ seen }: Tally): { arrived: number; songs: number; percent: number } {
  const all = [...seen.values()];
  const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
  const sent = all.reduce((sum, one) => sum + one.sent, 0);
  return {
    arrived: all.filter(({ arrived }) => arrived).length,
    songs: all.length,
    percent: bytes ? (100 * sent) / bytes : 0,
  };
}

/** Which rows are worth a place when there are many: those that need a person, then those that move. */
export function foremost(uploads: readonly UploadView[], count: number): UploadView[] {
  if (uploads.length <= count) return [...uploads];
  const rank = ({ trouble, wordsTrouble, active, phase, note }: UploadView) =>
    trouble || wordsTrouble ? 0 : active ? 1 : note ? 2 : phase === "waiting" ? 3 : 4;
  return uploads
    .map((upload, at) => ({ upload, at }))
    .sort((a, b) => rank(a.upload) - rank(b.upload) || a.at - b.at)
    .slice(0, count)
    .map(({ upload }) => upload);
}

/** "at 14:32", "tomorrow at 01:00" or "on 3 January at 01:00", in the person's own time. */
export function moment(until: number, now = Date.now(), locale = "en"): string {
  const then = new Date(until);
  const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(then);
  const midnight = (at: Date) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
  const days = Math.round((midnight(then) - midnight(new Date(now))) / 86_400_000);
  if (days <= 0) return `at ${time}`;
  if (days === 1) return `tomorrow at ${time}`;
  return `on ${new Intl.DateTimeFormat(locale, { day: "numeric", month: "long" }).format(then)} at ${time}`;
}
