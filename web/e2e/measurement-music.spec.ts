import type { Page } from "@playwright/test";
import type { Song } from "@/api/client";
import { violations } from "./axe";
import { expect, test } from "./fixtures";
import { MEASURED, measure } from "./measured-song";
import { bar, button, enter, openPlayer, sing, spills } from "./player-page";

let song: Song;
let path: string;
test.beforeEach(async ({ page, stack, api, person, finishedSong }) => {
  song = await finishedSong();
  await measure(stack, api, song.songId);
  path = await enter(page, { person, song });
});

const lane = (page: Page) => page.getByRole("region", { name: "Chords" });
const now = (page: Page) => page.getByTestId("chord-now").locator("span").first();
const next = (page: Page) => lane(page).getByRole("listitem").locator("[aria-hidden]");
const card = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const value = (page: Page, name: string) => card(page, name).getByRole("status");
const openMusic = async (page: Page) => {
  await openPlayer(page, path);
  await page.getByRole("tab", { name: "Music" }).click();
  await expect(card(page, "Tempo")).toBeVisible();
};

test("the chord lane shows the chord that sounds and those to come, in the key that is chosen", async ({ page }) => {
  await openPlayer(page, path);
  await expect(now(page)).toHaveText("Cm");
  await expect(next(page)).toHaveText(["A♭", "E♭", "G7"]);
  await expect(page.getByTestId("place")).toHaveText("1.1");
  await page.keyboard.press("Shift+ArrowRight");
  await expect(now(page)).toHaveText("A♭");
  await expect(next(page)).toHaveText(["E♭", "G7"]);
  await expect(page.getByTestId("place")).toHaveText("2.1");
  const key = page.getByRole("group", { name: "Key" });
  await key.getByRole("button", { name: /higher/ }).click();
  await expect(now(page)).toHaveText("A");
  await expect(next(page)).toHaveText(["E", "G♯7"]);
  await expect(lane(page)).toContainText("C♯ minor");
  await key.getByRole("button", { name: /higher/ }).click();
  await expect(now(page)).toHaveText("B♭");
  await expect(next(page)).toHaveText(["F", "A7"]);
  await lane(page).getByRole("button", { name: "A seven" }).click();
  await expect(bar(page)).toHaveAttribute("aria-valuenow", "6");
});

test("half, double, the meter, the key and a bar's beginning are kept when the song is measured again", async ({
  page,
  stack,
  api,
}) => {
  await openMusic(page);
  await expect(value(page, "Tempo")).toHaveText("120 bpm, 4 beats in a bar");
  await button(card(page, "Tempo"), "Half: 60").click();
  await expect(value(page, "Tempo")).toHaveText("60 bpm, 4 beats in a bar Yours");
  await button(card(page, "Tempo"), "Double: 120").click();
  await expect(value(page, "Tempo")).toContainText("120 bpm");
  await button(card(page, "Tempo"), "Double: 240").click();
  await expect(value(page, "Tempo")).toContainText("240 bpm");
  await page.getByLabel("Beats in a bar").selectOption("3");
  await expect(value(page, "Tempo")).toContainText("3 beats in a bar");
  await page.getByLabel("Key note").selectOption("Eb");
  await expect(value(page, "Key")).toHaveText("E♭ minor Yours");
  await page.getByLabel("Part at 0:04").fill("Chorus");
  await page.getByLabel("Part at 0:04").press("Enter");
  await expect(button(page, "Part Chorus, from 0:04")).toBeVisible();
  // Bars of 0.75 s from 0 on; a beat before the second part begins one.
  await button(page, "Part Chorus, from 0:04").click();
  await button(card(page, "Tempo"), "A bar begins here").click();
  await expect(page.getByTestId("place")).toHaveText(/\.1$/);

  const other = {
    ...MEASURED,
    beats: { ...MEASURED.beats, anchors: [{ t: 0.1, beat: 0, bpm: 90 }], downbeats: [0.1], meter: 4 },
    key: { ...MEASURED.key, tonic: "G", mode: "major" },
    sections: [{ start: 0, end: 8, label: "A" }],
  };
  await measure(stack, api, song.songId, other);
  await openMusic(page);
  await expect(value(page, "Tempo")).toHaveText("240 bpm, 3 beats in a bar Yours");
  await expect(value(page, "Key")).toHaveText("E♭ minor Yours");
  await expect(page.getByLabel("Part at 0:04")).toHaveValue("Chorus");
  await bar(page).focus();
  await button(page, "Part Chorus, from 0:04").click();
  await expect(page.getByTestId("place")).toHaveText(/\.1$/);

  // Back to the machine's: now those of the second measurement.
  await button(page, "Back to what was heard for tempo").click();
  await expect(value(page, "Tempo")).toHaveText("90 bpm, 4 beats in a bar");
  await button(page, "Back to what was heard for key").click();
  await expect(value(page, "Key")).toHaveText("G major");
});

