import type { Lyrics } from "@/api/client";
import { violations } from "./axe";
import { expect, enterSession, test } from "./fixtures";
import { look, lyricsOf, open, panel, type Sample, songWith, words } from "./lyrics-page";
import { button, spills } from "./player-page";

/** How far (seconds) what is marked may be from what is sung. */
const NEAR = 0.1;
/** The karaoke view is so much early. */
const LEAD = 0.25;

/** Whether `sample` marks what `lyrics` say is sung there; else a sentence that says what is wrong. */
function misfit({ position, word, line }: Sample, { segments, offsetMs }: Lyrics): string | null {
  const at = position - offsetMs / 1000;
  const marked = segments[line]?.words[word];
  if (marked) {
    const fits = at >= marked.start - NEAR && at <= marked.end + NEAR;
    return fits ? null : `"${marked.word}" (${marked.start} to ${marked.end}) is marked at ${at}`;
  }
  const sung = segments.flatMap((one) => one.words).find((one) => at >= one.start + NEAR && at <= one.end - NEAR);
  return sung ? `nothing is marked at ${at}, while "${sung.word}" is sung` : null;
}

test("while it plays, the word under the playhead is the one that is marked", async ({ page, listener }) => {
  const { api, person, song } = listener;
  const lyrics = await lyricsOf(api, song);
  await enterSession(page, person);
  await open(page, song);
  await words(page).nth(3).click();
  await page.keyboard.press("Escape");
  await button(page, "Play").click();
  const samples: Sample[] = [];
  await expect
    .poll(
      async () => {
        samples.push(await look(page, song));
        return samples.at(-1)?.position;
      },
      { intervals: [50] },
    )
    .toBeGreaterThan(17);
  expect(samples.map((one) => misfit(one, lyrics)).filter(Boolean)).toEqual([]);
  // Not one long look at nothing: many words were marked, and in their order.
  const marked = samples.filter(({ word }) => word >= 0).map(({ line, word }) => line * 100 + word);
  expect(new Set(marked).size).toBeGreaterThan(8);
  expect(marked).toEqual(marked.toSorted((a, b) => a - b));
});

test("a word leads to where it is sung, by the pointer and by keys", async ({ page, listener }) => {
  const { api, person, song } = listener;
  const { segments } = await lyricsOf(api, song);
  await enterSession(page, person);
  await open(page, song);
  const second = segments[1]?.words ?? [];
  const line = panel(page).getByRole("listitem").nth(1);
  await line.locator("[data-word]").nth(2).click();
  await expect.poll(async () => (await look(page, song)).position).toBeCloseTo(second[2]?.start ?? NaN, 1);
  await expect(line.locator("[data-word]").nth(2)).toHaveAttribute("data-now");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  await expect.poll(async () => (await look(page, song)).position).toBeCloseTo(second[1]?.start ?? NaN, 1);
  await page.keyboard.press("ArrowDown");
  await expect(panel(page).getByRole("listitem").nth(2).locator("[data-word]").first()).toBeFocused();
  await page.keyboard.press("Home");
  await expect(words(page).first()).toBeFocused();
  // The whole list is one stop of the Tab key.
  await page.keyboard.press("Tab");
  expect(await words(page).evaluateAll((all) => all.some((one) => one === document.activeElement))).toBe(false);
});

test("the list follows what is sung until somebody scrolls, and again when asked", async ({ page, listener }) => {
  const { person, song } = listener;
  await page.setViewportSize({ width: 360, height: 560 });
  await enterSession(page, person);
  await open(page, song);
  const last = panel(page).getByRole("listitem").last();
  await words(page).first().focus();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await expect(last).toHaveAttribute("aria-current", "true");
  await expect(last).toBeInViewport();
  await expect(button(page, "Follow")).toBeHidden();
  await last.hover();
  await page.mouse.wheel(0, -2000);
  await expect(last).not.toBeInViewport();
  await button(page, "Follow").click();
  await expect(last).toBeInViewport();
  await expect(button(page, "Follow")).toBeHidden();
});

test("the offset moves what is marked at once, and is kept", async ({ entered: page, finishedSong, api }) => {
  const song = await finishedSong();
  await songWith(api, song, ["one two three", "four five six"]);
  await open(page, song);
  await words(page).nth(1).click(); // two: 0.9 to 1.3
  await expect(words(page).nth(1)).toHaveAttribute("data-now");
  for (let i = 0; i < 8; i++) await button(page, "Show the lyrics later").click();
  await expect(words(page).nth(0)).toHaveAttribute("data-now");
  await expect(words(page).nth(1)).not.toHaveAttribute("data-now");
  await expect.poll(async () => (await lyricsOf(api, song)).offsetMs).toBe(400);
  await page.reload();
  await expect(panel(page).getByText("0.40 s later")).toBeVisible();
  const version = (await lyricsOf(api, song)).version;
  await page.getByRole("slider", { name: "Lyrics offset" }).press("ArrowLeft");
  await expect.poll(async () => (await lyricsOf(api, song)).offsetMs).toBe(350);
  expect((await lyricsOf(api, song)).version).toBe(version + 1);
});

