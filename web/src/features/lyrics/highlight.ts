import { lastBegun, type Timeline, wordAt } from "./timeline";

/** Between two frames a position may lie a hair before the word that was sought. */
const HAIR = 0.005;

/**
 * Marks what is sung by attributes on a list of lines (`li`, with a `[data-word]` each): `aria-current` on the line that
 * began last, `data-singing` while it lasts, `data-now` on its word. React renders none of it.
 */
export class Highlight {
  private line: Element | null = null;
  private word: Element | null = null;

  /** Returns the line when it has become another one. */
  paint(list: Element, timeline: Timeline, position: number): HTMLElement | null {
    const seconds = position + HAIR;
    const now = timeline[lastBegun(timeline, seconds)];
    const line = now ? (list.children[now.index] ?? null) : null;
    const at = now && !now.byLine ? wordAt(now, seconds) : -1;
    const word = at < 0 ? null : (line?.querySelectorAll("[data-word]")[at] ?? null);
    if (word !== this.word) {
      this.word?.removeAttribute("data-now");
      word?.setAttribute("data-now", "");
      this.word = word;
    }
    line?.toggleAttribute("data-singing", now !== undefined && seconds < now.end);
    if (line === this.line) return null;
    this.line?.removeAttribute("aria-current");
    this.line?.removeAttribute("data-singing");
    line?.setAttribute("aria-current", "true");
    this.line = line;
    return line as HTMLElement | null;
  }
}
