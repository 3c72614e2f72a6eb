import { heardFrame, SongClock } from "./clock";
import { clicksBefore } from "./countin";
import { BALANCED, type CountIn, type Engine, type EngineState, type Guide, type Mix } from "./engine";
import { type SongSource, type Stem, type TakeSource, UNGUIDED, withinLimits } from "./engine";
import { Feeder } from "./feeder";
import { cellOf, SAMPLE_RATE } from "./frames";
import { Graph, whySilent } from "./graph";
import { clicksOf } from "./grid";
import { GUARD_FRAMES } from "./guard";
import { AHEAD, FIRST, HUSH_MS, SAFE } from "./pace";
import type { Chunk, FromDeck, Report } from "./protocol";
import { Rest } from "./rest";
import { supplyOf } from "./supply";
import { loopFrames } from "./unroll";

type Cause = { failing?: string | null; fault?: string | null };
const UNTUNED = "Speed and key cannot be changed now. Check your connection and try again.";

/** An engine for one song. Makes no AudioContext before the first play, which has to come from a gesture. */
export function createEngine(source: SongSource): Engine {
  return new StreamingEngine(source);
}

class StreamingEngine implements Engine {
  readonly durationSec: number;
  readonly stems: readonly Stem[];
  private current: EngineState;
  private guide = UNGUIDED;
  private readonly listeners = new Set<() => void>();

  private readonly supply: ReturnType<typeof supplyOf>;
  private readonly feeder: Feeder;
  private readonly clock = new SongClock();
  private graph: Graph | null = null;
  private building: Promise<Graph> | null = null;

  private wanted = false; // the person wants to hear it
  private loaded = false; // the deck has something to play from where we are
  /** Where a jump goes, shown until it is heard. `stream` is known once the message to the deck is sent. */
  private target: { song: number; stream: number | null } | null = { song: 0, stream: null };
  private work = new AbortController(); // fetching and feeding since the last jump
  private feeding = false;
  private failing: string | null = null; // of the network
  private fault: string | null = null; // of this browser, or of a part of the song
  private stopClicks: (() => void) | null = null;
  private wishes = 0; // plays that were asked for: an older one that is still waiting has nothing to say
  private running = false; // the context was seen running since the last play
  private readonly rest = new Rest(() => this.graph?.sleep());
  private closed = false;

  constructor(source: SongSource) {
    this.durationSec = source.durationSec;
    this.stems = source.stems;
    this.current = { playing: "paused", loop: null, mix: source.initialMix ?? BALANCED, trouble: null };
    this.supply = supplyOf(source, {
      onTrouble: (sentence) => this.tell({}, { failing: sentence }),
      onLost: (sentence) => this.tell({}, { fault: sentence }),
    });
    this.feeder = new Feeder(this.supply.total, (cell, signal) => this.supply.tracks.cell(cell, signal));
    this.prefetch(0);
  }

