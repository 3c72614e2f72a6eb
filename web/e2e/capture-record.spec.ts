import type { Page } from "@playwright/test";
import { violations } from "./axe";
import { expect, openAs, test } from "./fixtures";
import {
  enter,
  exactRuns,
  fakeMicrophone,
  freshProfile,
  joined,
  length,
  longerThan,
  loopBack,
  measureLatency,
  noise,
  noted,
  ownBrowser,
  samplesOf,
} from "./takes";

const source = noise(40);
const fake = fakeMicrophone(source);
test.use({
  launchOptions: async ({ launchOptions }, give) =>
    give({ ...launchOptions, args: [...(launchOptions.args ?? []), ...fake] }),
});

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const recorder = (page: Page) => page.getByRole("region", { name: "Recorder" });
const onTheWay = (page: Page) => page.getByRole("list", { name: "Takes on their way" });

async function begin(page: Page, open = "New take") {
  await button(page, open).click();
  await button(page, "Start recording").click();
}

test("a take arrives, and is the microphone's sound to the bit between the gaps that it tells", async ({
  signedIn: page,
  api,
}) => {
  await begin(page);
  await longerThan(page, 3);
  await button(page, "Pause the take").click();
  await expect(recorder(page).getByRole("status")).toHaveText("Paused");
  await button(page, "Go on").click();
  const before = await length(page);
  await longerThan(page, before / 44_100 + 1);
  await button(page, "Finish").click();
  await expect(onTheWay(page)).toContainText("It has arrived.");
  const take = await joined(api);
  const samples = await samplesOf(take);
  expect(take.gaps).toEqual([]);
  const [row] = await noted(page);
  expect(row).toMatchObject({ state: "done", frames: samples.length, sessionId: take.sessionId });
  expect(row?.gaps.some(({ why }) => why === "paused")).toBe(true);
  const runs = exactRuns(samples, source, row?.gaps ?? []);
  expect(runs.filter(({ at }) => at === null)).toEqual([]);
  // Nothing of it is left on the device.
  const left = await page.evaluate(async () => {
    const names: string[] = [];
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("capture").catch(() => null);
    if (folder)
      for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) names.push(name);
    return names;
  });
  expect(left).toEqual([]);
});

test("a reload in the middle ends the take and tells so; it arrives", async ({ signedIn: page, api }) => {
  await begin(page);
  await longerThan(page, 2);
  page.on("dialog", (dialog) => void dialog.accept()); // it warns first
  const written = await length(page);
  await page.reload();
  await expect(onTheWay(page)).toContainText("The page was closed while it recorded.");
  await expect(onTheWay(page)).toContainText("It has arrived.");
  const samples = await samplesOf(await joined(api));
  expect(samples.length).toBeGreaterThanOrEqual(written);
});

test("a browser that is killed loses at most the last second; the rest arrives", async ({
  stack,
  api,
  person,
  page,
}) => {
  await page.close();
  const profile = freshProfile();
  const executable = test.info().project.use.launchOptions?.executablePath ?? "/usr/bin/chromium";
  const first = await ownBrowser(profile, fake, executable);
  await enter(first.page, stack.webUrl, person.session);
  await begin(first.page);
  await longerThan(first.page, 2);
  const written = await length(first.page);
  await first.kill();
  const second = await ownBrowser(profile, fake, executable);
  // What was written to localStorage a moment before the kill may be gone: they sign in again.
  await enter(second.page, stack.webUrl, person.session);
  await expect(onTheWay(second.page)).toContainText("It has arrived.");
  const samples = await samplesOf(await joined(api));
  expect(samples.length).toBeGreaterThanOrEqual(written);
  const [row] = await noted(second.page);
  expect(row?.ending).toMatch("What was recorded until then is kept.");
  await second.kill();
});

test("a loop of known delay is measured within 1 ms", async ({ entered: page }) => {
  const DELAY = 1654; // frames
  await loopBack(page, DELAY);
  await page.goto("/");
  expect(Math.abs((await measureLatency(page)) - (1000 * DELAY) / 44_100)).toBeLessThanOrEqual(1);
});

test("one recorder for all tabs; the page says what is wrong in words", async ({ signedIn: page, person, context }) => {
  await button(page, "New take").click();
  await expect(button(page, "Start recording")).toBeVisible();
  expect(await violations(page)).toEqual([]);
  const other = await context.newPage();
  await openAs(other, person);
  await button(other, "New take").click();
  await expect(other.getByRole("alert")).toContainText("Another tab has the recorder open.");
  await button(page, "Close the recorder").click();
  await button(other, "New take").click();
  await expect(button(other, "Start recording")).toBeVisible();
});

test("a take along with a song arrives with its place in it", async ({ page, api, person, finishedSong }) => {
  const song = await finishedSong();
  await openAs(page, person, `/songs/${song.songId}`);
  await begin(page, "Record");
  await longerThan(page, 1.5);
  await button(page, "Finish").click();
  await expect(onTheWay(page)).toContainText("It has arrived.");
  const take = await joined(api);
  expect(take.songId).toBe(song.songId);
  // A quarter of a second before the song's beginning, less what the devices are late by.
  expect(take.offsetMs).toBeLessThanOrEqual(-250);
  expect(take.offsetMs).toBeGreaterThan(-1500);
});
