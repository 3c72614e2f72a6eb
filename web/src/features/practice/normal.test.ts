// @vitest-environment node
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { judgeGuess, normal } from "./normal";

// The cases of tests/unit/practice/test_answers.py.
test.each([
  ["dont stop me now", "Don't Stop Me Now (Remastered 2011)"],
  ["beyonce", "BEYONCÉ"],
  ["strasse", "Straße"],
  ["rock and roll", "Rock & Roll"],
  ["crazy in love", "Crazy in Love feat. Jay-Z"],
  ["crazy in love", "Crazy in Love (ft. Jay-Z) [Live]"],
  ["οδυσσευσ", "Ὀδυσσεύς"],
  ["istanbul", "İstanbul"],
  ["ａｂｃ", "abc"],
  ["(untitled)", "(Untitled)"],
  ["feather", "Feather"],
  ["99 luftballons", "99 Luftballons!"],
  ["!!!", "!!!"],
  ["ガガ", "カ\u3099カ\u3099"],
])("%j means %j", (typed, title) => {
  expect(normal(typed)).toBe(normal(title));
});

test.each([
  ["カ", "ガ"],
  ["bad", "bed"],
  ["7", "8"],
  ["!!!", "???"],
])("%j is not %j", (one, other) => {
  expect(normal(one)).not.toBe(normal(other));
});

describe("a guess", () => {
  const salt = "0f0f";
  const hash = (answer: string) =>
    createHash("sha256")
      .update(salt + answer)
      .digest("hex");
  const answers = { salt, title: ["the chain", "chain"].map(hash), artist: ["fleetwood mac"].map(hash) };

  test.each([
    ["The Chain", true, false],
    ["a chain", true, false],
    ["  CHAIN ", true, false],
    ["Fleetwood Mac", false, true],
    ["the fleetwood mac", false, true],
    ["change", false, false],
    ["   ", false, false],
  ])("%j: title %s, artist %s", async (typed, title, artist) => {
    expect(await judgeGuess(typed, answers)).toEqual({ title, artist });
  });
});
