import { lastBegun, soundingAt, type Timeline, wordAt } from "./timeline";

/** Between two frames a position may lie a hair before the word that was sought. */
const HAIR = 0.005;

/**
 * Marks what is sung by attributes on a list of lines (`li`, with a `[data-word]` each): `aria-current` on the line that
 * began last, `data-singing` on each while it lasts, `data-now` on their words. React renders none of it.
 */
export class Highlight {
  private line: Element | null = null;
  private singing = new Set<Element>();
  private words = new Set<Element>();

  /** Returns the line when it has become another one. */
  paint(list: Element, timeline: Timeline, position: number): HTMLElement | null {
    const seconds = position + HAIR;
    const lines = new Set<Element>();
    const words = new Set<Element>();
    for (const place of soundingAt(timeline, seconds)) {
      const now = timeline[place];
      const line = now && list.children[now.index];
      if (!line) continue;
      lines.add(line);
      const at = now.byLine ? -1 : wordAt(now, seconds);
      const word = at < 0 ? undefined : line.querySelectorAll("[data-word]")[at];
      if (word) words.add(word);
    }
    this.singing = marked("data-singing", this.singing, lines);
    this.words = marked("data-now", this.words, words);
    const last = timeline[lastBegun(timeline, seconds)];
    const line = last ? (list.children[last.index] ?? null) : null;
    if (line === this.line) return null;
    this.line?.removeAttribute("aria-current");
    line?.setAttribute("aria-current", "true");
    this.line = line;
    return line as HTMLElement | null;
  }
}

/** Moves the mark `name` from the elements in `before` to those in `now`, and touches no other. */
function marked(name: string, before: Set<Element>, now: Set<Element>): Set<Element> {
  for (const element of before) if (!now.has(element)) element.removeAttribute(name);
  for (const element of now) if (!element.hasAttribute(name)) element.setAttribute(name, "");
  return now;
}
