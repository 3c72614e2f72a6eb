import type { Stem } from "./engine";
import { cellCount, cellRange, type Layout } from "./frames";
import { isRefused } from "./links";
import { Lru } from "./lru";

export type CellBytes = Record<Stem, Uint8Array<ArrayBuffer>>;

/** Cells kept as they were sent: 112 kB each, so 16 MB and four minutes to seek back through without the network. */
const KEPT_CELLS = 144;
/** Cells that may lie fetched ahead of the one being played: 20 s, against gaps in the network. */
const AHEAD_CELLS = 12;
const LONGEST_SPAN = 4;
const TIMEOUT_MS = 20_000;
const BACKOFF_MS = [300, 700, 1500, 3000, 5000];

/** An answer the links' age may explain: asking for new ones is worth it. */
class Refused extends Error {}

/** Cells in a row that are on their way, and who waits for one of them. */
interface Span {
  first: number;
  count: number;
  readers: Set<AbortSignal>;
  abort: AbortController;
  done: Promise<void>;
}

interface Options {
  streams(options?: { fresh?: boolean }): Promise<Record<Stem, string>>;
  totalSamples: number;
  stems: readonly Stem[];
  /** Where the frames of the streams are; that of the stems when left out. */
  layout?: Layout;
  fetch?: typeof fetch;
  /** Called with a sentence after a second failed try in a row, and null when bytes come again. */
  onTrouble?(sentence: string | null): void;
  wait?(ms: number, signal: AbortSignal): Promise<void>;
}

/** The bytes of the streams by cell: fetched by range, tried again until they come, read ahead, kept in bounds. */
export class StreamBytes {
  private readonly cells = new Lru<number, CellBytes>(KEPT_CELLS);
  private links: Promise<Record<Stem, string>> | null = null;
  private span: Span | null = null;
  private spanLength = 1;
  private closed = false;

  constructor(private readonly options: Options) {}

  /** One cell. Rejects only when `signal` aborts or the store is closed; otherwise it tries until it has the bytes. */
  async cell(cell: number, signal: AbortSignal): Promise<CellBytes> {
    for (;;) {
      signal.throwIfAborted();
      if (this.closed) throw new DOMException("closed", "AbortError");
      const bytes = this.cells.get(cell);
      if (bytes) return bytes;
      if (this.span && !covers(this.span, cell) && !isWanted(this.span)) {
        // Somewhere else in the song: what was on its way is not what is needed first.
        this.span.abort.abort();
        this.span = null;
        this.spanLength = 1;
      }
      // What another still waits for comes first: two that ended each other's fetching would never get anything.
      const span = this.span ?? this.fetchFrom(cell);
      if (covers(span, cell)) span.readers.add(signal);
      await Promise.race([span.done, aborted(signal)]);
    }
  }

  /** Go on fetching what follows `cell` (at most 20 s of it), unless something is on its way. */
  readAhead(cell: number): void {
    if (this.span || this.closed) return;
    const stop = Math.min(cell + AHEAD_CELLS, cellCount(this.options.totalSamples));
    for (let next = cell; next < stop; next++) {
      if (!this.cells.has(next)) return void this.fetchFrom(next);
    }
  }

  /** Forget a cell whose bytes turned out to be no sound. */
  forget(cell: number): void {
    this.cells.delete(cell);
  }

  close(): void {
    this.closed = true;
    this.span?.abort.abort();
    this.span = null;
    this.cells.clear();
  }

  private fetchFrom(first: number): Span {
    const total = cellCount(this.options.totalSamples);
    let count = 1;
    while (count < this.spanLength && first + count < total && !this.cells.has(first + count)) count++;
    const abort = new AbortController();
    const span: Span = { first, count, readers: new Set(), abort, done: Promise.resolve() };
    span.done = this.load(first, count, abort.signal)
      .catch(() => undefined) // aborted: the readers that wait look again
      .finally(() => {
        if (this.span === span) this.span = null;
      });
    this.span = span;
    return span;
  }

  private async load(first: number, count: number, signal: AbortSignal): Promise<void> {
    const got: CellBytes = {};
    const range = cellRange(first, count, this.options.totalSamples, this.options.layout);
    for (let failures = 0; ; failures++) {
      signal.throwIfAborted();
      const outcomes = await Promise.allSettled(
        this.options.stems
          .filter((stem) => !got[stem])
          .map(async (stem) => {
            const links = await this.allLinks();
            const link = links[stem];
            if (!link) throw new Refused(`no link to ${stem}`);
            got[stem] = await this.fetchRange(link, range.from, range.to, signal);
          }),
      );
      signal.throwIfAborted();
      const failed = outcomes.filter((outcome) => outcome.status === "rejected");
      if (failed.length === 0) break;
      const refused = failed.some((outcome) => outcome.reason instanceof Refused);
      if (refused) this.links = this.options.streams({ fresh: true });
      if (failures > 0) {
        this.options.onTrouble?.(
          refused
            ? "The song's sound was refused. Trying again with new links."
            : "The sound cannot be fetched. Check your connection; it plays on by itself.",
        );
      }
      this.spanLength = 1;
      // The first refusal is the links' age: new ones are tried at once.
      if (!(refused && failures === 0)) {
        await (this.options.wait ?? pause)(BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 0, signal);
      }
    }
    this.options.onTrouble?.(null);
    this.spanLength = Math.min(LONGEST_SPAN, this.spanLength * 2);
    for (let cell = first; cell < first + count; cell++) {
      const own = cellRange(cell, 1, this.options.totalSamples, this.options.layout);
      const cut = (stem: Stem) => {
        const bytes = got[stem] ?? new Uint8Array();
        // A copy, so that no cell keeps its whole span in memory.
        return count === 1 ? bytes : bytes.slice(Math.max(0, own.from - range.from), own.to - range.from);
      };
      this.cells.set(cell, Object.fromEntries(this.options.stems.map((stem) => [stem, cut(stem)])));
    }
  }

  private allLinks(): Promise<Record<Stem, string>> {
    const links = (this.links ??= this.options.streams());
    links.catch(() => {
      // Ask again next time, unless somebody has already.
      if (this.links === links) this.links = null;
    });
    return links;
  }

  private async fetchRange(
    url: string,
    from: number,
    to: number,
    outer: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const signal = AbortSignal.any([outer, AbortSignal.timeout(TIMEOUT_MS)]);
    const answer = await (this.options.fetch ?? fetch)(url, {
      headers: { Range: `bytes=${from}-${to - 1}` },
      signal,
    });
    if (answer.status === 416) return new Uint8Array(); // past the end: the song's length was rounded up
    if (isRefused(answer.status) || answer.status === 404) throw new Refused(`status ${answer.status}`);
    if (answer.status !== 200 && answer.status !== 206) throw new Error(`status ${answer.status}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (answer.status === 200) return bytes.slice(from, to); // a server that knows no ranges
    const size = Number(/\/(\d+)$/.exec(answer.headers.get("Content-Range") ?? "")?.[1] ?? NaN);
    const expected = Number.isNaN(size) ? 1 : Math.min(to, size) - from;
    if (bytes.length < expected) throw new Error("a short answer");
    return bytes.length > to - from ? bytes.slice(0, to - from) : bytes;
  }
}

const covers = ({ first, count }: Span, cell: number) => cell >= first && cell < first + count;
const isWanted = ({ readers }: Span) => [...readers].some((reader) => !reader.aborted);

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

/** Wait, but not longer than until the network is back. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      globalThis.removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    }
    globalThis.addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
