import lyricsFile from "./lyricsFile.json";

/** What the service reads of lyrics files: made from functions/lyricsfile by `make reference`. */
export const { maxBytes: MAX_LYRICS_BYTES, suffixes: LYRICS_SUFFIXES } = lyricsFile;
/** For a file picker. */
export const PICKED_LYRICS = LYRICS_SUFFIXES.map((suffix) => `.${suffix}`).join(",");
/** For a sentence: ".ttml, .lrc … or .txt". */
export const LYRICS_KINDS = LYRICS_SUFFIXES.map((suffix) => `.${suffix}`)
  .join(", ")
  .replace(/, (\S+)$/, " or $1");

/** Encodings of files that are not Unicode, most likely first. */
export const ENCODINGS = [
  ["windows-1252", "Western European (Windows-1252)"],
  ["windows-1251", "Cyrillic (Windows-1251)"],
  ["windows-1250", "Central European (Windows-1250)"],
  ["shift_jis", "Japanese (Shift JIS)"],
  ["gb18030", "Chinese, simplified (GB 18030)"],
  ["big5", "Chinese, traditional (Big5)"],
  ["euc-kr", "Korean (EUC-KR)"],
  ["windows-1254", "Turkish (Windows-1254)"],
  ["windows-1253", "Greek (Windows-1253)"],
  ["windows-1255", "Hebrew (Windows-1255)"],
  ["windows-1256", "Arabic (Windows-1256)"],
  ["windows-1257", "Baltic (Windows-1257)"],
  ["windows-1258", "Vietnamese (Windows-1258)"],
  ["koi8-r", "Cyrillic (KOI8-R)"],
  ["euc-jp", "Japanese (EUC-JP)"],
  ["iso-8859-2", "Central European (ISO 8859-2)"],
  ["iso-8859-15", "Western European (ISO 8859-15)"],
  ["utf-8", "Unicode (UTF-8)"],
  ["utf-16-le", "Unicode (UTF-16)"],
] as const;
export type Encoding = (typeof ENCODINGS)[number][0];

/** Their names in a browser, where these differ. */
const IN_BROWSERS: { [name in Encoding]?: string } = { "utf-16-le": "utf-16le" };
const SHOWN_LINES = 4;
const SHOWN = 120; // characters of a line

/**
 * The first lines with letters beyond ASCII, as `bytes` read in an encoding; null where they have no meaning in it. Such
 * lines are what a person can tell an encoding by.
 */
export function preview(bytes: Uint8Array, encoding: Encoding): string[] | null {
  try {
    const lines = new TextDecoder(IN_BROWSERS[encoding] ?? encoding, { fatal: true }).decode(bytes).split(/\r\n|\r|\n/);
    return lines
      .map((line) => line.replace(/[^\P{C}\t]/gu, "").trim())
      .filter((line) => /[^\p{ASCII}]/u.test(line))
      .slice(0, SHOWN_LINES)
      .map((line) => line.slice(Math.max(0, line.search(/[^\p{ASCII}]/u) - SHOWN / 4)).slice(0, SHOWN));
  } catch {
    return null;
  }
}

/** So many bytes at once become arguments of one call. */
const AT_ONCE = 0x8000;

export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += AT_ONCE) text += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE));
  return btoa(text);
}

/** What `base64` wrote. */
export const fromBase64 = (text: string) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