test("taps set the tempo, by keyboard too", async ({ page }) => {
  await openMusic(page);
  const tap = button(card(page, "Tempo"), "Tap the beat");
  await tap.focus();
  await page.keyboard.press("Enter");
  await expect(card(page, "Tempo")).toContainText("Play the song, then tap along.");
  for (let press = 0; press < 10; press++) await page.keyboard.press("-");
  await button(page, "Play").click();
  // A tap each time that the lane shows another beat: of the song's beats, whatever the machine's speed.
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const tap = [...document.querySelectorAll("button")].find((one) => one.textContent === "Tap the beat");
        const place = document.querySelector("[data-testid=place]");
        if (!tap || !place) throw new Error("nothing to tap");
        let taps = 0;
        const observer = new MutationObserver(() => {
          tap.click();
          if (++taps < 7) return;
          observer.disconnect();
          resolve();
        });
        observer.observe(place, { childList: true, characterData: true, subtree: true });
      }),
  );
  const use = card(page, "Tempo").getByRole("button", { name: /^Use / });
  const bpm = Number((await use.textContent())?.replace("Use ", ""));
  expect(bpm).toBeGreaterThan(90);
  expect(bpm).toBeLessThan(150);
  await use.click();
  await expect(value(page, "Tempo")).toHaveText(`${bpm} bpm, 4 beats in a bar Yours`);
});

test("a lock keeps what was heard; without it the next measurement counts", async ({ page, stack, api }) => {
  await openMusic(page);
  const lock = button(page, "Lock key");
  await lock.click();
  await expect(button(page, "Locked key")).toHaveAttribute("aria-pressed", "true");
  const other = { ...MEASURED, key: { ...MEASURED.key, tonic: "G", mode: "major" } };
  await measure(stack, api, song.songId, other);
  await openMusic(page);
  await expect(value(page, "Key")).toHaveText("C minor Yours");
  await button(page, "Locked key").click();
  await expect(lock).toHaveAttribute("aria-pressed", "false");
  await measure(stack, api, song.songId, other);
  await openMusic(page);
  await expect(value(page, "Key")).toHaveText("G major");
});

test("what is doubtful says so in words, and how to decide", async ({ page, stack, api }) => {
  await measure(stack, api, song.songId, {
    ...MEASURED,
    beats: { ...MEASURED.beats, confidence: 0.2 },
    key: { ...MEASURED.key, confidence: 0.1 },
  });
  await openMusic(page);
  await expect(card(page, "Tempo")).toContainText("Not sure: the beat of this song is hard to hear.");
  await expect(card(page, "Key")).toContainText("Not sure: it could also be E♭ major.");
  await button(card(page, "Key"), "Use E♭ major").click();
  await expect(value(page, "Key")).toHaveText("E♭ major Yours");
  await expect(card(page, "Key")).not.toContainText("Not sure");
});

test("a change that fails says why, and changes nothing", async ({ page }) => {
  await openMusic(page);
  await page.route("**/measurements/key", (route) =>
    route.fulfill({ status: 503, json: { error: "try_again", message: "Please try again." } }),
  );
  await page.getByLabel("Key note").selectOption("D");
  await expect(page.getByRole("alert")).toContainText("Please try again.");
  await expect(value(page, "Key")).toHaveText("C minor");
});

test("the melody is shown over the words, in the key that is chosen, and can be hidden", async ({ page }) => {
  await openPlayer(page, path);
  await page
    .getByRole("group", { name: "Key" })
    .getByRole("button", { name: /higher/ })
    .click();
  await sing(page).click();
  const melody = page.getByRole("region", { name: "Melody" });
  await expect(melody.locator("canvas")).toBeVisible();
  await expect(page.getByTestId("note")).toHaveText("C sharp");
  await page.keyboard.press("Shift+ArrowRight");
  await expect(page.getByTestId("note")).toHaveText("E");
  const drawn = () =>
    melody.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
      const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return pixels.filter((_, i) => i % 4 === 3).some((alpha) => alpha > 0);
    });
  await expect.poll(drawn).toBe(true);
  if (process.env.LOOK) await page.screenshot({ path: `${process.env.LOOK}/sing.png` });
  expect(await violations(page)).toEqual([]);
  await button(melody, "Melody").click();
  await expect(melody.locator("canvas")).toBeHidden();
  await page.reload();
  await expect(button(melody, "Melody")).toHaveAttribute("aria-pressed", "false");
});

test("a song that was not measured has neither tab, lane nor melody", async ({ page, stack, api }) => {
  await measure(stack, api, song.songId, null);
  await openPlayer(page, path);
  await expect(page.getByRole("group", { name: "Drums" }).locator("canvas")).toHaveCount(1);
  await expect(page.getByRole("tab", { name: "Music" })).toHaveCount(0);
  await expect(lane(page)).toHaveCount(0);
  await sing(page).click();
  await expect(button(page, "Leave the singing view (Esc)")).toBeVisible();
  await expect(page.getByRole("region", { name: "Melody" })).toHaveCount(0);
});

for (const theme of ["dark", "light"])
  for (const width of [1280, 360])
    test(`axe finds nothing in the music tab, and nothing spills: ${theme}, ${width} wide`, async ({ page }) => {
      await page.setViewportSize({ width, height: 800 });
      await page.evaluate((one) => localStorage.setItem("unplugd.theme", one), theme);
      await openMusic(page);
      if (process.env.LOOK) await page.screenshot({ path: `${process.env.LOOK}/music-${theme}-${width}.png` });
      expect(await spills(page)).toBe(false);
      expect(await violations(page)).toEqual([]);
    });
