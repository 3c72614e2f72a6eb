/** What file systems of any kind refuse or misread. Windows is the strictest; direction marks could hide an ending. */
const REFUSED = /[<>:"/\\|?*\u0000-\u001f\u007f-\u009f]/g;
const HALF_CHARACTERS = /[\ud800-\udfff]/gu;
const INVISIBLE = /[\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i;

/** Below the usual limit of 255, so that "name (1).wav" and ".crdownload" still fit. */
const MOST_BYTES = 230;

const bytes = (text: string) => new TextEncoder().encode(text).length;

/** A part of a name without what any system refuses. May be empty. */
function clean(text: string): string {
  return text
    .replace(HALF_CHARACTERS, "")
    .normalize("NFC")
    .replace(INVISIBLE, "")
    .replace(REFUSED, " ")
    .replace(/\s+/g, " ")
    .trim();
}

/** The longest beginning that fits, cut between characters as people see them. */
function cut(text: string, most: number): string {
  let kept = "";
  let left = most;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    left -= bytes(segment);
    if (left < 0) break;
    kept += segment;
  }
  return kept;
}

/**
 * "Artist - Title (what).ending", fit for every system: no refused or invisible characters, no reserved name, at most
 * 230 bytes. What is too long is cut in the title, never in what tells one file from another.
 */
export function fileName(song: { artist: string | null; title: string | null }, what: string, ending: string): string {
  const title = clean(song.title ?? "") || "Untitled";
  const artist = clean(song.artist ?? "");
  const tail = `${what ? ` (${clean(what)})` : ""}.${ending}`;
  const head = cut(artist ? `${artist} - ${title}` : title, MOST_BYTES - bytes(tail))
    .replace(/^[. ]+/, "")
    .replace(/[. ]+$/, "");
  const name = (head || "Untitled") + tail;
  return RESERVED.test(name) || RESERVED.test(head) ? `_${name}` : name;
}