  state(): EngineState {
    return this.current;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  position(): number {
    return Math.min(this.heard(), this.supply.total) / SAMPLE_RATE;
  }

  async play(options: { countIn?: boolean | CountIn } = {}): Promise<void> {
    if (this.closed || this.wanted) return;
    this.wanted = true;
    const wish = ++this.wishes;
    this.rest.end();
    if (this.current.playing === "ended") this.target = { song: this.feeder.loop?.start ?? 0, stream: null };
    this.tell({ playing: "buffering" }, { fault: null });
    let graph: Graph;
    try {
      graph = await this.awake();
    } catch (reason) {
      if (this.stillWanted(wish)) this.stop(whySilent(reason));
      return;
    }
    if (!this.stillWanted(wish)) return;
    if (options.countIn) await this.countIn(graph, options.countIn === true ? {} : options.countIn);
    else {
      if (!this.loaded) void this.load(this.heard());
      graph.send({ type: "play", at: 0 });
    }
  }

  pause(): void {
    if (this.wanted) this.stop(null);
  }

  seek(seconds: number): void {
    if (!Number.isFinite(seconds) || this.closed) return;
    if (this.current.playing === "ended" && !this.wanted) this.tell({ playing: "paused" });
    this.moveTo(Math.max(0, Math.min(Math.round(seconds * SAMPLE_RATE), this.supply.total - 1)));
  }

  setLoop(loop: { start: number; end: number } | null): void {
    const frames = loop && loopFrames(loop, SAMPLE_RATE, this.supply.total);
    this.tell({ loop: frames && { start: frames.start / SAMPLE_RATE, end: frames.end / SAMPLE_RATE } });
    const at = this.heard();
    if (frames && (at < frames.start || at >= frames.end)) {
      this.feeder.loop = frames;
      return this.moveTo(frames.start);
    }
    if (!this.loaded || this.target?.stream === null) {
      this.feeder.loop = frames;
      if (this.target?.stream === null) this.moveTo(at); // what is on its way may run past the loop's end
      return;
    }
    // Leave what is read already; from there on the stream is made again.
    const cut = Math.ceil(this.headOfPart() + SAFE);
    const passed = frames !== null && this.feeder.find(frames.end - 1, 0, cut) !== null;
    this.feeder.loop = frames;
    // Its end has been read: too late for a seamless turn.
    if (passed) this.moveTo(frames.start);
    else if (cut < this.feeder.end) {
      this.graph?.send({ type: "cut", stream: cut });
      this.feeder.rewind(cut);
      this.dropWork();
      this.feed();
    } else if (this.feeder.finished) this.moveTo(at);
  }

  setMix(change: Partial<Mix>): void {
    const mix = withinLimits({ ...this.current.mix, ...change });
    this.tell({ mix }, { fault: null });
    this.graph?.setGains(mix, this.guide);
    this.tune();
  }

  setGuide(change: Partial<Guide>): void {
    this.guide = { ...this.guide, ...change };
    this.graph?.setGains(this.current.mix, this.guide);
    if (change.grid !== undefined) this.graph?.send({ type: "clicks", clicks: clicksOf(change.grid) });
  }

  setTakes(takes: readonly TakeSource[]): void {
    if (this.closed) return;
    const change = this.supply.tracks.set(takes);
    if (change === "same") return;
    const at = Math.round(this.heard());
    if (change === "other" && this.graph) {
      if (this.current.playing === "counting-in") this.stop(null);
      this.graph.seat(this.supply.tracks.seats(), this.current.mix);
      this.setGuide({ grid: this.guide.grid });
      this.tune();
      if (this.wanted) this.graph.send({ type: "play", at: 0 });
    }
    if (this.current.playing !== "ended") this.moveTo(at);
  }

  takes(): readonly TakeSource[] {
    return this.supply.tracks.sources();
  }

  output(): ReturnType<Engine["output"]> {
    return this.graph && { context: this.graph.context, node: this.graph.output, stems: this.graph.stems };
  }

  lend(): ReturnType<Engine["lend"]> {
    const busy = () => this.wanted;
    return this.rest.lend(() => this.awake(), busy);
  }

  leaving(frame: number): number | null {
    const { target, clock } = this;
    // What was reported before a jump is of the place before it.
    const jumping = target && (target.stream === null || (clock.latest?.stream ?? -1) < target.stream);
    if (this.current.playing !== "playing" || jumping) return null;
    const place = clock.at(frame - GUARD_FRAMES, this.feeder.loop);
    return place && place.song / SAMPLE_RATE;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.wanted = false;
    this.rest.end();
    this.stopClicks?.();
    this.work.abort();
    this.supply.bytes.close();
    this.supply.cells.clear();
    this.listeners.clear();
    const graph = this.graph ?? (await this.building?.catch(() => null));
    this.graph = null;
    await graph?.close();
  }

  /** Song position in frames that reaches the ear, or the one just asked for. */
  private heard(): number {
    const place = this.graph && this.clock.at(heardFrame(this.graph.context) - GUARD_FRAMES, this.feeder.loop);
    if (this.target) {
      const arrived = place && this.target.stream !== null && place.stream >= this.target.stream;
      if (!arrived) return this.target.song;
      this.target = null;
    }
    if (this.current.playing === "ended") return this.supply.total;
    return place?.song ?? 0;
  }

  private tell(change: Partial<EngineState> = {}, cause: Cause = {}): void {
    Object.assign(this, cause);
    const next = { ...this.current, ...change };
    const waiting = next.playing === "buffering" || (this.wanted && this.target?.stream === null);
    next.trouble = this.fault ?? (waiting ? this.failing : null);
    const same = (Object.keys(next) as (keyof EngineState)[]).every((key) => next[key] === this.current[key]);
    if (same || this.closed) return;
    this.current = next;
    this.listeners.forEach((listener) => listener());
  }

  private stop(trouble: string | null): void {
    this.wanted = false;
    this.running = false;
    this.stopClicks?.();
    this.stopClicks = null;
    this.graph?.send({ type: "pause" });
    this.tell({ playing: "paused" }, { fault: trouble });
    this.rest.begin();
  }

  private stillWanted(wish: number): boolean {
    return this.wanted && wish === this.wishes;
  }

  /** The graph, with a running context. Its first call has to come from a gesture. */
  private async awake(): Promise<Graph> {
    if (!this.building) {
      const context = Graph.context();
      const how = { mix: this.current.mix, guide: this.guide };
      this.building = Graph.make(context, this.supply.tracks.seats(), how, (message) => this.onDeck(message)).catch(
        async (reason: unknown) => {
          this.building = null;
          await context.close();
          throw reason;
        },
      );
      void context.resume();
      const graph = await this.building;
      if (this.closed) return graph;
      this.graph = graph;
      graph.seat(this.supply.tracks.seats(), this.current.mix); // a take may have come or gone while it was made
      // A call or another app took the sound away: playing on by itself would startle.
      context.onstatechange = () => {
        if (context.state !== "running" && this.running) this.stop(null);
      };
      this.setGuide(this.guide);
      this.tune();
    }
    const graph = await this.building;
    await graph.wake();
    this.running = this.wanted;
    return graph;
  }

  private tune(): void {
    const { speed, key } = this.current.mix;
    if (!this.graph) return;
    if (speed !== 1 || key !== 0) this.graph.loadStretch().catch(() => this.tell({}, { fault: UNTUNED }));
    this.graph.send({ type: "tune", speed, semitones: key });
  }

  private onDeck(message: FromDeck): void {
    if (this.closed) return;
    switch (message.type) {
      case "report":
        return this.onReport(message);
      case "used":
        return this.feeder.recycle(message.data);
      case "late":
        return this.moveTo(this.heard());
      case "stretch":
        if (message.error !== null) this.tell({}, { fault: "This browser cannot change speed and key." });
    }
  }

  private onReport(report: Report): void {
    this.clock.add(report);
    // What was said about the place before the last jump is history.
    if (!this.loaded || (this.target && (this.target.stream === null || report.stream < this.target.stream))) return;
    this.feeder.heardUpTo(Math.min(report.stream, report.head));
    this.feed();
    if (!this.wanted) return;
    if (report.phase === "playing") {
      this.stopClicks = null;
      this.tell({ playing: "playing" });
    } else if (report.phase === "starved") this.tell({ playing: "buffering" });
    else if (report.phase === "ended") {
      this.stop(null);
      this.loaded = false;
      this.target = null;
      this.tell({ playing: "ended" });
    }
  }

  /** Go to a song position: at once where there is sound to play, else with the next play. */
  private moveTo(song: number): void {
    this.target = { song, stream: null };
    if (this.graph && this.wanted) void this.load(song);
    else {
      this.loaded = false;
      this.graph?.send({ type: "hush" }); // what it holds is not what the next play wants
      this.prefetch(song);
    }
  }

  private prefetch(song: number): void {
    this.dropWork();
    this.supply.cells.prefetch(cellOf(song), cellOf(Math.min(song + FIRST, this.supply.total - 1)), this.work.signal);
  }

  /** Fetch what comes first at `song`, then let the deck jump there. The old place plays on until it can. */
  private async load(song: number): Promise<void> {
    this.work.abort();
    const work = (this.work = new AbortController());
    this.feeding = true; // by this function; feed() takes over
    this.target = { song, stream: null };
    const hush = setTimeout(() => {
      this.graph?.send({ type: "hush" });
      if (this.wanted && !this.stopClicks) this.tell({ playing: "buffering" });
    }, HUSH_MS);
    try {
      const stream = this.feeder.jump(song);
      const chunks: Chunk[] = [];
      while (this.feeder.end - stream < FIRST && !this.feeder.finished) {
        chunks.push(await this.feeder.next(work.signal));
      }
      this.graph?.send(
        { type: "start", chunks },
        chunks.map((chunk) => chunk.data.buffer),
      );
      this.target = { song, stream };
      this.loaded = true;
      this.feeding = false;
      this.feed();
    } catch {
      // aborted by a newer jump or by close(): nothing else makes the feeder reject
    } finally {
      clearTimeout(hush);
    }
  }

  private dropWork(): void {
    this.work.abort();
    this.work = new AbortController();
    this.feeding = false;
  }

  /** Keep the deck supplied; runs until enough is ahead. */
  private feed(): void {
    if (this.feeding || !this.loaded) return;
    this.feeding = true;
    const work = this.work;
    void (async () => {
      try {
        while (!this.feeder.finished && this.feeder.end - this.headOfPart() < AHEAD * this.current.mix.speed) {
          const chunk = await this.feeder.next(work.signal);
          if (work.signal.aborted) return;
          this.graph?.send({ type: "feed", chunk }, [chunk.data.buffer]);
        }
        if (!this.feeder.finished) this.supply.bytes.readAhead(this.feeder.cell);
        if (this.work === work) this.feeding = false;
      } catch {
        // aborted: the code that did it has set `feeding`
      }
    })();
  }

  /** The deck's reading place in the part that is being fed; its start until the deck has got there. */
  private headOfPart(): number {
    return Math.max(this.target?.stream ?? 0, this.clock.latest?.head ?? 0);
  }

  private async countIn(graph: Graph, wish: CountIn): Promise<void> {
    const asked = this.wishes;
    this.tell({ playing: "counting-in" });
    while (!this.loaded && this.stillWanted(asked)) await this.load(this.heard()); // a seek ends what loads
    const { signal } = this.work;
    const grid = wish.bpm === undefined ? this.guide.grid : null;
    const drums = wish.bpm === undefined && !grid ? await this.supply.cells.drumsFrom(this.heard(), signal) : [];
    if (!this.stillWanted(asked)) return;
    if (signal.aborted) return this.countIn(graph, wish); // a seek came in between: the beat is different there
    this.tell({ playing: "counting-in" });
    const bar = grid && { grid, at: this.heard() / SAMPLE_RATE };
    const { startFrame, stop } = clicksBefore(graph, drums, this.current.mix.speed, wish, bar);
    this.stopClicks = stop;
    graph.send({ type: "play", at: startFrame });
  }
}
