import { toast } from "./Toasts";

/** How long (ms) a delete can be taken back. */
export const UNDO_MS = 6000;

/** The things that are deleted. */
interface Kind<Item> {
  id(item: Item): string;
  title(item: Item): string;
  /** Delete it, in a way that outlives the page. Resolves also where it is gone already; rejects where it stays. */
  send(id: string): Promise<unknown>;
  /** Take what is gone out of everything that shows it. */
  drop(id: string): void;
  /** It stays: show it as it is. */
  refresh(id: string): void;
}

interface Pending<Item> {
  item: Item;
  timer: ReturnType<typeof setTimeout>;
  closeToast(): void;
}

/** Deletes that can be taken back: a thing is out of sight at once, and gone when its time is up or the tab goes. */
export class Deletions<Item> {
  private readonly pending = new Map<string, Pending<Item>>();
  private readonly listeners = new Set<() => void>();
  private hidden: ReadonlySet<string> = new Set();

  constructor(private readonly kind: Kind<Item>) {
    // A hidden tab may be thrown away without another word (phones do), and a closed one has no timers.
    addEventListener("pagehide", () => void this.flush());
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && void this.flush());
  }

  /** Ids of what is not to be shown; the same set until it changes. */
  snapshot = (): ReadonlySet<string> => this.hidden;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  request(item: Item): void {
    const id = this.kind.id(item);
    if (this.hidden.has(id)) return;
    const send = () => void this.send(id);
    const closeToast = toast(`Deleted “${this.kind.title(item)}”.`, {
      stays: UNDO_MS,
      action: { label: "Undo", onSelect: () => this.undo(id) },
      onClose: send,
    });
    // A timer of its own: a crowded-out message closes without a word.
    this.pending.set(id, { item, timer: setTimeout(send, UNDO_MS), closeToast });
    this.hide(id, true);
  }

  undo(id: string): void {
    if (this.settle(id)) this.hide(id, false);
  }

  /** Send everything now. Resolves when all is answered; never rejects. */
  async flush(): Promise<void> {
    await Promise.all([...this.pending.keys()].map((id) => this.send(id)));
  }

  private settle(id: string): Pending<Item> | undefined {
    const found = this.pending.get(id);
    if (!found) return undefined;
    clearTimeout(found.timer);
    found.closeToast();
    this.pending.delete(id);
    return found;
  }

  private async send(id: string): Promise<void> {
    const found = this.settle(id);
    if (!found) return;
    try {
      await this.kind.send(id);
    } catch (error) {
      return this.bringBack(found.item, error);
    }
    // It stays hidden, so that a list that was read a moment ago does not show it again.
    this.kind.drop(id);
  }

  private bringBack(item: Item, error: unknown): void {
    const id = this.kind.id(item);
    this.hide(id, false);
    this.kind.refresh(id);
    toast(`“${this.kind.title(item)}” was not deleted. ${error instanceof Error ? error.message : ""}`, {
      tone: "error",
      action: { label: "Retry", onSelect: () => this.request(item) },
    });
  }

  private hide(id: string, hidden: boolean): void {
    const next = new Set(this.hidden);
    if (hidden) next.add(id);
    else next.delete(id);
    this.hidden = next;
    this.listeners.forEach((listener) => listener());
  }
}
