// @vitest-environment node
import { describe, expect, it } from "vitest";
import { aSession } from "@/api/sessions.fake";
import { length, place, readPlace, standing, titleOf, troubles } from "./words";

describe("the state of a take in words", () => {
  it.each([
    [{ status: "OPEN", windows: null, ingested: [0, 1] }, "Being recorded or uploaded", "2 parts arrived"],
    [{ status: "CLOSED", windows: 3, ingested: [0], missing: [1, 2] }, "Being uploaded", "1 of 3 parts arrived"],
    [{ status: "CLOSED", windows: 1, ingested: [0], missing: [] }, "Being put together", undefined],
    [{ status: "JOINING" }, "Being put together", undefined],
    [{ status: "READY" }, "Ready", undefined],
    [{ status: "FAILED", errorCode: "EMPTY" }, "Failed", "No part of it arrived that could be read. Record it again."],
    [{ status: "FAILED", errorCode: "?" }, "Failed", "It could not be put together. Record it again."],
  ] as const)("%j: %s", (change, text, detail) => {
    const take = aSession("A", change as object);
    expect(standing(take)).toMatchObject({ text });
    expect(standing(take).detail).toBe(detail);
  });

  it("names each gap, each bad part and each part that is awaited", () => {
    const take = aSession("A", {
      status: "CLOSED",
      failed: [
        { windowIndex: 0, code: "truncated" },
        { windowIndex: 2, code: "tomorrows" },
      ],
      missing: [1],
      gaps: [{ start: 44_100 * 61, frames: 22_050 }],
    });
    expect(troubles(take)).toEqual([
      "The part from 0:00 is cut off.",
      "The part from 2:00 cannot be read.",
      "The part from 1:00 is not there yet.",
      "Silence from 1:01 for 0.5 s: this part is missing.",
    ]);
    expect(troubles(aSession("A"))).toEqual([]);
  });

  it("says what the recorder missed, wherever it was", () => {
    const lost = { start: 44_100, frames: 441, lost: 0 };
    const recorderGaps = [
      { ...lost, why: "missed" as const },
      { ...lost, why: "paused" as const },
    ];
    expect(troubles(aSession("A", { recorderGaps }))).toEqual([
      "The browser lost sound in 1 place, 10 ms in all. Close other programs and record again.",
    ]);
  });

  it("a take without a title is called by its date", () => {
    expect(titleOf({ title: " Mine ", startedAt: "2026-01-31T08:15:00.000Z" })).toBe("Mine");
    expect(titleOf({ title: " ", startedAt: "2026-01-31T08:15:00.000Z" })).toMatch(/^Take of .*2026/);
  });

  it("lengths are short", () => {
    expect([length(4.26), length(83.9)]).toEqual(["4.3 s", "1:23"]);
  });
});

describe("a place in the song", () => {
  it.each([
    [62_350, "1:02.350"],
    [-200, "−0:00.200"],
    [0, "0:00.000"],
    [600_000, "10:00.000"],
  ])("%d ms is %s, and is read back", (ms, text) => {
    expect(place(ms)).toBe(text);
    expect(readPlace(text)).toBe(ms);
  });

  it.each([
    ["62.35", 62_350],
    ["62,35", 62_350],
    [" -0.2 ", -200],
    ["1:5", null],
    ["1:02", 62_000],
    ["", null],
    ["abc", null],
    ["11:00", null],
    ["1.2.3", null],
  ])("%j is read as %s", (text, ms) => {
    expect(readPlace(text)).toBe(ms);
  });
});
