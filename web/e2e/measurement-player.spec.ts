import type { Page } from "@playwright/test";
import type { Song } from "@/api/client";
import { violations } from "./axe";
import { expect, test } from "./fixtures";
import { measure } from "./measured-song";
import { AUDIBLE, bar, button, enter, loudness, openPlayer, pressed, SILENT, spills, placeOfBar } from "./player-page";

let song: Song;
let path: string;
test.beforeEach(async ({ page, stack, api, person, finishedSong }) => {
  song = await finishedSong();
  await measure(stack, api, song.songId);
  path = await enter(page, { person, song });
});

const kept = (page: Page) =>
  page.evaluate((key) => JSON.parse(localStorage.getItem(key) ?? "{}"), `unplugd.mix.${song.songId}`);
const parts = (page: Page) => page.getByRole("navigation", { name: "Parts of the song" });
const silence = async (page: Page) => {
  for (const name of ["drums", "bass", "other", "vocals"]) await button(page, `Mute ${name}`).click();
};

test("bars and beats are drawn over the waveform", async ({ page }) => {
  await openPlayer(page, path);
  const lines = page.getByTestId("bar-lines").last();
  await expect(lines).toHaveAttribute("data-bars", /^[45]$/);
  await expect(lines).toHaveAttribute("data-beats", /^1[2-4]$/);
});

test("jumps by bars and by parts, with keys and with buttons", async ({ page }) => {
  await openPlayer(page, path);
  await expect(parts(page)).toBeVisible();
  const place = (text: string) => expect(bar(page)).toHaveAttribute("aria-valuetext", text);
  await page.keyboard.press("Shift+ArrowRight");
  await place("0:02 of 0:07");
  await button(page, "Forward one bar (Shift + →)").click();
  await place("0:04 of 0:07");
  await button(page, "Back one bar (Shift + ←)").click();
  await place("0:02 of 0:07");
  await page.keyboard.press(".");
  await place("0:04 of 0:07");
  await expect(button(page, "Part B, from 0:04")).toHaveAttribute("aria-current", "true");
  await bar(page).press("Shift+ArrowLeft");
  await place("0:02 of 0:07");
  await page.keyboard.press(",");
  await place("0:00 of 0:07");
  await button(page, "Part B, from 0:04").click();
  await place("0:04 of 0:07");
});

test("a loop by a drag is whole bars, until that is switched off", async ({ page }) => {
  await openPlayer(page, path);
  const box = await placeOfBar(page);
  const drag = async (from: number, to: number) => {
    await page.keyboard.down("Shift");
    await page.mouse.move(box.x + box.width * from, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * to, box.y + 10, { steps: 5 });
    await page.mouse.up();
    await page.keyboard.up("Shift");
  };
  const loop = page.getByRole("group", { name: "Loop" });
  await pressed(page, "Whole bars", true);
  await drag(0.28, 0.7);
  await expect(loop).toContainText("0:02.0");
  await expect(loop).toContainText("0:06.0");
  await expect.poll(async () => (await kept(page)).loop).toEqual({ start: 2, end: 6 });
  await button(page, "Whole bars").click();
  await drag(0.28, 0.7);
  await expect(loop).toContainText("0:02.2");
  await openPlayer(page, path);
  await pressed(page, "Whole bars", false);
});

test("the click is heard, also where all stems are silent, and is remembered", async ({ page }) => {
  await openPlayer(page, path);
  await silence(page);
  const click = page.getByRole("switch", { name: "Click" });
  await page.keyboard.press("m");
  await expect(click).toBeChecked();
  await button(page, "Play").click();
  await expect.poll(() => loudness(page)).toBeGreaterThan(AUDIBLE);
  await page.getByRole("slider", { name: "Volume of the click" }).press("Home");
  await expect.poll(() => loudness(page)).toBeLessThan(SILENT);
  await openPlayer(page, path);
  await expect(click).toBeChecked();
  await expect(page.getByRole("slider", { name: "Volume of the click" })).toHaveAttribute("aria-valuenow", "0");
  await button(page, "Reset mix").click();
  await expect(click).not.toBeChecked();
});

