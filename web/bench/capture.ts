/** What the bench of the recorder works with: its report, and what is true of a take. */
import { readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, CDPSession } from "@playwright/test";

const OUT = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "bench/results/capture.json");

/** Writes these keys into bench/results/capture.json and leaves the others: `make capture-load` writes there, too. */
export async function keep(found: object, how: Record<string, string>, browser: Browser): Promise<void> {
  const known = JSON.parse(await readFile(OUT, "utf8").catch(() => "{}")) as { conditions?: object };
  const conditions = {
    ...known.conditions,
    browser: `Chromium ${browser.version()}, headless, with its fake microphone; local stack`,
    machine: `${cpus().length} × ${cpus()[0]?.model ?? "?"}, load ${loadavg()[0]?.toFixed(1)}`,
    date: new Date().toISOString().slice(0, 10),
    ...how,
  };
  await writeFile(OUT, JSON.stringify({ ...known, ...found, conditions }, null, 1) + "\n");
}

export const rounded = (value: number, digits: number) => Number(value.toFixed(digits));
export const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

export async function renderers(browser: CDPSession): Promise<number[]> {
  const { processInfo } = await browser.send("SystemInfo.getProcessInfo");
  return processInfo.filter((one) => one.type === "renderer").map(({ id }) => id);
}

const PROOF = 64;

/** Where a take does not go on as its source does, in frames of the take; [] if it is one piece of the source. */
export function seams(take: Int16Array, source: Int16Array): { start: number; frames: number }[] {
  const is = (i: number, at: number) => take[i] === source[at % source.length];
  const find = (from: number): [number, number] | null => {
    for (let i = from; i + PROOF <= take.length; i++) {
      if (take[i] === 0) continue; // blanked
      for (let at = 0; at < source.length; at++) {
        let same = 0;
        while (same < PROOF && is(i + same, at + same)) same++;
        if (same === PROOF) return [i, at];
      }
    }
    return null;
  };
  const found: { start: number; frames: number }[] = [];
  let start = 0;
  for (;;) {
    const next = find(start);
    const i = next?.[0] ?? take.length;
    if (start > 0 || i > 0) found.push({ start, frames: i - start });
    if (!next) return found;
    let same = 0;
    while (i + same < take.length && is(i + same, next[1] + same)) same++;
    start = i + same;
    if (start === take.length) return found;
  }
}
