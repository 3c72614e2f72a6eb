// @vitest-environment node
import { describe, expect, it } from "vitest";
import { aSong } from "@/api/songs.fake";
import { day, remedyOf, standing, titleOf } from "./words";

describe("standing", () => {
  it.each([
    [{ status: "PENDING_UPLOAD" }, "Waiting for its file, or checking it", undefined],
    [{ status: "QUEUED" }, "In the queue", undefined],
    [{ status: "QUEUED", queuePosition: 1 }, "Next in the queue", undefined],
    [{ status: "QUEUED", queuePosition: 12 }, "Number 12 in the queue", undefined],
    [{ status: "PROCESSING" }, "Getting ready", undefined],
    [{ status: "PROCESSING", stage: "demucs", progress: 0 }, "Separating the instruments", "0 %"],
    [
      { status: "PROCESSING", stage: "demucs", progress: 41.6, etaSec: 400 },
      "Separating the instruments",
      "42 % · about 7 minutes left in this step",
    ],
    [{ status: "PROCESSING", stage: "whisper", progress: 2 }, "Writing the lyrics", "2 %"],
    [{ status: "FAILED", errorMessage: "It is silent." }, "Failed", "It is silent."],
    [{ status: "FAILED" }, "Failed", "Something went wrong."],
    [{ status: "CANCELLED" }, "Cancelled", undefined],
    [{ status: "COMPLETED", lyricsStatus: "READY" }, "Ready", undefined],
    [{ status: "COMPLETED", lyricsStatus: "INSTRUMENTAL" }, "Ready", "Instrumental"],
    [{ status: "COMPLETED", lyricsStatus: "FAILED", lyricsReason: null }, "Ready", "The lyrics could not be written."],
    [{ status: "COMPLETED", lyricsStatus: "FAILED", lyricsReason: "No words." }, "Ready", "No words."],
    [{ status: "COMPLETED", lyricsStatus: "QUEUED", queuePosition: 2 }, "Ready", "Lyrics: number 2 in the queue"],
    [{ status: "COMPLETED", lyricsStatus: "PROCESSING", progress: 9 }, "Ready", "Writing the lyrics · 9 %"],
  ] as const)("says of %j: %s, %s", (song, text, detail) => {
    expect(standing(aSong("A", song))).toMatchObject({ text, ...(detail && { detail }) });
    expect(standing(aSong("A", song)).detail).toBe(detail);
  });
});

describe("remedyOf", () => {
  it.each([
    ["NO_CAPACITY", 1, "retry"],
    ["SEPARATION_FAILED", 2, "retry"],
    [null, 1, "retry"],
    ["CORRUPT_AUDIO", 1, "another-file"],
    ["SILENT_AUDIO", 0, "another-file"],
    // Refused by a check that we do not know yet: nothing was kept to try again with.
    ["TOMORROWS_CHECK", 0, "another-file"],
  ])("of %s after %i attempts: %s", (errorCode, attempt, remedy) => {
    expect(remedyOf(aSong("A", { status: "FAILED", errorCode, attempt }))).toBe(remedy);
  });

  it("of others", () => {
    expect(remedyOf(aSong("A", { status: "CANCELLED", attempt: 0 }))).toBe("retry");
    expect(remedyOf(aSong("A", { status: "COMPLETED", lyricsStatus: "FAILED" }))).toBe("retry-lyrics");
    expect(remedyOf(aSong("A", { status: "COMPLETED", lyricsStatus: "READY" }))).toBeUndefined();
    expect(remedyOf(aSong("A"))).toBeUndefined();
  });
});

it("titles and days", () => {
  expect([titleOf(aSong("A", { title: null })), titleOf(aSong("A", { title: " " }))]).toEqual(["Untitled", "Untitled"]);
  const now = new Date(2026, 4, 20, 9);
  const at = (...date: [number, number, number, number]) => day(new Date(...date).toISOString(), now);
  expect([at(2026, 4, 20, 0), at(2026, 4, 19, 23), at(2026, 4, 3, 12), at(2024, 4, 3, 12)]).toEqual([
    "Today",
    "Yesterday",
    "May 3",
    "May 3, 2024",
  ]);
});
