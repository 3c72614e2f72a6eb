import { expect, type Page, test as base } from "@playwright/test";
import { openSite, type Site } from "./audio-site";

/** The engine in a real Chromium, judged by what it sends to the loudspeaker. Made stems: no separation needed. */
export const test = base.extend<
  { song: (name: "time" | "tones" | "bursts", durationSec?: number) => Promise<Page> },
  { site: Site }
>({
  site: [
    async ({}, give) => {
      const site = await openSite();
      await give(site);
      await site.close();
    },
    { scope: "worker", timeout: 300_000 },
  ],
  song: async ({ page, site }, give) => {
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
    });
    site.down = false;
    site.endedLinks = 0;
    site.requests.length = 0;
    await give(async (name, durationSec) => {
      await page.goto(`${site.url}/e2e/audio.html`);
      await page.waitForFunction(() => "sound" in window);
      await page.evaluate(([name, durationSec]) => void window.sound.make(name, { durationSec }), [
        name,
        durationSec,
      ] as const);
      return page;
    });
    await page.evaluate(() => window.sound.engine().close());
    expect(complaints).toEqual([]);
  },
});
