// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { Song } from "@/api/client";
import { aSong } from "@/api/songs.fake";
import { behind, merge, toShow } from "./filters";

const songs = (status: Song["status"], ...ids: string[]) => ids.map((id) => aSong(id, { status }));
const ids = (found: Song[]) => found.map(({ songId }) => songId).join("");

describe("merge", () => {
  it("makes one list, newest first", () => {
    const parts = [
      { songs: songs("PENDING_UPLOAD", "F", "A"), more: false },
      { songs: songs("QUEUED", "E", "C"), more: false },
      { songs: songs("PROCESSING", "D"), more: false },
    ];
    expect(ids(merge("active", parts))).toBe("FEDCA");
  });

  it("holds back what may stand behind songs that have not been read", () => {
    const parts = [
      { songs: songs("FAILED", "F", "D"), more: true },
      { songs: songs("CANCELLED", "E", "C", "A"), more: false },
    ];
    expect(ids(merge("failed", parts))).toBe("FED");
    expect(behind(parts)).toEqual([0]);
  });

  it("reads on in the list that holds the others back", () => {
    const parts = [
      { songs: songs("FAILED", "F", "B"), more: true },
      { songs: songs("CANCELLED", "E", "C"), more: true },
    ];
    expect(ids(merge("failed", parts))).toBe("FEC");
    expect(behind(parts)).toEqual([1]);
    expect(behind(parts.map((part) => ({ ...part, more: false })))).toEqual([]);
  });

  it("reads on where a page was empty", () => {
    expect(behind([{ songs: [], more: true }])).toEqual([0]);
  });

  it("shows a song that has moved on where it is now, and once", () => {
    const moved = aSong("B", { status: "PROCESSING", seq: 5 });
    const parts = [
      { songs: [], more: false },
      { songs: [aSong("B", { seq: 4 }), aSong("A", { status: "COMPLETED", seq: 9 })], more: false },
      { songs: [moved], more: false },
    ];
    expect(merge("active", parts)).toEqual([moved]);
    expect(merge("ready", [{ songs: [moved], more: false }])).toEqual([]);
  });
});

it("what the address says of a filter is not believed", () => {
  expect([toShow("ready"), toShow(null), toShow("<b>"), toShow("constructor")]).toEqual(["ready", "all", "all", "all"]);
});
