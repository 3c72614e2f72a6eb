import type { Stem } from "@/audio/engine";

/** The bits of `mask` (docs/contract.md), in the order in which the ladder adds the stems. */
const BITS: readonly (readonly [Stem, number])[] = [
  ["drums", 1],
  ["bass", 2],
  ["other", 4],
  ["vocals", 8],
];
const [DRUMS, VOCALS] = [1, 8];
/** Further stems, such as guitar and piano, come with "other". */
const FURTHER = [16, 32];

/** A step of the ladder: the stems that sound, and their bits. */
export interface Rung {
  stems: readonly Stem[];
  mask: number;
  /** What this step adds. */
  added: readonly Stem[];
}

/** Drums, then bass, other and vocals with them. A step that adds nothing audible is left out. */
export function ladderOf(stems: readonly Stem[], sounds: (stem: Stem) => boolean = () => true): Rung[] {
  const further = stems.filter((stem) => !BITS.some(([known]) => known === stem)).sort();
  const rungs: Rung[] = [];
  let below: Rung = { stems: [], mask: 0, added: [] };
  for (const [name, bit] of BITS) {
    const more = [...(stems.includes(name) ? [name] : []), ...(name === "other" ? further : [])];
    if (!more.some(sounds)) continue;
    const mask = more.reduce((sum, stem) => sum | (stem === name ? bit : (FURTHER[further.indexOf(stem)] ?? 0)), 0);
    below = { stems: [...below.stems, ...more], mask: below.mask | mask, added: more };
    rungs.push(below);
  }
  return rungs;
}

/** The best grade that the hints leave: as the service counts it (functions/unplugd/domain/practice.py). */
export function ceilingOf(mask: number, hints: number): number {
  const best = mask & VOCALS ? 3 : mask & ~DRUMS ? 4 : 5;
  return Math.max(0, best - hints);
}
