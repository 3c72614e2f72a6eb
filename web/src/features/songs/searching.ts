/** What a person asks for by words and figures, as the API takes it. */
export interface Asked {
  q?: string;
  bpm?: string;
  key?: string;
  length?: string;
}

export type Name = "bpm" | "key" | "length";

/** What was typed: what it asks for, and sentences about what in it cannot be understood. */
export interface Understood {
  asked: Asked;
  problems: string[];
}

/** `bpm:120-130`; after `key:` the mode may stand apart, as in `key:A minor`. */
const TOKEN = /(^|\s)(?:(key):(~?[a-g][#b♯♭]?\s+(?:major|minor)(?=\s|$)|\S*)|(bpm|length):(\S*))/gi;

/** The text with each filter in it replaced. */
const replaced = (text: string, by: (name: Name, value: string, token: string) => string): string =>
  text
    .replace(TOKEN, (token, _, key?: string, keyValue = "", other = "", value = "") =>
      by((key ?? other).toLowerCase() as Name, key ? keyValue : value, token),
    )
    .replace(/\s+/g, " ")
    .trim();

const HOW: Record<Name, string> = {
  bpm: "After bpm: write a tempo or a range, such as bpm:120 or bpm:120-130.",
  key: "After key: write a key, such as key:8A or key:Am. key:~8A finds the keys that mix well with it, too.",
  length: "After length: write minutes, such as length:3:30, length:3-5 or length:-4.",
};

/** Split what was typed into words to search and figures. What is not understood is left out of the search. */
export function understand(text: string): Understood {
  const asked: Asked = {};
  const problems: string[] = [];
  const q = replaced(text, (name, value) => {
    const read = READ[name](value);
    if (read) asked[name] = read;
    else problems.push(HOW[name]);
    return " ";
  });
  if (q) asked.q = q;
  return { asked, problems: [...new Set(problems)] };
}

/** What follows `name:` in the text; "" if it is not there. Of several the last one counts, as in `understand`. */
export function valueOf(text: string, name: Name): string {
  let found = "";
  replaced(text, (one, value) => {
    if (one === name) found = value;
    return " ";
  });
  return found;
}

/** The text with `name:value`, or without it. */
export function withValue(text: string, name: Name, value: string): string {
  const words = replaced(text, (one, _, token) => (one === name ? " " : token));
  return value ? `${words} ${name}:${value}`.trim() : words;
}

/** `120`, `120-130`, `120-`, `-130`, also with an en dash: both ends, or null for what is none. */
function ends(text: string, one: RegExp): [string, string] | null {
  const range = text.replace(/–/g, "-");
  const [first = "", last, ...more] = range.split("-");
  const to = last ?? first;
  if (more.length || (!first && !to)) return null;
  return [first, to].every((end) => end === "" || one.test(end)) ? [first, to] : null;
}

const joined = (least: number | null, most: number | null): string => {
  const [from, to] = least !== null && most !== null && least > most ? [most, least] : [least, most];
  const text = (number: number | null) => (number === null ? "" : String(Number(number.toFixed(3))));
  return `${text(from)}-${text(to)}`;
};

/** Tempos have one decimal and are shown as whole numbers: "120" finds all that are shown as 120. */
function readBpm(text: string): string | null {
  const found = ends(text, /^\d{1,3}(\.\d)?$/);
  if (!found) return null;
  let [least, most] = found.map((end) => (end ? Number(end) : null)) as [number | null, number | null];
  if (least !== null && most !== null && least > most) [least, most] = [most, least];
  return joined(
    least !== null && Number.isInteger(least) ? Math.max(0, least - 0.5) : least,
    most !== null && Number.isInteger(most) ? most + 0.4 : most,
  );
}

const seconds = (text: string): number => {
  const [minutes, rest = "0"] = text.split(":");
  return Number(minutes) * 60 + Number(rest);
};
/** A length is shown without its fraction. */
const LAST = 0.999;

function readLength(text: string): string | null {
  const found = ends(text, /^\d{1,2}(:[0-5]\d)?$/);
  if (!found) return null;
  let [first, last] = found;
  if (first && last && seconds(first) > seconds(last)) [first, last] = [last, first];
  // "3" alone is every song of three minutes and some seconds.
  const minute = first === last && !first.includes(":");
  return joined(first ? seconds(first) : null, last ? seconds(last) + (minute ? 59 : 0) + LAST : null);
}

const TONICS = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
const SAME: Record<string, string> = { Db: "C#", "D#": "Eb", Gb: "F#", "G#": "Ab", "A#": "Bb" };

/** The place on the Camelot wheel of `8a`, `Am`, `A minor`, `F♯m` or `C`; null for what is no key. */
export function camelotOf(text: string): string | null {
  const plain = text.trim().replace("♯", "#").replace("♭", "b");
  if (/^(1[0-2]|[1-9])[ab]$/i.test(plain)) return plain.toUpperCase();
  const found = /^([a-g])([#b]?)[\s-]*(m|min|minor|maj|major|)$/i.exec(plain);
  if (!found) return null;
  const [, letter = "", sign = "", mode = ""] = found;
  const tonic = letter.toUpperCase() + sign.toLowerCase();
  const step = TONICS.indexOf(SAME[tonic] ?? tonic);
  const minor = /^m(in|inor)?$/i.test(mode);
  return step < 0 ? null : place(step, minor);
}

/** C major is 8B; a fifth up is one more. The relative minor has the same number. */
const place = (tonic: number, minor: boolean) =>
  `${((7 + 7 * (tonic + (minor ? 3 : 0))) % 12) + 1}${minor ? "A" : "B"}`;

function readKey(text: string): string | null {
  const found = camelotOf(text.replace(/^~/, ""));
  return found && (text.startsWith("~") ? "~" : "") + found;
}

const READ: Record<Name, (text: string) => string | null> = { bpm: readBpm, key: readKey, length: readLength };

/** Every key, round the wheel, for a choice. */
export const KEYS: { camelot: string; name: string }[] = TONICS.flatMap((tonic, step) => [
  { camelot: place(step, true), name: `${tonic} minor` },
  { camelot: place(step, false), name: `${tonic} major` },
]).sort((a, b) => parseInt(a.camelot) - parseInt(b.camelot) || (a.camelot < b.camelot ? -1 : 1));