test("a song is played at the loudness of all songs, which can be switched off for this device", async ({ page }) => {
  await openPlayer(page, path);
  const even = page.getByRole("switch", { name: "Even loudness" });
  await expect(even).toBeChecked();
  await page.keyboard.press("]"); // a loop of one bar, so that the same sound is heard each time
  await button(page, "Play").click();
  await expect.poll(() => loudness(page)).toBeGreaterThan(AUDIBLE);
  const soft = await loudness(page);
  await even.click();
  // -12 LUFS are brought to -18: half. The bar comes again and again, so its loud places do.
  await expect.poll(() => loudness(page)).toBeGreaterThan(soft * 1.6);
  await openPlayer(page, path);
  await expect(even).not.toBeChecked();
});

test("a song that was not measured has none of it", async ({ page, stack, api }) => {
  await measure(stack, api, song.songId, null);
  await openPlayer(page, path);
  await expect(page.getByRole("switch", { name: "Count-in" })).toBeVisible();
  await expect(page.getByRole("group", { name: "Drums" }).locator("canvas")).toHaveCount(1);
  for (const name of ["Click", "Even loudness"]) await expect(page.getByRole("switch", { name })).toHaveCount(0);
  await expect(parts(page)).toHaveCount(0);
  await expect(page.getByTestId("bar-lines")).toHaveCount(0);
  await expect(button(page, "Whole bars")).toHaveCount(0);
});

for (const width of [1280, 390])
  test(`nothing moves when the parts, chords and waveforms arrive: ${width} wide`, async ({ page }) => {
    await page.setViewportSize({ width, height: 844 });
    await page.addInitScript(() => {
      const moved: string[] = Object.assign(window, { moved: [] }).moved;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number; sources: { node?: Node }[] })[])
          moved.push(`${entry.value} ${entry.sources.map(({ node }) => (node as Element)?.outerHTML?.slice(0, 90))}`);
      }).observe({ type: "layout-shift", buffered: true });
    });
    const wide = width >= 900; // else the mixer is in a tab, and asks for its presets when that is opened
    const held: (() => void)[] = [];
    await page.route(/\/(measurements|presets|peaks\.json)(\?|$)/, async (route) => {
      await new Promise<void>((go) => held.push(go));
      await route.fallback();
    });
    await openPlayer(page, path);
    await expect.poll(() => held.length).toBeGreaterThanOrEqual(wide ? 3 : 2);
    // One after the other, with the page drawn in between.
    while (held.length) {
      held.shift()?.();
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    }
    await expect(parts(page)).toBeVisible();
    await expect(page.getByTestId("chord-now")).toBeVisible();
    await expect(page.getByTestId("bar-lines").last()).toBeAttached();
    if (wide) await expect(page.getByRole("group", { name: "Presets" }).getByRole("button").nth(2)).toBeVisible();
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    const moved = await page.evaluate(() => (window as unknown as { moved: string[] }).moved);
    const sum = moved.reduce((all, one) => all + parseFloat(one), 0);
    expect(sum, moved.join("\n")).toBeLessThan(0.005);
  });

for (const theme of ["dark", "light"])
  for (const width of [1280, 360])
    test(`axe finds nothing, and nothing spills: ${theme}, ${width} wide`, async ({ page }) => {
      await page.setViewportSize({ width, height: 800 });
      await page.evaluate((one) => localStorage.setItem("unplugd.theme", one), theme);
      await openPlayer(page, path);
      await expect(parts(page)).toBeVisible();
      if (width < 900) await page.getByRole("tab", { name: "Mixer" }).click();
      await page.keyboard.press("m");
      await expect(page.getByRole("slider", { name: "Volume of the click" })).toBeVisible();
      if (process.env.LOOK) await page.screenshot({ path: `${process.env.LOOK}/${theme}-${width}.png` });
      expect(await spills(page)).toBe(false);
      expect(await violations(page)).toEqual([]);
    });
