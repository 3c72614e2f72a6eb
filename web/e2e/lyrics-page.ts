import type { Page } from "@playwright/test";
import type { Lyrics, Song } from "@/api/client";
import { expect, type PersonsApi } from "./fixtures";

export const lyricsOf = (api: PersonsApi, { songId }: Song) => api.call<Lyrics>("GET", `/songs/${songId}/lyrics`);
export const panel = (page: Page) => page.getByRole("region", { name: "Lyrics" });
export const words = (page: Page) => panel(page).locator("[data-word]");

export async function open(page: Page, song: Song, view = ""): Promise<void> {
  await page.goto(`/songs/${song.songId}${view}`);
  // Behind the singing view the studio's own words are there, unseen.
  await expect(page.locator("[data-word]").filter({ visible: true }).first()).toBeVisible();
}

export interface Sample {
  /** Where the playhead is drawn (seconds), and the word and line that are marked in the same frame. */
  position: number;
  word: number;
  line: number;
}

/** What is on the page at the end of the next frame. */
export function look(page: Page, song: Song): Promise<Sample> {
  return page.evaluate(
    (durationSec) =>
      new Promise<Sample>((resolve) =>
        requestAnimationFrame(() =>
          setTimeout(() => {
            const head = document.querySelector<HTMLElement>("[role=slider][aria-label=Position] > :last-child");
            const share = /translateX\(([-\d.e]+)%\)/.exec(head?.style.transform ?? "")?.[1] ?? "NaN";
            const word = document.querySelector<HTMLElement>("[data-now]");
            const line = document.querySelector("li[aria-current]");
            resolve({
              position: (Number(share) / 100) * durationSec,
              word: word ? Number(word.dataset.word) : -1,
              line: line?.parentElement ? [...line.parentElement.children].indexOf(line) : -1,
            });
          }),
        ),
      ),
    song.durationSec ?? 0,
  );
}

/** A short song with these lines, each of them as long as a second and a half; its words are timed. */
export async function songWith(api: PersonsApi, song: Song, lines: string[]): Promise<void> {
  const segments = lines.map((text, i) => {
    const start = i * 1.5 + 0.5;
    const parts = text.split(" ");
    const each = 1.2 / parts.length;
    const words = parts.map((word, at) => ({ word, start: start + at * each, end: start + (at + 1) * each }));
    return { text, start, end: start + 1.2, words };
  });
  await api.call("PUT", `/songs/${song.songId}/lyrics`, { version: song.lyricsVersion, segments, source: "supplied" });
}
