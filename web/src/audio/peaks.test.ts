// @vitest-environment node
import { expect, test } from "vitest";
import { barHeights, combine, loudest, parsePeaks } from "./peaks";

const stems = { drums: [-100, 100, -2, 2], bass: [-50, 50, 0, 0], other: [0, 0, 0, 0], vocals: [-1, 3, -128, 127] };
const document = { version: 1, sampleRate: 44100, samplesPerPeak: 1024, stems };

test("a whole document is read", () => {
  const peaks = parsePeaks(document);
  expect(peaks?.samplesPerPeak).toBe(1024);
  expect([...(peaks?.stems.vocals ?? [])]).toEqual([-1, 3, -128, 127]);
});

test.each([
  ["nothing", null],
  ["a list", [document]],
  ["another version", { ...document, version: 2 }],
  ["no rate", { ...document, sampleRate: 0 }],
  ["a broken rate", { ...document, samplesPerPeak: "1024" }],
  ["no stems", { ...document, stems: null }],
  ["a stem that is missing", { ...document, stems: { ...stems, bass: undefined } }],
  ["half a pair", { ...document, stems: { ...stems, bass: [1] } }],
  ["sixteen bits", { ...document, stems: { ...stems, bass: [-300, 300] } }],
  ["fractions", { ...document, stems: { ...stems, bass: [-0.5, 0.5] } }],
  ["words", { ...document, stems: { ...stems, bass: ["-1", "1"] } }],
])("%s is not peaks", (_, read) => expect(parsePeaks(read)).toBeNull());

test("six stems are read, and an empty list is not peaks", () => {
  const six = { ...stems, guitar: [1, 2], piano: [3, 4] };
  expect(Object.keys(parsePeaks({ ...document, stems: six })?.stems ?? {})).toHaveLength(6);
  expect(parsePeaks({ ...document, stems: {} })).toBeNull();
});

test("an empty song has peaks, and they are flat", () => {
  const none = { drums: [], bass: [], other: [], vocals: [] };
  const peaks = parsePeaks({ ...document, stems: none });
  expect(peaks && combine(peaks)).toHaveLength(0);
  expect([...barHeights(new Int8Array(), 43, 10, 3, 1)]).toEqual([0, 0, 0]);
});

test("stems add up and are cut off at eight bits", () => {
  const peaks = parsePeaks(document);
  expect(peaks && [...combine(peaks)]).toEqual([-128, 127, -128, 127]);
  expect(loudest(...(peaks?.stems.bass ? [peaks.stems.bass] : []))).toBe(50);
  expect(loudest(new Int8Array(4))).toBe(1);
});

test("each bar shows the loudest of its time", () => {
  const values = Int8Array.from([-10, 5, -20, 80, -40, 1, 0, 0]);
  expect([...barHeights(values, 1, 4, 4, 80)]).toEqual([0.125, 1, 0.5, 0]);
  expect([...barHeights(values, 1, 4, 2, 80)]).toEqual([1, 0.5]);
});

test("more bars than pairs leave no gaps, and a song longer than its peaks ends flat", () => {
  const values = Int8Array.from([-64, 0, 0, 64]);
  expect([...barHeights(values, 1, 2, 8, 64)]).toEqual(Array(8).fill(1));
  expect([...barHeights(values, 1, 4, 4, 64)]).toEqual([1, 1, 0, 0]);
});

test("a bar never grows over its height", () => {
  expect([...barHeights(Int8Array.from([-128, 127]), 1, 1, 1, 100)]).toEqual([1]);
});
