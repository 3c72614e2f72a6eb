import { expect, it } from "vitest";
import type { UploadView } from "./model";
import { foremost, moment, NO_TALLY, tallied, totals } from "./tally";

const view = (id: string, change: Partial<UploadView> = {}) =>
  ({ id, sizeBytes: 100, sentBytes: 0, phase: "waiting", trouble: null, ...change }) as UploadView;

it("counts what has arrived after it left the list, and forgets what was cancelled", () => {
  let tally = tallied(NO_TALLY, [view("a", { sentBytes: 50 }), view("b"), view("c"), view("d")]);
  expect(totals(tally)).toEqual({ arrived: 0, songs: 4, percent: 12.5 });
  tally = tallied(tally, [view("a", { phase: "sent", sentBytes: 100 }), view("b"), view("c"), view("d")]);
  tally = tallied(tally, [view("b"), view("d", { sentBytes: 50 })]); // a has faded, c was cancelled
  expect(totals(tally)).toEqual({ arrived: 1, songs: 3, percent: 50 });
  expect(totals(tallied(tally, []))).toEqual({ arrived: 0, songs: 0, percent: 0 });
});

it("of many shows those that need somebody first, then those that move", () => {
  const trouble = { text: "No.", way: "retry" } as const;
  const all = [view("a"), view("b", { active: true }), view("c", { phase: "failed", trouble }), view("d"), view("e")];
  expect(foremost(all, 3).map(({ id }) => id)).toEqual(["c", "b", "a"]);
  expect(foremost(all, 5)).toEqual(all);
});

it("says when something goes on in the person's own time", () => {
  const now = new Date(2026, 0, 31, 22, 5).getTime();
  expect(moment(new Date(2026, 0, 31, 23, 7).getTime(), now)).toBe("at 23:07");
  expect(moment(new Date(2026, 1, 1, 1, 0).getTime(), now)).toBe("tomorrow at 01:00");
  expect(moment(new Date(2026, 1, 14, 1, 0).getTime(), now)).toBe("on February 14 at 01:00");
});
