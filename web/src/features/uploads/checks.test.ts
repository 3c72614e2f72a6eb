// @vitest-environment node
import { describe, expect, it, vi } from "vitest";
import { checkSong, detailsFromName, MAX_BYTES, readWords, shownName, sniff, sortOut } from "./checks";

const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0));
const file = (name: string, bytes: number[] = [0xff, 0xfb, 0x90, 0]) =>
  new File([new Uint8Array(bytes)], name, { lastModified: 1 });
const sized = (name: string, size: number) => {
  const one = file(name);
  Object.defineProperty(one, "size", { value: size });
  return one;
};
const check = (one: File, seconds?: number) => checkSong(one, () => Promise.resolve(seconds));

describe("checkSong", () => {
  it.each([
    ["mp3", "audio/mpeg", [0xff, 0xfb, 0x90, 0]],
    ["mp3", "audio/mpeg", [...ascii("ID3"), 4, 0, 0, 0, 0, 0, 0, 0xff, 0xfb]],
    ["wav", "audio/wav", [...ascii("RIFF"), 0, 0, 0, 0, ...ascii("WAVE")]],
    ["m4a", "audio/mp4", [0, 0, 0, 32, ...ascii("ftypM4A ")]],
    ["flac", "audio/flac", ascii("fLaC")],
    ["flac", "audio/flac", [...ascii("ID3"), 4, 0, 0, 0, 0, 0, 2, 0, 0, ...ascii("fLaC")]],
    ["ogg", "audio/ogg", ascii("OggS")],
    ["OPUS", "audio/ogg", ascii("OggS")],
    ["mp3", "audio/wav", [...ascii("RIFF"), 0, 0, 0, 0, ...ascii("WAVE")]],
  ])("takes a %s that is %s", async (suffix, contentType, bytes) => {
    expect(await check(file(`Song.${suffix}`, bytes))).toEqual({ ok: true, contentType });
  });

  it.each([
    ["another suffix", file("song.txt.pdf"), undefined, "kind of file"],
    ["no suffix", file("song"), undefined, "kind of file"],
    ["a film", file("song.mp4", [0, 0, 0, 32, ...ascii("ftypmp42")]), undefined, "kind of file"],
    ["another content", file("song.mp3", ascii("<html><body>hello")), undefined, "no audio"],
    ["an AVI in RIFF", file("song.wav", [...ascii("RIFF"), 0, 0, 0, 0, ...ascii("AVI ")]), undefined, "no audio"],
    ["one byte", file("song.mp3", [0xff]), undefined, "no audio"],
    ["no bytes", file("song.mp3", []), undefined, "empty"],
    ["50 MiB and a byte", sized("song.mp3", MAX_BYTES + 1), undefined, "50 MB"],
    ["more than ten minutes", file("song.mp3"), 600.1, "10 minutes"],
    ["less than half a second", file("song.mp3"), 0.4, "half a second"],
  ])("refuses %s and says what to do", async (_, one, seconds, says) => {
    const verdict = await check(one, seconds);
    expect(verdict).toEqual({ ok: false, why: expect.stringContaining(says) });
    expect(verdict.ok ? "" : verdict.why).toMatch(/\. \S.*\.$/);
  });

  it.each([[undefined], [0.5], [600]])("takes one of %s seconds, and 50 MiB", async (seconds) => {
    expect(await check(sized("song.mp3", MAX_BYTES), seconds)).toMatchObject({ ok: true });
  });

  it("refuses what cannot be read", async () => {
    const one = file("song.mp3");
    vi.spyOn(one, "slice").mockImplementation(() => {
      throw new DOMException("gone", "NotReadableError");
    });
    expect(await check(one)).toEqual({ ok: false, why: expect.stringContaining("cannot be read") });
  });

  const FRAME = [0xff, 0xfb, 0x90, 0x00, ...new Array(413).fill(0)]; // 128 kbit/s at 44.1 kHz: 417 bytes
  const LOW = [0xff, 0xf3, 0x40, 0x00, ...new Array(100).fill(0)]; // 32 kbit/s at 22.05 kHz: 104 bytes
  const TAG = [...ascii("ID3"), 4, 0, 0, 0, 0, 0, 2, 0, 0];
  const WITH_FOOTER = [...ascii("ID3"), 4, 0, 0x10, 0, 0, 0, 0, ...ascii("3DI"), 4, 0, 0x10, 0, 0, 0, 0];
  it.each<[string, number[], string]>([
    ["an mp3 that was cut inside a frame", [4, 33, 207, ...FRAME, ...FRAME, ...FRAME], "audio/mpeg"],
    ["an mp3 of 22 kHz behind junk", [...ascii("junk"), ...LOW, ...LOW, ...LOW], "audio/mpeg"],
    ["a FLAC behind two tags", [...TAG, ...TAG, ...ascii("fLaC")], "audio/flac"],
    ["a FLAC behind a tag with a footer", [...WITH_FOOTER, ...ascii("fLaC")], "audio/flac"],
    ["an Ogg behind a tag", [...TAG, ...ascii("OggS")], "audio/ogg"],
    ["an mp3 behind two tags", [...TAG, ...TAG, ...FRAME], "audio/mpeg"],
  ])("knows %s", async (_, bytes, type) => {
    expect(await sniff(file("a", bytes))).toBe(type);
  });

  it("takes no two set bytes for an mp3", async () => {
    expect(await sniff(file("a.mp3", [1, ...FRAME, ...FRAME]))).toBeUndefined();
  });

  it("takes no MPEG of another layer, nor AAC frames", async () => {
    expect(await sniff(file("a.mp3", [0xff, 0xfd]))).toBeUndefined();
    expect(await sniff(file("a.mp3", [0xff, 0xf1]))).toBeUndefined();
  });
});

