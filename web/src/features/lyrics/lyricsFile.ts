import type { LyricsChange } from "@/api/client";

/** What the API takes of a lyrics file. */
export const MOST_BYTES = 1_000_000;
export const READABLE = ".lrc,.txt,.srt,.vtt,.ass,.ssa,text/plain";

/** Encodings of files that are not Unicode, most likely first. */
export const ENCODINGS: readonly (readonly [NonNullable<LyricsChange["encoding"]>, string])[] = [
  ["windows-1251", "Cyrillic (Windows-1251)"],
  ["koi8-r", "Cyrillic (KOI8-R)"],
  ["shift_jis", "Japanese (Shift JIS)"],
  ["euc-jp", "Japanese (EUC-JP)"],
  ["gb18030", "Chinese, simplified (GB 18030)"],
  ["big5", "Chinese, traditional (Big5)"],
  ["euc-kr", "Korean (EUC-KR)"],
  ["windows-1256", "Arabic (Windows-1256)"],
  ["windows-1255", "Hebrew (Windows-1255)"],
  ["windows-1253", "Greek (Windows-1253)"],
  ["windows-1254", "Turkish (Windows-1254)"],
  ["windows-1258", "Vietnamese (Windows-1258)"],
  ["windows-1250", "Central European (Windows-1250)"],
  ["iso-8859-2", "Central European (ISO 8859-2)"],
  ["windows-1257", "Baltic (Windows-1257)"],
  ["windows-1252", "Western European (Windows-1252)"],
  ["iso-8859-1", "Western European (ISO 8859-1)"],
  ["iso-8859-15", "Western European (ISO 8859-15)"],
  ["utf-8", "Unicode (UTF-8)"],
  ["utf-16", "Unicode (UTF-16)"],
];

/** So many bytes at once become arguments of one call. */
const AT_ONCE = 0x8000;

export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += AT_ONCE) text += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE));
  return btoa(text);
}
