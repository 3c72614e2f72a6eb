import deckUrl from "./deck.worklet.ts?worker&url";
import stretchUrl from "./stretch.worklet.ts?worker&url";
import { gainOf, type Guide, keepsPitch, type Mix, type Stem } from "./engine";
import { SAMPLE_RATE } from "./frames";
import type { DeckOptions, FromDeck, ToDeck } from "./protocol";

const RAMP_S = 0.01;
/** Longer than any browser takes that lets the context run. */
const ALLOWED_MS = 1500;

/** The sound of one song: deck → a gain a stem → the song's level, and the click's → master → guard → loudspeaker, all on one context's clock. */
export class Graph {
  /** By name, in the order of the deck's outputs. */
  stems: ReadonlyMap<Stem, GainNode> = new Map();
  readonly output: AudioNode;
  private readonly level: GainNode;
  private readonly click: GainNode;
  private deck: AudioWorkletNode | null = null;
  private stretchLoading: Promise<void> | null = null;
  private asleep: Promise<void> | undefined;

  private constructor(
    readonly context: AudioContext,
    readonly master: GainNode,
    guard: AudioNode,
    private readonly onMessage: (message: FromDeck) => void,
  ) {
    this.level = new GainNode(context);
    this.level.connect(master);
    this.click = new GainNode(context);
    this.click.connect(master);
    this.output = guard;
    master.connect(guard).connect(context.destination);
  }

  /**
   * A deck for these stems in place of the one before: a node's outputs cannot change. Those that keep their pitch come
   * first. The new deck knows nothing yet; the gains of stems that stay go on.
   */
  seat(stems: readonly Stem[], mix: Mix): void {
    if (this.deck && stems.join() === [...this.stems.keys()].join()) return;
    const { context } = this;
    this.unseat();
    const deck = new AudioWorkletNode(context, "unplugd-deck", {
      numberOfInputs: 0,
      numberOfOutputs: stems.length + 1,
      outputChannelCount: [...stems.map(() => 2), 1],
      processorOptions: {
        channels: 2 * stems.length,
        rigid: 2 * stems.filter(keepsPitch).length,
      } satisfies DeckOptions,
    });
    deck.connect(this.click, stems.length);
    const stem = (name: Stem, index: number) => {
      const gain = this.stems.get(name) ?? new GainNode(context, { gain: gainOf(mix, name) });
      deck.connect(gain, index);
      gain.connect(this.level);
      return gain;
    };
    const seated = new Map(stems.map((name, index) => [name, stem(name, index)]));
    for (const [name, gain] of this.stems) if (!seated.has(name)) gain.disconnect();
    this.stems = seated;
    this.deck = deck;
    deck.port.onmessage = ({ data }: MessageEvent<FromDeck>) => this.onMessage(data);
    void this.stretchLoading?.then(
      () => this.deck === deck && this.send({ type: "stretch" }),
      () => undefined,
    );
  }

  private unseat(): void {
    if (!this.deck) return;
    this.send({ type: "close" });
    this.deck.port.onmessage = null;
    this.deck.disconnect();
  }

  /** `stems`: the rhythm first, whether the song has it or not. */
  static async make(
    context: AudioContext,
    stems: readonly Stem[],
    { mix, guide }: { mix: Mix; guide: Guide },
    onMessage: (message: FromDeck) => void,
  ): Promise<Graph> {
    await context.audioWorklet.addModule(deckUrl);
    const guard = new AudioWorkletNode(context, "unplugd-guard", {
      outputChannelCount: [2],
      channelCount: 2,
      channelCountMode: "explicit",
    });
    const graph = new Graph(context, new GainNode(context), guard, onMessage);
    graph.seat(stems, mix);
    graph.master.gain.value = mix.master;
    graph.level.gain.value = guide.level;
    graph.click.gain.value = guide.click;
    return graph;
  }

  /** A context at the stems' rate. Has to be made in a gesture's turn to be allowed to sound. */
  static context(): AudioContext {
    return new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: "interactive" });
  }

  send(message: ToDeck, transfer: Transferable[] = []): void {
    this.deck?.port.postMessage(message, transfer);
  }

  setGains(mix: Mix, guide: Guide): void {
    const now = this.context.currentTime;
    for (const [stem, { gain }] of this.stems) gain.setTargetAtTime(gainOf(mix, stem), now, RAMP_S);
    this.master.gain.setTargetAtTime(mix.master, now, RAMP_S);
    this.level.gain.setTargetAtTime(guide.level, now, RAMP_S);
    this.click.gain.setTargetAtTime(guide.click, now, RAMP_S);
  }

  /** Load what changes speed and key, once; the deck says when it is ready. */
  loadStretch(): Promise<void> {
    this.stretchLoading ??= this.context.audioWorklet.addModule(stretchUrl).then(
      () => this.send({ type: "stretch" }),
      (reason: unknown) => {
        this.stretchLoading = null;
        throw reason;
      },
    );
    return this.stretchLoading;
  }

  sleep(): void {
    this.asleep = this.context.suspend().catch(() => undefined);
  }

  /** Resolves when the context runs; rejects where the browser wants another gesture first. */
  async wake(): Promise<void> {
    await this.asleep;
    await Promise.race([this.context.resume(), new Promise((resolve) => setTimeout(resolve, ALLOWED_MS))]);
    if (this.context.state !== "running") throw new NotAllowed();
  }

  async close(): Promise<void> {
    this.unseat();
    await this.context.close();
  }
}

class NotAllowed extends Error {
  constructor() {
    super("The browser did not allow sound yet. Press play once more.");
  }
}

/** What to tell the person when a graph could not be made or woken. */
export function whySilent(reason: unknown): string {
  if (reason instanceof NotAllowed) return reason.message;
  return "AudioWorkletNode" in globalThis
    ? "The player could not be loaded. Check your connection and press play again."
    : "This browser is too old to play songs. A current Chrome, Firefox, Edge or Safari can.";
}