describe("names", () => {
  it.each([
    ["Band - Song.mp3", "Band", "Song"],
    ["03 - Band - Song - Live.flac", "Band", "Song - Live"],
    ["07. Band_-_Song.mp3", "Band", "Song"],
    ["99 Luftballons.mp3", null, "99 Luftballons"],
    ["03 - Song.mp3", null, "Song"],
    ["my_song.mp3", null, "my song"],
    ["Song.mp3.mp3", null, "Song"],
    ["Song.stem.m4a", null, "Song"],
    ["Don't Stop (Live) & More, Pt. 2.wav", null, "Don't Stop (Live) & More, Pt. 2"],
    ["<b>Band</b> - 曲.mp3", "<b>Band</b>", "曲"],
    ["01 - .mp3", null, "01 -"],
    [" .mp3", null, " .mp3"],
  ])("%s → %s, %s", (name, artist, title) => {
    expect(detailsFromName(name)).toEqual({ artist, title });
  });

  it("shows the file's name until there is a better one", () => {
    expect(shownName({ name: "my_song.mp3", details: { title: null, artist: null, language: null } })).toBe("my song");
    expect(shownName({ name: "a.mp3", details: { title: "One", artist: "Band", language: null } })).toBe("Band – One");
  });
});

describe("sortOut", () => {
  it("takes the same file once", () => {
    expect(sortOut([file("a.mp3"), file("a.mp3"), file("b.mp3")]).songs.map((one) => one.file.name)).toEqual([
      "a.mp3",
      "b.mp3",
    ]);
  });

  it("gives each song the lyrics of its name, timed ones first", () => {
    const { songs, alone } = sortOut([file("A.mp3"), file("b.wav"), file("a.txt"), file("a.LRC"), file("c.txt")]);
    expect(songs.map((one) => one.lyrics?.name)).toEqual(["a.LRC", undefined]);
    expect(alone.map(({ name }) => name)).toEqual(["c.txt"]);
  });

  it("pairs one song with one lyrics file, whichever their names", () => {
    expect(sortOut([file("a.mp3"), file("words.txt")])).toMatchObject({
      songs: [{ lyrics: { name: "words.txt" } }],
      alone: [],
    });
  });
});

describe("readWords", () => {
  it("reads UTF-8 and UTF-16 as text", async () => {
    expect(await readWords(file("a.txt", [0xc3, 0xa9]))).toEqual({ text: "é", name: "a.txt" });
    expect(await readWords(file("a.lrc", [0xff, 0xfe, 0xe9, 0]))).toEqual({ text: "é", name: "a.lrc" });
  });

  it("leaves other encodings to the service", async () => {
    expect(await readWords(file("a.txt", [0xe9, 0x21]))).toEqual({ file: btoa("\xe9!"), name: "a.txt" });
  });

  it.each([
    [file("a.pdf"), "“a.pdf” is no lyrics file that we read. Choose a .ttml"],
    [file("a.txt", []), "empty"],
    [sized("a.txt", 1_000_001), "1 MB"],
  ])("refuses what holds no words", async (one, says) => {
    await expect(readWords(one)).rejects.toThrow(says);
  });
});
