import { base64, LYRICS_KINDS, LYRICS_SUFFIXES as LYRICS, MAX_LYRICS_BYTES } from "@/lib/lyricsFile";
import audioFile from "./audioFile.json";
import type { ContentType, Details, Words } from "./model";

/** What the service takes: made from functions/audiofile by `make reference`. */
export const { maxBytes: MAX_BYTES, maxSeconds: MAX_SECONDS, minSeconds: MIN_SECONDS } = audioFile;

const SONGS: ReadonlySet<string> = new Set(audioFile.suffixes);
const SIGNATURES = audioFile.signatures as { contentType: ContentType; letters: [number, string][] }[];
/** For a file picker. */
export const PICKED = [...SONGS, ...LYRICS].map((suffix) => `.${suffix}`).join(",");

export type Verdict = { ok: true; contentType: ContentType } | { ok: false; why: string };

const refuse = (why: string): Verdict => ({ ok: false, why });

/** "My song.MP3" → ["My song", "mp3"]; without a suffix the second is empty. */
export function splitName(name: string): [base: string, suffix: string] {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? [name.slice(0, dot), name.slice(dot + 1).toLowerCase()] : [name, ""];
}

export const isSongName = (name: string) => SONGS.has(splitName(name)[1]);
export const isLyricsName = (name: string) => LYRICS.includes(splitName(name)[1]);

/** Whether `file` is a song that the service takes. Never rejects. `seconds` tells a song's length, undefined: unknown. */
export async function checkSong(
  file: File,
  seconds: (file: File, type: ContentType) => Promise<number | undefined>,
): Promise<Verdict> {
  if (!isSongName(file.name))
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

/**
 * What a file is by its bytes, as the service sees it (functions/audiofile, `place_of`); undefined for what it does not
 * take. Several ID3 tags can be in front of a song, also of a FLAC or an Ogg. Rejects if unreadable.
 */
export async function sniff(file: Blob): Promise<ContentType | undefined> {
  const bytes = async (from: number, length = 16) =>
    new Uint8Array(await file.slice(from, from + length).arrayBuffer());
  let start = 0;
  let head = await bytes(0);
  for (let tags = 0; tags < MAX_TAGS && spells(head, "ID3", 0); tags++) {
    const size = [...head.slice(6, 10)].reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
    start += 10 + size + ((head[5] ?? 0) & 0x10 ? 10 : 0); // that flag: the tag has a footer
    head = await bytes(start);
  }
  const known = SIGNATURES.find(({ letters }) => letters.every(([at, text]) => spells(head, text, at)))?.contentType;
  if (start) return known === "audio/flac" || known === "audio/ogg" ? known : "audio/mpeg";
  if (known) return known;
  if (isLayer3(head, 0)) return "audio/mpeg";
  return holdsFrames(await bytes(0, JUNK_BYTES)) ? "audio/mpeg" : undefined;
}

const spells = (bytes: Uint8Array, text: string, at: number) =>
  [...text].every((letter, index) => bytes[at + index] === letter.charCodeAt(0));

/** Whether a frame of MPEG layer III can begin here. */
const isLayer3 = (bytes: Uint8Array, at: number) => bytes[at] === 0xff && ((bytes[at + 1] ?? 0) & 0xe6) === 0xe2;

/** Whether three frames of MPEG layer III follow each other somewhere: an mp3 that was cut, or has junk in front. */
function holdsFrames(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    let next = at;
    let count = 0;
    while (count < 3 && bytes[next + 1] === bytes[at + 1] && frameBytes(bytes, next)) {
      next += frameBytes(bytes, next);
      count++;
    }
    if (count === 3) return true;
  }
  return false;
}

/** The length of the frame of MPEG layer III here, by the tables of ISO 11172-3 and 13818-3; 0 where there is none. */
function frameBytes(bytes: Uint8Array, at: number): number {
  if (!isLayer3(bytes, at)) return 0;
  const [, second = 0, third = 0] = bytes.subarray(at, at + 3);
  const version = (second >> 3) & 3; // 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5
  const rate = [44100, 48000, 32000][(third >> 2) & 3];
  const kbits = (version === 3 ? KBITS : LOW_KBITS)[third >> 4];
  if (version === 1 || !rate || !kbits) return 0;
  const halved = { 3: 1, 2: 2, 0: 4 }[version] ?? 1;
  return Math.floor(((version === 3 ? 144000 : 72000) * kbits) / (rate / halved)) + ((third >> 1) & 1);
}

const MAX_TAGS = 200;
const JUNK_BYTES = 64 * 1024;
const KBITS = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const LOW_KBITS = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

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
  const endings = new RegExp(`(?<=.)(\\.(${[...SONGS].join("|")}|stem))+$`, "i"); // "Song.mp3.mp3", "Song.stem.m4a"
  const words = splitName(name)[0].replace(endings, "").replace(/_+/g, " ").replace(/\s+/g, " ").trim();
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
  if (!isLyricsName(file.name))
    throw new Error(`“${file.name}” is no lyrics file that we read. Choose a ${LYRICS_KINDS} file.`);
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

/** Files as they were dropped: songs once each, the lyrics file that belongs to each, and lyrics that belong to none. */
export function sortOut(files: readonly File[]): { songs: { file: File; lyrics: File | null }[]; alone: File[] } {
  const once = new Map(files.map((file) => [`${file.name}\n${file.size}\n${file.lastModified}`, file]));
  const lyrics = [...once.values()].filter((file) => isLyricsName(file.name));
  const key = (name: string) => splitName(name.normalize("NFC"))[0].toLowerCase();
  // The better one first.
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

/** Why lyrics were not taken, with their file's name. */
export function refusal({ words }: { words: Words | null }, why: string): string {
  return words && "name" in words && words.name && !why.includes(words.name)
    ? `“${words.name}” is not taken. ${why}`
    : why;
}
