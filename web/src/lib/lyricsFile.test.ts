// @vitest-environment node
import { expect, it } from "vitest";
import { base64, ENCODINGS, fromBase64, LYRICS_KINDS, PICKED_LYRICS, preview } from "./lyricsFile";
import generated from "./lyricsFile.json";

const RUSSIAN = new Uint8Array([0x6c, 0x61, 10, 0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]); // "la\nПривет" in Windows-1251

it("offers every kind of file that the service reads", () => {
  expect(PICKED_LYRICS.split(",")).toEqual(
    expect.arrayContaining([".lrc", ".srt", ".vtt", ".ass", ".json", ".ttml", ".sbv", ".txt"]),
  );
  expect(LYRICS_KINDS).toMatch(/^\.ttml, .* or \.txt$/);
});

it("offers only encodings that the service and the browser know", () => {
  for (const [name] of ENCODINGS) {
    expect(generated.encodings).toContain(name);
    expect(preview(new Uint8Array([0x61, 0]), name)).toEqual([]);
  }
});

it("shows the lines that tell an encoding", () => {
  expect(preview(RUSSIAN, "windows-1251")).toEqual(["Привет"]);
  expect(preview(RUSSIAN, "windows-1252")).toEqual(["Ïðèâåò"]);
  expect(preview(RUSSIAN, "utf-8")).toBeNull();
});

it("cuts a long line in front of its first letter beyond ASCII", () => {
  const bytes = new Uint8Array([...new Array<number>(5000).fill(0x61), ...RUSSIAN.slice(3)]);
  const [line] = preview(bytes, "windows-1251") ?? [];
  expect(line).toMatch(/^a{30}Привет$/);
});

it("reads back the bytes that it wrote", () => {
  expect(fromBase64(base64(RUSSIAN))).toEqual(RUSSIAN);
});
