/** How much of a file's head and tail is looked through: tags lie there, if no large cover is before them. */
const LOOKED_BYTES = 256 * 1024;
const MAX_TEXT = 200;

export interface Tags {
  title: string | null;
  artist: string | null;
}

/** Title and artist out of ID3v2, Vorbis comments or MP4's list. Never rejects: what is not found is null. */
export async function readTags(file: Blob): Promise<Tags> {
  const tags: Tags = { title: null, artist: null };
  try {
    const tail = Math.max(LOOKED_BYTES, file.size - LOOKED_BYTES);
    for (const part of [file.slice(0, LOOKED_BYTES), file.slice(tail)]) {
      const bytes = new Uint8Array(await part.arrayBuffer());
      // One letter a byte, so that places in the text are places in the file.
      const text = new TextDecoder("latin1").decode(bytes);
      tags.title ??= find(bytes, text, "TIT2", "title", "nam");
      tags.artist ??= find(bytes, text, "TPE1", "artist", "ART");
    }
  } catch {
    // The upload meets the same fault, and shows it.
  }
  return tags;
}

function find(bytes: Uint8Array, text: string, frame: string, comment: string, atom: string): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const cut = (from: number, length: number, encoding: string) =>
    from + length <= bytes.length && length < 4096
      ? tidy(new TextDecoder(encoding).decode(bytes.subarray(from, from + length)))
      : null;

  const id3 = text.indexOf(frame);
  if (id3 >= 0 && id3 + 11 < bytes.length && (text.startsWith("ID3") || text.startsWith("RIFF"))) {
    // Below 128 both ways of writing a length are one; above, version 4 has seven bits a byte.
    const size = [4, 5, 6, 7].reduce((sum, at) => sum * (bytes[3] === 4 ? 128 : 256) + (bytes[id3 + at] ?? 0), 0);
    const latin = proven(bytes.subarray(id3 + 11, id3 + 10 + size));
    const encoding = [latin, bytes[id3 + 11] === 0xfe ? "utf-16be" : "utf-16le", "utf-16be", "utf-8"];
    const found = cut(id3 + 11, size - 1, encoding[bytes[id3 + 10] ?? 0] ?? "latin1");
    if (found) return found;
  }
  const vorbis = new RegExp(`${comment}=`, "i").exec(text)?.index ?? -1;
  if (vorbis >= 4 && /^(fLaC|OggS|ID3)/.test(text)) {
    const from = vorbis + comment.length + 1;
    const found = cut(from, view.getUint32(vorbis - 4, true) - comment.length - 1, "utf-8");
    if (found) return found;
  }
  const mp4 = text.indexOf(`\xa9${atom}`);
  if (mp4 >= 0 && text.slice(mp4 + 8, mp4 + 12) === "data") return cut(mp4 + 20, view.getUint32(mp4 + 4) - 16, "utf-8");
  return null;
}

/**
 * The encoding of a text that is declared as Latin-1 and often is not: what its bytes prove (functions/audiofile/tags.py,
 * `repaired`). UTF-8; Shift-JIS with kana; Windows-1251 whose words are Cyrillic throughout; else Latin-1.
 */
function proven(bytes: Uint8Array): string {
  const as = (encoding: string) => {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      return "";
    }
  };
  if (!bytes.some((byte) => byte > 0x7f)) return "latin1";
  if (as("utf-8")) return "utf-8";
  const japanese = as("shift_jis");
  const strange = japanese.match(/[^\0-\x7f]/g)?.length ?? 0;
  const cjk = japanese.match(/[\u3000-\u30ff\u3400-\u9fff\uff00-\uff60]/g)?.length ?? 0;
  if (/[\u3041-\u30ff]/.test(japanese) && cjk > 0.8 * strange) return "shift_jis";
  return isCyrillic(as("windows-1251")) ? "windows-1251" : "latin1";
}

/** Whether each word with a letter beyond ASCII is Cyrillic throughout, with vowels and capitals as words have them. */
function isCyrillic(text: string): boolean {
  const words = (text.match(/\p{L}+/gu) ?? []).filter((word) => /[^\0-\x7f]/.test(word));
  const letters = words.join("").toLowerCase();
  const vowels = letters.match(/[аеёиіїоуыэюяє]/g)?.length ?? 0;
  const written = words.every((word) => word === word.toUpperCase() || word.slice(1) === word.slice(1).toLowerCase());
  const long = words.some((word) => word.length >= 3);
  return long && written && /^[\u0400-\u04ff]+$/.test(letters) && vowels >= 0.3 * letters.length;
}

/** The first of several values, without invisible characters. */
function tidy(value: string): string | null {
  const [first = ""] = value.replace(/^\ufeff/, "").split("\0");
  return (
    first
      .replace(/[\p{Cc}\ufffd]+/gu, " ")
      .trim()
      .slice(0, MAX_TEXT) || null
  );
}
