import { type Graph, whySilent } from "./graph";
import { SLEEP_MS } from "./pace";

/** When a context that plays nothing may sleep: after a while, and not while it is lent to who records along. */
export class Rest {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lent = 0;

  constructor(private readonly sleep: () => void) {}

  begin(): void {
    clearTimeout(this.timer);
    if (this.lent === 0) this.timer = setTimeout(this.sleep, SLEEP_MS);
  }

  end(): void {
    clearTimeout(this.timer);
  }

  /** Rejects with a sentence where there is no sound. `busy`: whether it plays. */
  async lend(awake: () => Promise<Graph>, busy: () => boolean): Promise<{ context: AudioContext; giveBack(): void }> {
    this.lent += 1;
    this.end();
    let given = false;
    const giveBack = () => {
      if (given) return;
      given = true;
      this.lent -= 1;
      if (!busy()) this.begin();
    };
    try {
      return { context: (await awake()).context, giveBack };
    } catch (reason) {
      giveBack();
      throw new Error(whySilent(reason), { cause: reason });
    }
  }
}
