import { type Api, data } from "@/api/client";
import { readMeasures } from "@/api/measurements";
import { type DueCard, practiceCalls } from "@/api/practice";
import type { Stem } from "@/audio/engine";
import { makeGrid } from "@/audio/grid";
import { parsePeaks } from "@/audio/peaks";
import { inOrder } from "@/lib/stems";
import { type Clip, createClip } from "./clip";
import { clipStart, soundsIn } from "./clips";
import { ladderOf } from "./ladder";
import { lastStarts } from "./starts";

/** Nothing that helps to choose a clip may keep it waiting for longer (ms). */
const PATIENCE_MS = 3000;

const links = (card: DueCard): Record<Stem, string> =>
  Object.fromEntries(Object.entries(card.stems).map(([stem, { streamUrl }]) => [stem, streamUrl]));

async function peaksOf(card: DueCard, signal: AbortSignal) {
  const answer = await fetch(card.peaksUrl, { signal });
  return answer.ok ? parsePeaks(await answer.json()) : null;
}

async function barsOf(api: Api, { songId, durationSec }: DueCard, signal: AbortSignal): Promise<readonly number[]> {
  const answer = await data(api.GET("/songs/{songId}/measurements", { params: { path: { songId } }, signal }));
  const { beats } = readMeasures(answer.measures);
  return (beats && makeGrid(beats.value, durationSec ?? 0)?.bars) ?? [];
}

/** The clip of a card: where it begins, its ladder, and an engine that has begun to fetch it. Nothing here asks for more
 * than bytes and measurements: no title passes by. */
export async function prepareClip(api: Api, card: DueCard, reviewId: string): Promise<Clip> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const durationSec = card.durationSec ?? 0;
  const [peaks, bars] = await Promise.all([
    peaksOf(card, signal).catch(() => null),
    barsOf(api, card, signal).catch(() => []),
  ]);
  const { songId } = card;
  const start = clipStart({ durationSec, peaks, bars, seed: reviewId, last: lastStarts(songId) });
  const stems = inOrder(Object.keys(card.stems));
  const rungs = ladderOf(stems, (stem) => soundsIn(peaks, stem, start));
  return createClip({
    ...{ songId, durationSec, stems, start },
    rungs: rungs.length ? rungs : ladderOf(stems),
    async streams({ fresh = false } = {}) {
      if (!fresh) return links(card);
      // The song itself would tell its title.
      const { data: due } = await practiceCalls.due(api, 100);
      const now = due.find((one) => one.songId === songId);
      if (!now) throw new Error("This card is not due any more.");
      return links(now);
    },
  });
}
