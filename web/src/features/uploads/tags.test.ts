// @vitest-environment node
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { readTags } from "./tags";

const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0));
const utf8 = (text: string) => [...new TextEncoder().encode(text)];
const utf16 = (text: string) => [
  0xff,
  0xfe,
  ...[...text].flatMap((letter) => [letter.charCodeAt(0) & 255, letter.charCodeAt(0) >> 8]),
];
const frame = (name: string, encoding: number, text: number[]) => [
  ...ascii(name),
  ...[0, 0, (text.length + 1) >> 8, (text.length + 1) & 255, 0, 0, encoding, ...text],
];
const le32 = (value: number) => [value & 255, (value >> 8) & 255, 0, 0];
const be32 = (value: number) => [0, 0, value >> 8, value & 255];
const comment = (text: string) => [...le32(utf8(text).length), ...utf8(text)];
const atom = (name: string, text: string) => {
  const value = utf8(text);
  return [
    ...be32(value.length + 24),
    0xa9,
    ...ascii(name),
    ...be32(value.length + 16),
    ...ascii("data"),
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    ...value,
  ];
};
const read = (...bytes: number[]) => readTags(new Blob([new Uint8Array(bytes)]));
const both = { title: "Señora 曲", artist: "Bänd" };

describe("readTags", () => {
  it("reads the shipped song's", async () => {
    const tags = await readTags(new Blob([new Uint8Array(await readFile("../local/demo/song.mp3"))]));
    expect(tags.title).toBeTruthy();
    expect(tags.artist).toBeTruthy();
  });

  it("reads ID3 in each encoding", async () => {
    const id3 = [...ascii("ID3"), 3, 0, 0, 0, 0, 2, 0];
    expect(
      await read(...id3, ...frame("TIT2", 1, utf16("Señora 曲")), ...frame("TPE1", 0, [0x42, 0xe4, 0x6e, 0x64, 0])),
    ).toEqual(both);
    expect(await read(...id3, ...frame("TPE1", 3, utf8("Bänd")), ...frame("TIT2", 3, utf8("Señora 曲")))).toEqual(both);
  });

  it.each([
    ["Windows-1251", [0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2], "Привет"],
    ["UTF-8", utf8("Añoranza"), "Añoranza"],
    ["Shift-JIS", [0x96, 0xe9, 0x82, 0xc9, 0x8b, 0xec, 0x82, 0xaf, 0x82, 0xe9], "夜に駆ける"],
    ["Greek, which nothing proves", [0xc5, 0xeb, 0xeb, 0xdc, 0xe4, 0xe1], "ÅëëÜäá"],
    ["Latin-1 as it says", [0x64, 0xe9, 0x6a, 0xe0], "déjà"],
  ])("reads %s that is declared as Latin-1", async (_, bytes, title) => {
    const id3 = [...ascii("ID3"), 3, 0, 0, 0, 0, 2, 0];
    expect((await read(...id3, ...frame("TIT2", 0, bytes))).title).toBe(title);
  });

  it("reads Vorbis comments", async () => {
    expect(await read(...ascii("fLaC"), ...comment("ARTIST=Bänd"), ...comment("Title=Señora 曲"))).toEqual(both);
    expect(await read(...ascii("OggS"), ...comment("artist=Bänd"), ...comment("TITLE=Señora 曲"))).toEqual(both);
  });

  it("reads MP4's list, also at the end of a long file", async () => {
    const list = [...atom("nam", "Señora 曲"), ...atom("ART", "Bänd")];
    expect(await read(...be32(32), ...ascii("ftypM4A "), ...list)).toEqual(both);
    const long = new Uint8Array(600_000);
    expect(await readTags(new Blob([long, new Uint8Array(list)]))).toEqual(both);
  });

  it.each([
    ["nothing", []],
    ["a length beyond the end", [...ascii("ID3"), 3, 0, 0, 0, 0, 2, 0, ...ascii("TIT2"), 0, 0, 9, 9, 0, 0, 3, 65]],
    ["a frame that is cut off", [...ascii("ID3"), 3, 0, 0, 0, 0, 2, 0, ...ascii("TIT2"), 0, 0]],
    ["an impossible comment", [...ascii("fLaC"), 1, 0, 0, 0, ...ascii("TITLE=x")]],
    ["words in the sound itself", ascii("....TITLE=x TIT2 aaaaaaaaaaa")],
  ])("finds nothing in %s", async (_, bytes) => {
    expect(await read(...bytes)).toEqual({ title: null, artist: null });
  });
});
