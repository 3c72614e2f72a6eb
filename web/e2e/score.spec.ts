import type { Page } from "@playwright/test";
import type { Song } from "@/api/client";
import { violations } from "./axe";
import { expect, type PersonsApi, test } from "./fixtures";
import { measure, MEASURED } from "./measured-song";
import { bar, button, spills } from "./player-page";
import { record, whenReady } from "./take-maker";

const RATE = 44_100;
const LINES = [
  { text: "The first line", start: 0.5, end: 2.5 },
  { text: "The second line", start: 4, end: 5 },
];

interface Sung {
  /** Semitones by which the second line is sung higher. */
  high?: number;
  lateMs?: number;
}

/** A voice that sings the song's melody. */
function sing({ high = 0, lateMs = 0 }: Sung = {}): Int16Array {
  const sound = new Int16Array(6 * RATE);
  for (const { start, end, midi, cents } of MEASURED.melody.notes) {
    const hz = 440 * 2 ** ((midi + cents / 100 + (start > 3 ? high : 0) - 69) / 12);
    const from = Math.round((start + lateMs / 1000) * RATE);
    for (let i = 0; i < (end - start) * RATE; i++) {
      let wave = 0;
      for (let part = 1; part < 6; part++) wave += Math.sin((2 * Math.PI * hz * part * i) / RATE) / part;
      sound[from + i] = Math.round(6000 * wave);
    }
  }
  return sound;
}

let song: Song;
test.beforeEach(async ({ stack, api, finishedSong }) => {
  song = await finishedSong();
  const lyrics = { version: song.lyricsVersion, segments: LINES, source: "supplied" };
  await api.call("PUT", `/songs/${song.songId}/lyrics`, lyrics);
  await measure(stack, api, song.songId);
});

const take = async (api: PersonsApi, sung?: Sung) => {
  const id = await record(api, { title: "Mine", songId: song.songId, windows: [sing(sung)] });
  return whenReady(api, id);
};
const openScore = async (page: Page) => {
  await page.goto(`/songs/${song.songId}`);
  await page.getByRole("tab", { name: "Takes" }).click();
  await button(page, "How did it go?").click();
};
const score = (page: Page) => page.getByRole("region", { name: "Score" });
const line = (page: Page, name: RegExp) =>
  score(page).getByRole("list", { name: "Line by line" }).getByRole("button", { name });

test("pitch and timing are told apart, line by line, and a move needs no new measurement", async ({
  entered: page,
  api,
}) => {
  const { sessionId } = await take(api, { high: 0.4, lateMs: 80 });
  await openScore(page);
  // It appears by itself once the take was measured.
  await expect(line(page, /first/)).toContainText(/In tune · About (75|80|85) ms late/);
  await expect(line(page, /second/)).toContainText(
    /About 40 cents high: aim a little lower · About (75|80|85) ms late/,
  );
  await score(page)
    .getByRole("button", { name: /^Move the take \d+ ms earlier$/ })
    .click();
  await expect(line(page, /first/)).toContainText("In tune · On time");
  await expect(line(page, /second/)).toContainText("About 40 cents high: aim a little lower · On time");
  const stored = async () => (await api.call<{ offsetMs: number }>("GET", `/sessions/${sessionId}`)).offsetMs;
  await expect.poll(stored).toBeLessThan(-65);
  expect(await stored()).toBeGreaterThan(-95);
  await line(page, /second/).click();
  await expect(bar(page)).toHaveAttribute("aria-valuetext", "0:03 of 0:07");
});

test("an octave lower is the same tune", async ({ entered: page, api }) => {
  await take(api, { high: -12 });
  await openScore(page);
  await expect(line(page, /second/)).toContainText("In tune · On time");
});

test("what could not be measured is said, and the take stays", async ({ entered: page, api }) => {
  const { sessionId } = await take(api);
  await page.route(`**/sessions/${sessionId}`, async (route) => {
    const answer = await route.fetch();
    const failed = { pitchStatus: "FAILED", pitchUrl: null };
    await route.fulfill({ response: answer, json: { ...((await answer.json()) as object), ...failed } });
  });
  await openScore(page);
  await expect(score(page)).toContainText("could not be measured, so there is no score. The take itself is as it was.");
});

for (const theme of ["dark", "light"])
  for (const width of [1280, 360])
    test(`axe finds nothing, and nothing spills: ${theme}, ${width} wide`, async ({ entered: page, api }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.addInitScript((one) => localStorage.setItem("unplugd.theme", one), theme);
      await take(api, { high: 0.4, lateMs: 80 });
      await openScore(page);
      await line(page, /first/).click();
      await expect(bar(page)).toHaveAttribute("aria-valuetext", "0:00 of 0:07");
      await score(page).scrollIntoViewIfNeeded();
      if (process.env.LOOK)
        await page.screenshot({ path: `${process.env.LOOK}/score-${theme}-${width}.png`, fullPage: true });
      expect(await spills(page)).toBe(false);
      expect(await violations(page)).toEqual([]);
    });
