import type { DueCard } from "@/api/practice";

/**
 * The normal form of an answer, step by step as docs/contract.md says and functions/unplugd/practice/answers.py does:
 * without case, accents, brackets, "feat." and punctuation.
 */
export function normal(text: string): string {
  let folded = text.toUpperCase().toLowerCase().normalize("NFKD");
  folded = folded
    .replace(/[\u0300-\u036f]/g, "")
    .normalize("NFKC")
    .replace(/ς/g, "σ");
  for (const cut of [BRACKETS, FEATURED]) {
    const shorter = folded.replace(cut, " ");
    if (words(shorter)) folded = shorter;
  }
  return words(folded);
}

const BRACKETS = /\([^()]*\)|\[[^[\]]*\]|\{[^{}]*\}/g;
const FEATURED = /(?<![\p{L}\p{N}_])(?:feat|ft|featuring)(?![\p{L}\p{N}_]).*/gu;

function words(text: string): string {
  const plain = text.replace(/['’‘`´]/g, "").replace(/&/g, " and ");
  const letters = plain
    .replace(/[^\p{L}\p{N}\p{M}]/gu, " ")
    .split(/\s+/u)
    .filter(Boolean);
  // A title of signs alone, such as "!!!", is its own answer.
  return letters.join(" ") || text.replace(/\s+/gu, "");
}

export interface Verdict {
  title: boolean;
  artist: boolean;
}

const hex = (bytes: ArrayBuffer) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Whether what was typed names the title or the artist, by the salted hashes: the page does not know the answer. */
export async function judgeGuess(typed: string, { salt, title, artist }: DueCard["answers"]): Promise<Verdict> {
  const whole = normal(typed);
  if (!whole) return { title: false, artist: false };
  // Titles are known without their article; the hashes hold that form too.
  const forms = [whole, whole.replace(/^(?:the|a|an) (?=.)/u, "")];
  const hashes = await Promise.all(
    forms.map(async (form) => hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(salt + form)))),
  );
  const among = (answers: readonly string[]) => hashes.some((hash) => answers.includes(hash));
  return { title: among(title), artist: among(artist) };
}
