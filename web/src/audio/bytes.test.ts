// @vitest-environment node
import { afterEach, describe, expect, it, vi } from "vitest";
import { FOUR_STEMS, SIX_STEMS } from "@/lib/stems.fake";
import { StreamBytes } from "./bytes";
import { CELL_SAMPLES, cellRange } from "./frames";

const TOTAL = 40 * CELL_SAMPLES;
const SIZE = cellRange(39, 1, TOTAL).to;
const never = new AbortController().signal;

type Answer = (url: string, from: number, to: number, signal?: AbortSignal | null) => Response | Promise<Response>;

/** A file whose every byte is its place, modulo 251. */
const good: Answer = (_, from, to) => {
  const end = Math.min(to, SIZE);
  return new Response(
    Uint8Array.from({ length: end - from }, (_, i) => (from + i) % 251),
    { status: 206, headers: { "Content-Range": `bytes ${from}-${end - 1}/${SIZE}` } },
  );
};

function make(answer: Answer, stems = FOUR_STEMS) {
  const asked: string[] = [];
  const troubles: (string | null)[] = [];
  const streams = vi.fn(async (options?: { fresh?: boolean }) => {
    const links = stems.map((stem) => [stem, `${stem}?${options?.fresh ? "new" : "old"}`]);
    return Object.fromEntries(links) as Record<string, string>;
  });
  const bytes = new StreamBytes({
    streams,
    stems,
    totalSamples: TOTAL,
    fetch: (async (url: string, init: RequestInit) => {
      const range = /bytes=(\d+)-(\d+)/.exec(new Headers(init.headers).get("Range") ?? "");
      const [from, to] = [Number(range?.[1]), Number(range?.[2]) + 1];
      asked.push(`${url} ${from}-${to}`);
      return answer(url, from, to, init.signal);
    }) as typeof fetch,
    onTrouble: (sentence) => troubles.push(sentence),
    wait: () => Promise.resolve(),
  });
  return { bytes, asked, troubles, streams };
}

const isCell = (got: Uint8Array | undefined, cell: number) => {
  if (!got) return false;
  const { from, to } = cellRange(cell, 1, TOTAL);
  return got.length === Math.min(to, SIZE) - from && got.every((byte, i) => byte === (from + i) % 251);
};

afterEach(() => vi.restoreAllMocks());

