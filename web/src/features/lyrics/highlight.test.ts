import { beforeEach, expect, it } from "vitest";
import { Highlight } from "./highlight";
import { type Segment, timelineOf } from "./timeline";

const word = (word: string, start: number, end: number) => ({ word, start, end });
const segments: Segment[] = [
  { text: "one two", start: 1, end: 3, words: [word("one", 1, 2), word("two", 2, 3)] },
  { text: "three", start: 4, end: 5, words: [word("three", 4, 5)], estimated: true },
];
const timeline = timelineOf({ segments, offsetMs: 0, nudges: {} });
let list: HTMLElement;
let highlight: Highlight;
const marked = (name: string) => [...list.querySelectorAll(`[${name}]`)].map((one) => one.textContent);

beforeEach(() => {
  list = document.createElement("ol");
  for (const { words } of segments) {
    const line = list.appendChild(document.createElement("li"));
    for (const { word } of words) {
      const button = line.appendChild(document.createElement("button"));
      button.dataset.word = "";
      button.textContent = word;
    }
  }
  highlight = new Highlight();
});

it("marks one word and one line at a time, forwards and backwards", () => {
  const said = [0.5, 1.5, 2.5, 1.2, 3.5].map((at) => {
    highlight.paint(list, timeline, at);
    return [marked("data-now"), marked("data-singing"), marked("aria-current")];
  });
  expect(said).toEqual([
    [[], [], []],
    [["one"], ["onetwo"], ["onetwo"]],
    [["two"], ["onetwo"], ["onetwo"]],
    [["one"], ["onetwo"], ["onetwo"]],
    [[], [], ["onetwo"]],
  ]);
});

it("marks a line of estimated times as a whole", () => {
  highlight.paint(list, timeline, 4.5);
  expect(marked("data-now")).toEqual([]);
  expect(marked("data-singing")).toEqual(["three"]);
});

it("tells when the line becomes another one, and only then", () => {
  expect(highlight.paint(list, timeline, 1)).toBe(list.children[0]);
  expect(highlight.paint(list, timeline, 2)).toBeNull();
  expect(highlight.paint(list, timeline, 4)).toBe(list.children[1]);
  expect(highlight.paint(list, timeline, 0)).toBeNull();
  expect(marked("aria-current")).toEqual([]);
});

it("marks what was rendered again", () => {
  highlight.paint(list, timeline, 1.5);
  const fresh = list.cloneNode(true) as HTMLElement;
  for (const one of fresh.querySelectorAll("*"))
    for (const name of ["data-now", "data-singing", "aria-current"]) one.removeAttribute(name);
  list = fresh;
  highlight.paint(list, timeline, 1.5);
  expect(marked("data-now")).toEqual(["one"]);
});

it("marks two voices at once", () => {
  const voices: Segment[] = [
    { text: "one two", start: 1, end: 5, words: [word("one", 1, 2), word("two", 2, 5)] },
    { text: "three", start: 3, end: 4, words: [word("three", 3, 4)] },
  ];
  const duet = timelineOf({ segments: voices, offsetMs: 0, nudges: {} });
  const said = [2.5, 3.5, 4.5].map((at) => {
    highlight.paint(list, duet, at);
    return [marked("data-now"), marked("data-singing"), marked("aria-current")];
  });
  expect(said).toEqual([
    [["two"], ["onetwo"], ["onetwo"]],
    [["two", "three"], ["onetwo", "three"], ["three"]],
    [["two"], ["onetwo"], ["three"]],
  ]);
});
