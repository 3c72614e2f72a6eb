import type { KeyName } from "@/api/measurements";

/** How notes are named in a key. Names are places on the line of fifths: F −1, C 0, G 1, … and B flat −2. */
const LETTERS = ["F", "C", "G", "D", "A", "E", "B"];

/** Where a name such as `Eb` or `F#` is; null for what is no note. */
function fifthOf(name: string): number | null {
  const [letter = "", ...signs] = name;
  const at = LETTERS.indexOf(letter);
  if (at < 0 || signs.some((sign) => sign !== "#" && sign !== "b")) return null;
  return at - 1 + 7 * signs.reduce((sum, sign) => sum + (sign === "#" ? 1 : -1), 0);
}

const mod12 = (value: number) => ((value % 12) + 12) % 12;

/** The pitch class of a name, C being 0; null for what is no note. */
export function pitchOf(name: string): number | null {
  const fifth = fifthOf(name);
  return fifth === null ? null : mod12(fifth * 7);
}

function nameAt(fifth: number): string {
  const signs = Math.floor((fifth + 1) / 7);
  return LETTERS[fifth + 1 - 7 * signs] + (signs > 0 ? "♯" : "♭").repeat(Math.abs(signs));
}

/** The twelve places from `lowest` on hold each pitch class once. */
function placeFrom(lowest: number, pitch: number): number {
  // 7 is its own inverse: a pitch's fifths are seven times its semitones.
  return lowest + mod12(pitch * 7 - lowest);
}

/** Where a key's tonic is, moved by semitones: the name with the fewer signs; of F sharp and G flat the one that is nearer. */
function tonicPlace({ tonic, mode }: KeyName, semitones: number): number | null {
  const own = fifthOf(tonic);
  if (own === null) return null;
  const shift = mode === "minor" ? 3 : 0;
  const moved = placeFrom(-5 + shift, mod12(own * 7) + semitones);
  if (semitones === 0) return own;
  // Six signs either way.
  return moved - shift === 6 && own - shift < 0 ? moved - 12 : moved;
}

/** A key's name, moved by semitones, as `E♭ minor`. */
export function keyText(key: KeyName, semitones = 0): string {
  const place = tonicPlace(key, semitones);
  return `${place === null ? key.tonic : nameAt(place)} ${key.mode}`;
}

/** Names of the pitch classes in a key, moved by semitones; without a key as they are mostly written. */
export function namesIn(key: KeyName | null, semitones = 0): (pitch: number) => string {
  const place = key && tonicPlace(key, semitones);
  // Major borrows flats (♭7, ♭3 …) and one sharp; minor sharpens its own steps.
  const lowest = place === null || !key ? -4 : place - (key.mode === "minor" ? 6 : 5);
  return (pitch) => nameAt(placeFrom(lowest, mod12(pitch)));
}

/** What is written behind a chord's root. */
const QUALITIES: Record<string, [written: string, spoken: string]> = {
  maj: ["", "major"],
  min: ["m", "minor"],
  "7": ["7", "seven"],
  maj7: ["maj7", "major seven"],
  min7: ["m7", "minor seven"],
  dim: ["dim", "diminished"],
  aug: ["+", "augmented"],
  sus2: ["sus2", "sus two"],
  sus4: ["sus4", "sus four"],
};

export interface ChordText {
  written: string;
  spoken: string;
}

/** A chord's label (`C:min`, `G:7`, `N`) as musicians write and say it, moved by semitones and spelt for the key. */
export function chordText(label: string, key: KeyName | null, semitones = 0): ChordText {
  const [root = "", quality = "maj"] = label.split(":");
  const pitch = pitchOf(root);
  if (pitch === null) return { written: "–", spoken: "no chord" };
  const name = namesIn(key, semitones)(pitch + semitones);
  const [written, spoken] = QUALITIES[quality] ?? [quality, quality];
  return { written: name + written, spoken: `${aloud(name)} ${spoken}` };
}

/** `E♭` → `E flat`, for a screen reader. */
export const aloud = (name: string): string => name.replaceAll("♭", " flat").replaceAll("♯", " sharp");
