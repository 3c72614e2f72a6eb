import { expect, type Page, test as base } from "@playwright/test";
import { openSite, type Site } from "./audio-site";

/** The engine in a real Chromium, judged by what it sends to the loudspeaker. Made stems: no separation needed. */
const test = base.extend<{ song: (name: "time" | "tones", durationSec?: number) => Promise<Page> }, { site: Site }>({
  site: [
    async ({}, give) => {
      const site = await openSite();
      await give(site);
      await site.close();
    },
    { scope: "worker", timeout: 120_000 },
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

test("at speed 1 what sounds is the sum of the stems, sample for sample", async ({ song }) => {
  const page = await song("time");
  const found = await page.evaluate(async () => {
    const { sound } = window;
    const engine = sound.engine();
    engine.seek(3);
    await engine.play();
    await sound.until((one) => one.state().playing === "playing");
    const { tracks } = await sound.recordFor(3000);
    const names = ["drums", "bass", "other", "vocals"] as const;
    const wholes = await Promise.all(names.map((name) => sound.reference(name)));
    const middle = 66_150;
    const places = wholes.map((whole, i) => {
      const part = (tracks[i + 1] ?? new Float32Array()).subarray(middle, middle + 2048);
      return sound.find(part, whole, 44_100 * 5, 44_100 * 2).at;
    });
    // Sample by sample from the first second on, across several cells' joins: the guard is one quantum late.
    let differs = 0;
    let stemDiffers = 0;
    for (let i = 22_050; i < 110_250; i++) {
      const at = (places[0] ?? 0) - middle + i;
      let sum = 0;
      wholes.forEach((whole, stem) => {
        sum += whole[at] ?? 0;
        stemDiffers = Math.max(stemDiffers, Math.abs((tracks[stem + 1]?.[i] ?? 0) - (whole[at] ?? 0)));
      });
      differs = Math.max(differs, Math.abs((tracks[0]?.[i + 128] ?? 0) - sum));
    }
    return { places, differs, stemDiffers };
  });
  expect(new Set(found.places).size, `the stems lie at ${found.places}`).toBe(1);
  expect(found.stemDiffers).toBe(0);
  expect(found.differs).toBeLessThan(1e-6);
});
