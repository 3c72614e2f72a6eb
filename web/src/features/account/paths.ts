/** One part of a path as every file system takes it; `fallback` when nothing of it is left. */
export function safeName(name: string, fallback: string): string {
  const cleaned = name
    .normalize("NFC")
    // Also characters that turn the reading direction, by which a name may pose as another.
    .replace(/[\p{Cc}\p{Cf}<>:"/\\|?*]/gu, " ")
    .replace(/\s+/g, " ")
    .replace(/^[. ]+/, "");
  const short = [...cleaned]
    .slice(0, 80)
    .join("")
    .replace(/[. ]+$/, "");
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(short) || !short ? fallback : short;
}

/** The folder of a song: its title for people; its id, because titles repeat. */
export const songFolder = (song: { songId: string; title: string | null }): string =>
  `${safeName(song.title ?? "", "Untitled")} (${song.songId})`;

/** Where a file of a song goes. `name` is the API's, such as `stems/vocals.flac`. */
export const filePath = (song: { songId: string; title: string | null }, name: string): string =>
  [songFolder(song), ...name.split("/").map((part) => safeName(part, "file"))].join("/");
