/** The audio thread's module: the deck and the guard as processors. Served as a file of its own. */
import { Clicker } from "./clicker";
import { Deck } from "./deck";
import { Guard } from "./guard";
import type { DeckOptions, FromDeck, ToDeck } from "./protocol";
import type { MakeStretcher } from "./stretch.worklet";

class DeckProcessor extends AudioWorkletProcessor {
  private open = true;
  private readonly deck: Deck;
  private readonly options: DeckOptions;
  private readonly clicker = new Clicker(sampleRate);

  constructor({ processorOptions }: { processorOptions: DeckOptions }) {
    super();
    this.options = processorOptions;
    this.deck = new Deck((message, transfer) => this.port.postMessage(message, transfer ?? []), processorOptions);
    this.port.onmessage = ({ data }: MessageEvent<ToDeck>) => {
      if (data.type === "close") this.open = false;
      else if (data.type === "stretch") void this.loadStretchers();
      else if (data.type === "clicks") this.clicker.set(data.clicks);
      else this.deck.receive(data);
    };
  }

  process(_: Float32Array[][], outputs: Float32Array[][]): boolean {
    this.deck.process(outputs.slice(0, -1).flat(), currentFrame);
    const click = outputs.at(-1)?.[0];
    if (click) this.clicker.process(click, this.deck.passed);
    return this.open;
  }

  private async loadStretchers(): Promise<void> {
    let error: string | null = null;
    try {
      const make = (globalThis as { makeStretcher?: MakeStretcher }).makeStretcher;
      if (!make) throw new Error("the stretch module is not there");
      const { channels, rigid } = this.options;
      const [drums, rest] = await Promise.all([make(rigid), make(channels - rigid)]);
      this.deck.setStretchers({ drums, rest });
    } catch (reason) {
      error = String(reason);
    }
    this.port.postMessage({ type: "stretch", error } satisfies FromDeck);
  }
}

class GuardProcessor extends AudioWorkletProcessor {
  private readonly guard = new Guard(2);

  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    this.guard.process(inputs[0] ?? [], outputs[0] ?? []);
    return true;
  }
}

registerProcessor("unplugd-deck", DeckProcessor);
registerProcessor("unplugd-guard", GuardProcessor);
