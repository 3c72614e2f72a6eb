// @vitest-environment node
import { describe, expect, it } from "vitest";
import { camelotOf, KEYS, understand, valueOf, withValue } from "./searching";

describe("what is typed", () => {
  it.each([
    ["blue moon", { q: "blue moon" }],
    ["bpm:120-130 key:~8A", { bpm: "119.5-130.4", key: "~8A" }],
    ["  blue BPM:120  moon ", { q: "blue moon", bpm: "119.5-120.4" }],
    ["bpm:130–120", { bpm: "119.5-130.4" }],
    ["bpm:120-", { bpm: "119.5-" }],
    ["bpm:-130", { bpm: "-130.4" }],
    ["bpm:99.5-100.5", { bpm: "99.5-100.5" }],
    ["key:Am", { key: "8A" }],
    ["key:~A minor blue", { q: "blue", key: "~8A" }],
    ["key:f#m length:3-5", { key: "11A", length: "180-300.999" }],
    ["length:3", { length: "180-239.999" }],
    ["length:3:05", { length: "185-185.999" }],
    ["length:-4:30", { length: "-270.999" }],
    ["length:5-3", { length: "180-300.999" }],
    ["wallbpm:120", { q: "wallbpm:120" }],
    ["", {}],
  ])("%s", (text, asked) => {
    expect(understand(text)).toEqual({ asked, problems: [] });
  });

  it.each(["bpm:", "bpm:fast", "bpm:1-2-3", "bpm:-", "key:H", "key:13A", "length:3:75", "length:long"])(
    "%s is no filter, and says how to write one",
    (text) => {
      const { asked, problems } = understand(`blue ${text}`);
      expect(asked).toEqual({ q: "blue" });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(/^After (bpm|key|length): write .*\.$/);
    },
  );

  it("of two filters of a kind the last one counts", () => {
    expect(understand("bpm:100 bpm:120").asked).toEqual({ bpm: "119.5-120.4" });
    expect(valueOf("bpm:100 bpm:120", "bpm")).toBe("120");
  });
});

it("a filter is written into what was typed, and taken out of it", () => {
  expect(withValue("blue bpm:100 moon", "bpm", "120-130")).toBe("blue moon bpm:120-130");
  expect(withValue("blue key:A minor moon", "key", "")).toBe("blue moon");
  expect(withValue("", "key", "~8A")).toBe("key:~8A");
  expect(valueOf("blue key:~A minor", "key")).toBe("~A minor");
});

it("keys are those of the wheel, in its order", () => {
  expect(KEYS.map(({ camelot }) => camelot).slice(0, 3)).toEqual(["1A", "1B", "2A"]);
  expect(KEYS).toHaveLength(24);
  for (const { camelot, name } of KEYS) expect(camelotOf(name)).toBe(camelot);
  expect(["C", "Cm", "B♭m", "Db", "8b", "A-minor"].map(camelotOf)).toEqual(["8B", "5A", "3A", "3B", "8B", "8A"]);
  expect(["", "H", "0A", "Cb", "A dorian"].map(camelotOf)).toEqual([null, null, null, null, null]);
});
