import {
  AudioWaveform,
  Drum,
  Guitar,
  KeyboardMusic,
  type LucideIcon,
  Mic,
  MicVocal,
  Music2,
  Piano,
} from "lucide-react";
import { isTake } from "./takes";

/** How a stem is shown. */
export interface StemLook {
  label: string;
  /** A CSS colour that fits either theme. */
  colour: string;
  icon: LucideIcon;
}

/** The stems that the page knows, in the order it shows them. Which of them a song has, the API says. */
const LOOKS: Record<string, StemLook> = {
  drums: { label: "Drums", colour: "var(--drums)", icon: Drum },
  bass: { label: "Bass", colour: "var(--bass)", icon: AudioWaveform },
  guitar: { label: "Guitar", colour: "var(--guitar)", icon: Guitar },
  piano: { label: "Piano", colour: "var(--piano)", icon: Piano },
  other: { label: "Other", colour: "var(--other)", icon: KeyboardMusic },
  vocals: { label: "Vocals", colour: "var(--vocals)", icon: MicVocal },
};

/** What a person recorded. */
export const TAKE: StemLook = { label: "Take", colour: "var(--take)", icon: Mic };

const ORDER = Object.keys(LOOKS);
const rank = (stem: string) => (ORDER.includes(stem) ? ORDER.indexOf(stem) : ORDER.length);

/** The look of a stem; one that the page does not know is shown by its name. */
export function lookOf(stem: string): StemLook {
  if (Object.hasOwn(LOOKS, stem)) return LOOKS[stem] as StemLook;
  if (isTake(stem)) return TAKE;
  const label = stem.charAt(0).toUpperCase() + stem.slice(1).replaceAll("_", " ");
  return { label, colour: "var(--muted)", icon: Music2 };
}

/** Stems in the order they are shown: known ones first, then by name. */
export const inOrder = (stems: Iterable<string>): string[] =>
  [...stems].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
