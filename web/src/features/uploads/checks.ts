import audioFile from "./audioFile.json";
import type { ContentType, Details, Words } from "./model";

/** What the service takes: made from functions/audiofile by `make reference`. */
export const { maxBytes: MAX_BYTES, maxSeconds: MAX_SECONDS, minSeconds: MIN_SECONDS } = audioFile;
export const MAX_LYRICS_BYTES = 1_000_000;

const SONGS: ReadonlySet<string> = new Set(audioFile.suffixes);
const SIGNATURES = audioFile.signatures as { contentType: ContentType; letters: [number, string][] }[];
const LYRICS: readonly string[] = ["lrc", "srt", "vtt", "txt"]; // the better one to attach first
/** For a file picker. */
export const PICKED = [...SONGS, ...LYRICS].map((suffix) => `.${suffix}`).join(",");
export const PICKED_LYRICS = LYRICS.map((suffix) => `.${suffix}`).join(",");

export type Verdict = { ok: true; contentType: ContentType } | { ok: false; why: string };

const refuse = (why: string): Verdict => ({ ok: false, why });

/** "My song.MP3" → ["My song", "mp3"]; without a suffix the second is empty. */
export function splitName(name: string): [base: string, suffix: string] {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? [name.slice(0, dot), name.slice(dot + 1).toLowerCase()] : [name, ""];
}

export const isLyricsName = (name: string) => LYRICS.includes(splitName(name)[1]);

/** Whether `file` is a song that the service takes. Never rejects. `seconds` tells a song's length, undefined: unknown. */
export async function checkSong(
  file: File,
  seconds: (file: File, type: ContentType) => Promise<number | undefined>,
): Promise<Verdict> {
  if (!SONGS.has(splitName(file.name)[1]))
    return refuse("is not a kind of file we take. Choose an mp3, wav, m4a, flac, ogg or opus file.");
  if (file.size === 0) return refuse("is empty. Export the song again and choose the new file.");
  if (file.size > MAX_BYTES) return refuse("is larger than 50 MB. Choose a compressed copy, such as mp3, m4a or flac.");
  let contentType: ContentType | undefined;
  try {
    contentType = await sniff(file);
  } catch {
    return refuse("cannot be read. See that it is still there and yours to open, then choose it again.");
  }
  if (!contentType) return refuse("holds no audio that we can read. Export the song again and choose the new file.");
  const length = await seconds(file, contentType);
  if (length !== undefined && length > MAX_SECONDS)
    return refuse("is longer than 10 minutes. Cut it into shorter parts and choose those.");
  if (length !== undefined && length < MIN_SECONDS)
    return refuse("is shorter than half a second. Choose the whole song.");
  return { ok: true, contentType };
}

/** What a file is by its bytes, as the service sees it; undefined for what it does not take. Rejects if unreadable. */
export async function sniff(file: Blob): Promise<ContentType | undefined> {
  const bytes = async (from: number) => new Uint8Array(await file.slice(from, from + 16).arrayBuffer());
  const head = await bytes(0);
  const spells = (text: string, at: number, where = head) =>
    [...text].every((letter, index) => where[at + index] === letter.charCodeAt(0));
  if (spells("ID3", 0)) {
    const size = [...head.slice(6, 10)].reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
    if (spells("fLaC", 0, await bytes(10 + size))) return "audio/flac"; // some taggers do that to FLAC
  }
  const known = SIGNATURES.find(({ letters }) => letters.every(([at, text]) => spells(text, at)));
  if (known) return known.contentType;
  // A frame of MPEG layer III.
  return head[0] === 0xff && ((head[1] ?? 0) & 0xe6) === 0xe2 ? "audio/mpeg" : undefined;
}

/** The length that the browser reads from a song's head, in seconds; undefined when it cannot tell (soon enough). */
export function playedSeconds(file: Blob, type: ContentType, limitMs = 4000): Promise<number | undefined> {
  return new Promise((resolve) => {
    const url = URL.createObjectURL(new Blob([file], { type }));
    const audio = new Audio();
    const finish = (seconds?: number) => {
      clearTimeout(limit);
      audio.onloadedmetadata = audio.onerror = null;
      audio.removeAttribute("src");
      URL.revokeObjectURL(url);
      resolve(seconds);
    };
    const limit = setTimeout(finish, limitMs);
    audio.onloadedmetadata = () => finish(Number.isFinite(audio.duration) ? audio.duration : undefined);
    audio.onerror = () => finish();
    audio.preload = "metadata";
    audio.src = url;
  });
}

/** A song's title, and its artist where the name tells: "03 - Artist - Title.mp3". */
export function detailsFromName(name: string): { title: string; artist: string | null } {
  const words = splitName(name)[0].replace(/_+/g, " ").replace(/\s+/g, " ").trim();
  const bare = words.replace(/^\d{1,3}\s*[-.]\s*/, "") || words;
  const [artist, ...rest] = bare.split(/ [-–—] /);
  const title = rest.join(" - ").trim();
  return artist && title
    ? { artist: artist.slice(0, 200), title: title.slice(0, 200) }
    : { artist: null, title: bare.slice(0, 200) || name.slice(0, 200) };
}

/** What a song is called in the list. */
export function shownName({ name, details }: { name: string; details: Details }): string {
  const title = details.title ?? detailsFromName(name).title;
  return details.artist ? `${details.artist} – ${title}` : title;
}

/** The words in a lyrics file. Rejects with an Error that says what to do. */
export async function readWords(file: File): Promise<Words> {
  if (!isLyricsName(file.name)) throw new Error("Choose a .lrc, .txt, .srt or .vtt file.");
  if (file.size === 0) throw new Error(`“${file.name}” is empty. Choose another file, or paste the lyrics.`);
  if (file.size > MAX_LYRICS_BYTES)
    throw new Error(`“${file.name}” is larger than 1 MB. Choose a file with the lyrics only.`);
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Error(`“${file.name}” cannot be read. Choose it again.`);
  }
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return { text, name: file.name };
  } catch {
    // An older encoding: the service knows how to tell, and to refuse what it cannot.
  }
  return { file: base64(bytes), name: file.name };
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

/** Files as they were dropped: songs once each, the lyrics file that belongs to each, and lyrics that belong to none. */
export function sortOut(files: readonly File[]): { songs: { file: File; lyrics: File | null }[]; alone: File[] } {
  const once = new Map(files.map((file) => [`${file.name}\n${file.size}\n${file.lastModified}`, file]));
  const lyrics = [...once.values()].filter((file) => isLyricsName(file.name));
  const key = (name: string) => splitName(name.normalize("NFC"))[0].toLowerCase();
  const rank = (file: File) => LYRICS.indexOf(splitName(file.name)[1]);
  const used = new Set<string>();
  const audio = [...once.values()].filter((file) => !isLyricsName(file.name));
  const [only, ...more] = lyrics;
  // One of each: they belong together, whichever their names.
  if (audio[0] && only && audio.length === 1 && !more.length)
    return { songs: [{ file: audio[0], lyrics: only }], alone: [] };
  const songs = audio.map((file) => {
    const own = lyrics.filter((one) => key(one.name) === key(file.name)).sort((a, b) => rank(a) - rank(b));
    if (own.length) used.add(key(file.name));
    return { file, lyrics: own[0] ?? null };
  });
  return { songs, alone: lyrics.filter((one) => !used.has(key(one.name))) };
}
