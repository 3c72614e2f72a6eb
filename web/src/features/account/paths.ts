/** Characters of one part of a path. */
const MOST = 80;

/** One part of a path as every file system takes it; `fallback` when nothing of it is left. */
export function safeName(name: string, fallback: string): string {
  const cleaned = name
    .normalize("NFC")
    // Also characters that turn the reading direction, by which a name may pose as another.
    .replace(/[\p{Cc}\p{Cf}<>:"/\\|?*]/gu, " ")
    .replace(/\s+/g, " ")
    .replace(/^[. ]+|[. ]+$/g, "");
  const short = shortened(cleaned);
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(short) || !short ? fallback : short;
}

/** A file that is too long keeps its ending: without it nothing knows what it is. */
function shortened(name: string): string {
  const letters = [...name];
  if (letters.length <= MOST) return name;
  const suffix = /\.[^. ]{1,8}$/u.exec(name)?.[0] ?? "";
  const stem = letters.slice(0, MOST - [...suffix].length).join("");
  return stem.replace(/[. ]+$/, "") + suffix;
}

/** A song or a recording. */
export interface Named {
  songId: string;
  title: string | null;
}

/** The folder of a song: its title for people; its id, because titles repeat. */
export const songFolder = (song: Named): string => `${safeName(song.title ?? "", "Untitled")} (${song.songId})`;

/** Where a file of a song goes. `name` is the API's, such as `stems/vocals.flac`. */
export const filePath = (song: Named, name: string): string =>
  [songFolder(song), ...name.split("/").map((part) => safeName(part, "file"))].join("/");
