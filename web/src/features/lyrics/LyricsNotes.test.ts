// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { Lyrics } from "@/api/client";
import { aboutEstimates } from "./LyricsNotes";

const line = (lineEstimated: boolean, wordsEstimated: boolean): Lyrics["segments"][number] => ({
  text: "la la",
  start: 1,
  end: 2,
  estimated: lineEstimated,
  words: [{ word: "la", start: 1, end: 2, estimated: wordsEstimated }],
});

describe("the note on estimated times", () => {
  it("says which of them are estimates", () => {
    expect(aboutEstimates([line(true, true)])).toMatch(/^The times of these lyrics/);
    expect(aboutEstimates([line(false, true), line(false, false)])).toMatch(/^Some times/);
  });

  it("does not call a person's line times estimates", () => {
    expect(aboutEstimates([line(false, true), line(false, true)])).toMatch(/^Where the words of a line begin/);
  });
});
