import type { Tabs } from "./tabs";

/** The tabs of one browser. `open` is one of them; closing it lets the next one lead. */
export class FakeBrowser<Message> {
  private tabs: { hear: Set<(message: Message) => void> }[] = [];
  private waiting: (() => Promise<void>)[] = [];
  private led = false;

  private async next(): Promise<void> {
    const work = this.waiting.shift();
    if (this.led || !work) {
      if (work) this.waiting.unshift(work);
      return;
    }
    this.led = true;
    await work();
    this.led = false;
    await this.next();
  }

  open(): Tabs<Message> {
    const tab = { hear: new Set<(message: Message) => void>() };
    this.tabs.push(tab);
    return {
      lead: (work, signal) => {
        this.waiting.push(() => (signal.aborted ? Promise.resolve() : work()));
        void this.next();
      },
      say: (message) => {
        const copy = structuredClone(message);
        for (const other of this.tabs) if (other !== tab) other.hear.forEach((listener) => listener(copy));
      },
      hear: (listener) => {
        tab.hear.add(listener);
        return () => tab.hear.delete(listener);
      },
      close: () => undefined,
    };
  }
}