test("in the karaoke view the line that is sung is large, early by a moment, on a TV and on a phone", async ({
  page,
  listener,
}) => {
  const { api, person, song } = listener;
  const { segments } = await lyricsOf(api, song);
  await enterSession(page, person);
  await open(page, song);
  await words(page).nth(5).click();
  await page.getByRole("banner").getByRole("button", { name: "Sing" }).click(); // "Sing" is also sung
  const now = page.locator("[aria-current=true]").filter({ has: page.locator("[data-sung]") });
  await expect(now).toHaveText(segments[1]?.text ?? "");
  for (const [width, height, least] of [
    [1920, 1080, 72],
    [360, 740, 26],
  ] as const) {
    await page.setViewportSize({ width, height });
    await expect(now).toBeInViewport({ ratio: 1 });
    expect(await now.evaluate((line) => parseFloat(getComputedStyle(line).fontSize))).toBeGreaterThanOrEqual(least);
    expect(await spills(page)).toBe(false);
    expect(await violations(page)).toEqual([]);
  }
  await button(page, "Play").click();
  // Sampled in one frame: what is filled is what is sung a quarter of a second later.
  const off = await page.evaluate(
    ([durationSec, lead, near, lines]) =>
      new Promise<string[]>((resolve) => {
        const wrong: string[] = [];
        let frames = 0;
        const step = () => {
          // The studio behind this view keeps a playhead of its own, which rests.
          const bars = [...document.querySelectorAll<HTMLElement>("[role=slider][aria-label=Position]")];
          const head = bars.find((bar) => bar.checkVisibility())?.lastElementChild as HTMLElement | null | undefined;
          const share = Number(/translateX\(([-\d.e]+)%\)/.exec(head?.style.transform ?? "")?.[1]);
          const at = (share / 100) * durationSec + lead;
          const filling = document.querySelector<HTMLElement>("[data-sung=part]");
          const text = filling?.closest("p")?.textContent;
          const word = lines.find((line) => line.text === text)?.words[Number(filling?.dataset.word)];
          if (word) frames++;
          if (word && (at < word.start - near || at > word.end + near)) wrong.push(`${word.word} at ${at}`);
          if (at > 13.5) resolve(frames ? wrong : ["no word was ever filled"]);
          else requestAnimationFrame(() => setTimeout(step));
        };
        step();
      }),
    [song.durationSec ?? 0, LEAD, NEAR, segments] as const,
  );
  expect(off).toEqual([]);
  await expect(now).toHaveText(segments[2]?.text ?? "");
});

test("a pause is counted down to in the karaoke view", async ({ entered: page, finishedSong, api }) => {
  const song = await finishedSong();
  const lines = [{ text: "late", start: 6, end: 7, words: [{ word: "late", start: 6, end: 7 }] }];
  await api.call("PUT", `/songs/${song.songId}/lyrics`, { version: song.lyricsVersion, segments: lines });
  await open(page, song, "/sing");
  await expect(page.getByText("0:06")).toBeVisible();
  await page.keyboard.press("ArrowRight"); // five seconds on
  await expect(page.locator("[data-dots]")).toHaveAttribute("data-dots", "1");
});

test("on a phone all of it is reached, in both colours, and axe finds nothing", async ({ page, listener }) => {
  const { person, song } = listener;
  await page.setViewportSize({ width: 360, height: 740 });
  await enterSession(page, person);
  for (const theme of ["dark", "light"]) {
    await page.evaluate((chosen) => localStorage.setItem("unplugd.theme", chosen), theme);
    await open(page, song);
    expect(await spills(page)).toBe(false);
    expect(await violations(page)).toEqual([]);
    await button(panel(page), "Edit").click();
    await page.getByLabel("Line 1", { exact: true }).focus();
    await expect(button(page, "Delete this line")).toBeInViewport();
    expect(await spills(page)).toBe(false);
    expect(await violations(page)).toEqual([]);
    await button(page, "Close").click();
    await button(panel(page), "More for the lyrics").click();
    await page.getByRole("menuitem", { name: "Paste or open a file" }).click();
    await expect(page.getByRole("dialog", { name: "Replace all lyrics" })).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
  }
});