describe("the streams' bytes", () => {
  it("come by range, each stem's, once", async () => {
    const { bytes, asked } = make(good);
    const cell = await bytes.cell(3, never);
    expect(FOUR_STEMS.every((stem) => isCell(cell[stem], 3))).toBe(true);
    expect(await bytes.cell(3, never)).toBe(cell);
    expect(asked).toHaveLength(4);
  });

  it("come for each of six stems", async () => {
    const { bytes, asked } = make(good, SIX_STEMS);
    const cell = await bytes.cell(3, never);
    expect(Object.keys(cell)).toEqual(SIX_STEMS);
    expect(SIX_STEMS.every((stem) => isCell(cell[stem], 3))).toBe(true);
    expect(asked).toHaveLength(6);
  });

  it("come in longer ranges as it goes on, cut into the same cells", async () => {
    const { bytes, asked } = make(good);
    for (let cell = 0; cell < 15; cell++) expect(isCell((await bytes.cell(cell, never)).vocals, cell)).toBe(true);
    expect(asked.length / 4).toBe(5); // 1 + 2 + 4 + 4 + 4
  });

  it("are read ahead, but no further than 20 s", async () => {
    const { bytes, asked } = make(good);
    await bytes.cell(0, never);
    for (let i = 0; i < 10; i++) {
      bytes.readAhead(1);
      await new Promise((resolve) => setTimeout(resolve));
    }
    const reach = Math.max(...asked.map((one) => Number(one.split("-")[1])));
    expect(reach).toBeLessThanOrEqual(cellRange(1, 15, TOTAL).to);
    const before = asked.length;
    await bytes.cell(9, never);
    expect(asked).toHaveLength(before);
  });

  it("are asked for with new links when the old ones are refused", async () => {
    const { bytes, streams, troubles } = make((url, from, to) =>
      url.endsWith("old") ? new Response("ended", { status: 403 }) : good(url, from, to),
    );
    expect(isCell((await bytes.cell(1, never)).bass, 1)).toBe(true);
    expect(streams.mock.calls).toEqual([[], [{ fresh: true }]]);
    expect(troubles).toEqual([null]);
  });

  it("are tried again until they come, and say so while they wait", async () => {
    let tries = 0;
    const { bytes, troubles } = make((url, from, to) => {
      if (++tries <= 12) throw new TypeError("Failed to fetch");
      return good(url, from, to);
    });
    expect(isCell((await bytes.cell(2, never)).drums, 2)).toBe(true);
    expect(troubles.at(-1)).toBeNull();
    expect(troubles[0]).toMatch(/connection/);
  });

  it("ask the API again when it gave no links", async () => {
    const { bytes, streams } = make(good);
    streams.mockRejectedValueOnce(new Error("offline"));
    expect(isCell((await bytes.cell(0, never)).drums, 0)).toBe(true);
  });

  it("fetch only the stem that failed again", async () => {
    let failed = false;
    const { bytes, asked } = make((url, from, to) => {
      if (url.startsWith("bass") && !failed) {
        failed = true;
        return new Response("busy", { status: 503 });
      }
      return good(url, from, to);
    });
    await bytes.cell(0, never);
    expect(asked).toHaveLength(5);
  });

  it("are not taken from a short answer", async () => {
    let first = true;
    const { bytes } = make((url, from, to) => {
      if (!first) return good(url, from, to);
      first = false;
      return new Response(new Uint8Array(5), {
        status: 206,
        headers: { "Content-Range": `bytes ${from}-${to - 1}/${SIZE}` },
      });
    });
    expect(isCell((await bytes.cell(0, never)).drums, 0)).toBe(true);
  });

  it("are cut out of a whole file where ranges are not known", async () => {
    const whole = Uint8Array.from({ length: SIZE }, (_, i) => i % 251);
    const { bytes } = make(() => new Response(whole));
    expect(isCell((await bytes.cell(5, never)).other, 5)).toBe(true);
  });

  it("are none behind the end", async () => {
    const { bytes } = make(() => new Response(null, { status: 416 }));
    expect((await bytes.cell(39, never)).drums).toHaveLength(0);
  });

  it("stop what is under way when another place is wanted", async () => {
    const { bytes } = make((url, from, to) => (from === 0 ? new Promise(() => undefined) : good(url, from, to)));
    const first = new AbortController();
    const waiting = bytes.cell(0, first.signal);
    first.abort();
    await expect(waiting).rejects.toThrow();
    expect(isCell((await bytes.cell(20, never)).drums, 20)).toBe(true);
  });

  it("come to two who want different places, one after the other", async () => {
    let calls = 0;
    const { bytes } = make(async (url, from, to, signal) => {
      // Two that end each other's fetching would never let this test end.
      if (++calls > 50) bytes.close();
      signal?.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve));
      signal?.throwIfAborted();
      return good(url, from, to);
    });
    const [near, far] = await Promise.all([bytes.cell(0, never), bytes.cell(20, never)]);
    expect([isCell(near.drums, 0), isCell(far.drums, 20)]).toEqual([true, true]);
    expect(calls).toBe(8);
  });

  it("drop a fetch whose readers are all gone", async () => {
    const { bytes, asked } = make((url, from, to, signal) => {
      if (from > 0) return good(url, from, to);
      return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)));
    });
    const gone = new AbortController();
    const [first, second] = [bytes.cell(0, gone.signal), bytes.cell(20, never)];
    first.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve));
    expect(asked).toHaveLength(4); // the second waits
    gone.abort();
    expect(isCell((await bytes.cell(30, never)).drums, 30)).toBe(true);
    expect(isCell((await second).drums, 20)).toBe(true);
    await expect(first).rejects.toThrow();
  });

  it("reject once closed", async () => {
    const { bytes } = make(good);
    bytes.close();
    await expect(bytes.cell(0, never)).rejects.toThrow();
  });
});
