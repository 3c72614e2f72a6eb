import type { Page } from "@playwright/test";

/** What leaves all graphs of a page, from its next document on: everything to a loudspeaker also goes to an analyser. No hook in the app. */
export const listenIn = async (page: Page): Promise<void> => void (await page.addInitScript(listen));

export interface Hearing {
  /** When the last key or click came, and when sound came first after it (ms of the page's clock; 0: not yet). */
  asked: number;
  sounded: number;
  /** The loudest sample of the last 46 ms. */
  level(): number;
}

function listen() {
  const connect = AudioNode.prototype.connect as (...what: unknown[]) => unknown;
  const ears = new Map<BaseAudioContext, AnalyserNode>();
  const wave = new Float32Array(2048);
  const hearing: Hearing = {
    asked: 0,
    sounded: 0,
    level() {
      let most = 0;
      for (const [context, ear] of ears) {
        if (context.state !== "running") continue;
        ear.getFloatTimeDomainData(wave);
        for (const sample of wave) most = Math.max(most, Math.abs(sample));
      }
      return most;
    },
  };
  const ask = (event: Event) => {
    hearing.asked = event.timeStamp;
    hearing.sounded = 0;
  };
  addEventListener("keydown", ask, true);
  addEventListener("pointerdown", ask, true);
  setInterval(() => {
    if (!hearing.sounded && hearing.asked && hearing.level() > 1e-3) hearing.sounded = performance.now();
  }, 4);
  Object.assign(window, { hearing });
  AudioNode.prototype.connect = function (this: AudioNode, ...what: unknown[]) {
    if (what[0] === this.context.destination) {
      const ear = new AnalyserNode(this.context, { fftSize: 2048 });
      connect.call(this, ear);
      ears.set(this.context, ear);
      this.context.addEventListener("statechange", () => {
        if (this.context.state === "closed") ears.delete(this.context);
      });
    }
    return connect.call(this, ...what);
  } as typeof AudioNode.prototype.connect;
}

const hearingOf = <T>(page: Page, read: (hearing: Hearing) => T): Promise<T> =>
  page.evaluate(`(${read.toString()})(window.hearing)`) as Promise<T>;

/** The loudest sample that leaves the page now. */
export const levelOf = (page: Page): Promise<number> => hearingOf(page, (hearing) => hearing.level());

/** Milliseconds from the last key to the first sound after it; 0 while there is none. */
export const waitedFor = (page: Page): Promise<number> =>
  hearingOf(page, ({ asked, sounded }) => (sounded ? sounded - asked : 0));
