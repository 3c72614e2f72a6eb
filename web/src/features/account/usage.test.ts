import { describe, expect, it } from "vitest";
import { usageLines } from "./usage";

const day = { used: 3, limit: 50, endsAt: "2026-02-01T00:00:00.000Z" };
const month = { used: 330, limit: 300, endsAt: "2026-02-01T12:00:00.000Z" };

describe("what a person used", () => {
  it("says nothing where nothing is limited", () => {
    expect(usageLines({ songsToday: null, minutesThisMonth: null })).toEqual([]);
  });

  it("has a line for each limit, and never more than all of it", () => {
    const [songs, minutes] = usageLines({ songsToday: day, minutesThisMonth: month }, "en-GB");
    expect(songs?.text).toBe("3 of 50 songs today");
    expect(songs?.share).toBeCloseTo(0.06);
    expect(minutes).toMatchObject({ text: "330 of 300 minutes of music this month", share: 1 });
    expect(minutes?.until).toBe("Resets on 1 February 2026.");
  });

  it("shows the limit that is set", () => {
    expect(usageLines({ songsToday: null, minutesThisMonth: month }, "en-GB")).toHaveLength(1);
  });
});
