import type { Card, DueCard } from "@/api/practice";

/** A card that waits; with the turn that was interrupted, if there was one. */
interface Entry {
  card: DueCard;
  turn: unknown;
}

/** How many others come before a card that is asked again. */
const APART = 3;

/** The cards of a session, in the order in which they are asked. */
export class Session {
  private list: Entry[] = [];
  /** Songs that were asked in this session, with the version that their card has since. */
  private readonly seen = new Map<string, number>();
  private readonly ids = new Map<string, string>();

  waiting(): number {
    return this.list.length;
  }

  peek(): Entry | undefined {
    return this.list[0];
  }

  take(): Entry | undefined {
    const entry = this.list.shift();
    if (entry) this.seen.set(entry.card.songId, Math.max(entry.card.version, this.seen.get(entry.card.songId) ?? -1));
    return entry;
  }

  /** The id of the answer that is to be given next of a song: its clip is chosen by it. */
  idOf(songId: string, make: () => string): string {
    const id = this.ids.get(songId) ?? make();
    this.ids.set(songId, id);
    return id;
  }

  /** More cards, of songs that were not asked yet. */
  add(cards: readonly DueCard[]): void {
    for (const card of cards)
      if (!this.seen.has(card.songId) && !this.has(card.songId)) this.list.push({ card, turn: null });
  }

  /** What the service says is due, when nothing is left here: also songs that were asked, whose card is another now. */
  renew(cards: readonly DueCard[]): void {
    for (const card of cards) {
      const known = this.seen.get(card.songId);
      // Right after an answer the list may still show the card from before it.
      const fresh = known === undefined || card.version > known || (card.repeat && card.version >= known);
      if (fresh && !this.has(card.songId)) this.list.push({ card, turn: null });
    }
  }

  answered(card: DueCard, again: boolean): void {
    this.ids.delete(card.songId);
    this.seen.set(card.songId, Math.max(this.seen.get(card.songId) ?? -1, card.version + 1));
    if (again) this.list.splice(Math.min(APART, this.list.length), 0, { card: { ...card, repeat: true }, turn: null });
  }

  leave(songId: string): void {
    this.ids.delete(songId);
    this.list = this.list.filter(({ card }) => card.songId !== songId);
    this.seen.set(songId, Infinity);
  }

  /** First of all again, as it was. */
  putBack(card: DueCard, turn: unknown): void {
    this.list = [{ card, turn }, ...this.list.filter((entry) => entry.card.songId !== card.songId)];
    this.ids.delete(card.songId);
    if (this.seen.get(card.songId) === Infinity) this.seen.set(card.songId, card.version);
  }

  /** What the service made of an answer: a card that it does not want repeated is not asked again here. */
  settle({ songId, version, repeat }: Card): void {
    const known = this.seen.get(songId);
    if (known === undefined || known === Infinity) return;
    this.seen.set(songId, Math.max(known, version));
    if (!repeat) this.list = this.list.filter(({ card, turn }) => card.songId !== songId || turn !== null);
    else
      this.list = this.list.map((entry) =>
        entry.card.songId === songId ? { ...entry, card: { ...entry.card, version } } : entry,
      );
  }

  private has(songId: string): boolean {
    return this.list.some(({ card }) => card.songId === songId);
  }
}
