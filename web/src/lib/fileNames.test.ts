// @vitest-environment node
import { expect, test } from "vitest";
import { fileName } from "./fileNames";

const name = (title: string | null, artist: string | null = null, what = "karaoke", ending = "wav") =>
  fileName({ title, artist }, what, ending);
const bytes = (text: string) => new TextEncoder().encode(text).length;

test("names say whose, what and how", () => {
  expect(name("One More Time", "Daft Punk")).toBe("Daft Punk - One More Time (karaoke).wav");
  expect(name("Song", null, "", "lrc")).toBe("Song.lrc");
  expect(name(null)).toBe("Untitled (karaoke).wav");
});

test.each([
  ["slashes", "AC/DC \\ Live: “A”?", "AC DC Live “A” (karaoke).wav"],
  ["a way out", "../../etc/passwd", "etc passwd (karaoke).wav"],
  ["control characters", "a\u0000b\tc\nd", "a b c d (karaoke).wav"],
  ["dots at both ends", ".hidden. . ", "hidden (karaoke).wav"],
  ["nothing but dots", "...", "Untitled (karaoke).wav"],
  ["markup", "<b>x</b>", "b x b (karaoke).wav"],
  ["emoji", "Party 🎉👩‍👩‍👧", "Party 🎉👩‍👩‍👧 (karaoke).wav"],
  ["half a character", "a\ud83cb", "ab (karaoke).wav"],
  ["right to left", "שיר יפה", "שיר יפה (karaoke).wav"],
  ["a turned ending", "song\u202egpj.exe", "songgpj.exe (karaoke).wav"],
  ["decomposed accents", "Cafe\u0301", "Café (karaoke).wav"],
])("%s", (_, title, expected) => expect(name(title)).toBe(expected));

test.each(["CON", "con", "Nul", "COM1", "LPT9", "aux.mp3"])("%s is no name on Windows", (title) => {
  expect(name(title, null, "", "lrc").startsWith("_")).toBe(true);
  expect(name(title).startsWith("_")).toBe(true);
});

test("CONCERT is one", () => expect(name("CONCERT")).toBe("CONCERT (karaoke).wav"));

test.each(["x".repeat(500), "é".repeat(300), "🎉".repeat(200), "👩‍👩‍👧".repeat(50)])(
  "what is too long loses its end, not what tells it apart",
  (title) => {
    const long = name(title, "Artist");
    expect(bytes(long)).toBeLessThanOrEqual(230);
    expect(bytes(long)).toBeGreaterThan(200);
    expect(long).toMatch(/^Artist - .*[^\ufffd\u200d] \(karaoke\)\.wav$/u);
  },
);
