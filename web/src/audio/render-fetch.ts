/** Files fetched in ranges of a few megabytes, through lost connections and ended links, and checked as they pass. */
import { createSHA256, type IHasher } from "hash-wasm";
import { isRefused } from "./links";

/** Why something could not be taken away. */
export type RenderFault =
  | "connection" // no answer for about two minutes
  | "refused" // the links are refused, fresh ones too
  | "missing" // the file is not there
  | "changed" // what came is not what was made: another size or checksum
  | "space" // nowhere to put it
  | "busy" // another tab is at it
  | "broken"; // anything else

export class RenderError extends Error {
  constructor(
    readonly fault: RenderFault,
    message: string,
  ) {
    super(message);
    this.name = "RenderError";
  }
}

/**
 * The address of a file. `refused` names a link whose time is over (links.ts): another is wanted. Rejects with RenderError;
 * "connection" is tried again.
 */
export type Links = (file: string, refused?: string) => Promise<string>;

/** What the song's manifest says of a file. */
export interface Expected {
  sha256: string;
  bytes: number;
}

export const MANIFEST = "manifest.json";
export type Chunk = Uint8Array<ArrayBuffer>;

export const CHUNK_BYTES = 2 * 1024 * 1024;
/** A connection that is silent for so long (ms) is taken for lost. */
const SILENCE = 30_000;
/** Milliseconds between tries, about two minutes in all. Each chunk that arrives starts them again. */
const WAITS = [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000, 15_000, 15_000, 15_000];

export interface FetchOptions {
  links: Links;
  signal: AbortSignal;
  /** Bytes that have just arrived; a chunk that has to be fetched again takes its own back with a negative number. */
  onBytes?(bytes: number): void;
  /** Whether the file is waiting for the network to come back. */
  onWaiting?(waiting: boolean): void;
  fetcher?: typeof fetch;
  waits?: readonly number[];
  chunkBytes?: number;
}

/** Reads one file from its beginning to its end, one chunk ahead of who asks. */
export class RangeReader {
  private at = 0;
  private total: number | null = null;
  private ahead: Promise<Chunk> | null = null;
  private refused: string | undefined;
  /** WebCrypto hashes only a whole file in memory, which a phone lacks. */
  private hash: Promise<IHasher> | null = null;

  constructor(
    readonly file: string,
    private readonly options: FetchOptions,
    private readonly expected?: Expected,
  ) {}

  /** The file's size, known after the first chunk. */
  get bytes(): number | null {
    return this.total;
  }

  /** The next chunk; null at the end, once the whole has been found to be what the manifest says. */
  async next(): Promise<Chunk | null> {
    if (this.total !== null && this.at >= this.total) return null;
    const chunk = await (this.ahead ?? this.fetchAt(this.at));
    this.ahead = null;
    this.at += chunk.length;
    if (this.expected) (await (this.hash ??= createSHA256())).update(chunk);
    if (this.at >= (this.total ?? 0)) await this.check();
    else {
      this.ahead = this.fetchAt(this.at);
      // Its reader gets the failure; until there is one, nothing handles it.
      this.ahead.catch(() => undefined);
    }
    return chunk;
  }

  private async check(): Promise<void> {
    if (!this.expected) return;
    if (this.total !== this.expected.bytes || (await this.hash)?.digest() !== this.expected.sha256)
      throw new RenderError("changed", `${this.file} is not what its manifest says`);
  }

  private async fetchAt(from: number): Promise<Chunk> {
    const { signal, onWaiting, waits = WAITS } = this.options;
    let fresh = 0;
    for (let tries = 0; ;) {
      signal.throwIfAborted();
      const answer = await this.attempt(from);
      if (answer instanceof Uint8Array) {
        if (tries) onWaiting?.(false);
        return answer;
      }
      signal.throwIfAborted();
      if (answer === "refused") {
        if (fresh++ === 2) throw new RenderError("refused", `${this.file}: fresh links are refused`);
        continue;
      }
      const pause = waits[tries++];
      if (pause === undefined) throw new RenderError("connection", `${this.file}: no answer`);
      onWaiting?.(true);
      await pauseFor(pause, signal);
    }
  }

  /** One try. "again": nothing came, or not all of it. Throws what no second try would mend. */
  private async attempt(from: number): Promise<Chunk | "again" | "refused"> {
    const { signal, fetcher = fetch, onBytes, chunkBytes = CHUNK_BYTES } = this.options;
    const giveUp = new AbortController();
    const end = () => giveUp.abort();
    signal.addEventListener("abort", end, { once: true });
    let silence = setTimeout(end, SILENCE);
    let got = 0;
    try {
      const link = await this.options.links(this.file, this.refused);
      const answer = await fetcher(link, {
        headers: { Range: `bytes=${from}-${from + chunkBytes - 1}` },
        signal: giveUp.signal,
        cache: "no-store",
      });
      if (isRefused(answer.status)) {
        this.refused = link;
        return "refused";
      }
      if (answer.status === 404) throw new RenderError("missing", `${this.file} is not there`);
      // An empty file has no range to give.
      if (answer.status === 416 && from === 0) {
        this.sized(0);
        return new Uint8Array();
      }
      if (answer.status !== 206 || !answer.body) return "again";
      const [, begins, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.headers.get("Content-Range") ?? "") ?? [];
      if (Number(begins) !== from || !total) return "again";
      this.sized(Number(total));
      const chunk = new Uint8Array(Math.min(chunkBytes, Number(total) - from));
      for (const reader = answer.body.getReader(); ;) {
        const { done, value } = await reader.read();
        if (done) break;
        clearTimeout(silence);
        silence = setTimeout(end, SILENCE);
        if (got + value.length > chunk.length) throw new RenderError("changed", `${this.file}: too much came`);
        chunk.set(value, got);
        got += value.length;
        onBytes?.(value.length);
      }
      if (got === chunk.length) return chunk;
    } catch (error) {
      if (error instanceof RenderError && error.fault !== "connection") throw error;
    } finally {
      clearTimeout(silence);
      signal.removeEventListener("abort", end);
    }
    onBytes?.(-got);
    return "again";
  }

  private sized(total: number): void {
    if (this.total !== null && this.total !== total)
      throw new RenderError("changed", `${this.file} changed its size on the way`);
    this.total = total;
  }
}

/** Waits, but not past the moment at which the network is back. */
function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", stopped);
      resolve();
    };
    const stopped = () => {
      done();
      reject(signal.reason);
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
    signal.addEventListener("abort", stopped, { once: true });
  });
}
