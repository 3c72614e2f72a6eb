import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { AUDIBLE, at, bar, button, enter, hearStatus, loudness, openPlayer, status, placeOfBar } from "./player-page";

let songUrl: string;
test.beforeEach(async ({ page, listener }) => {
  songUrl = await enter(page, listener);
});
const open = (page: Page) => openPlayer(page, songUrl);

/** No sound arrives until the function that is returned is called. */
async function holdSound(page: Page): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\.mp3/, async (route) => {
    await released;
    await route.continue();
  });
  return () => release();
}

test("a slow network is said, and the sound comes when it can", async ({ page }) => {
  const release = await holdSound(page);
  await open(page);
  await button(page, "Play").click();
  await expect(status(page)).toHaveText("Loading the sound…");
  expect(await at(page)).toBe(0);
  release();
  await expect.poll(() => at(page)).toBeGreaterThanOrEqual(1);
  await expect(status(page)).toHaveText("");
  await expect.poll(() => loudness(page)).toBeGreaterThan(AUDIBLE);
});

test("a seek while a count-in waits for the sound is counted in to", async ({ page }) => {
  const release = await holdSound(page);
  await open(page);
  await page.getByRole("switch", { name: "Count-in" }).click();
  await button(page, "Play").click();
  await expect(status(page)).toHaveText("Loading the sound…");
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => at(page)).toBe(5);
  const said = await hearStatus(page);
  release();
  await expect.poll(said).toContain("Counting in…");
  await expect.poll(() => at(page)).toBeGreaterThanOrEqual(6);
  await expect.poll(() => loudness(page)).toBeGreaterThan(AUDIBLE);
});

test("links and token that end while it plays do not stop the sound", async ({ page, listener, stack }) => {
  const old = new Set<string>();
  let ended = false;
  let refused = 0;
  await page.route(/\.mp3/, async (route) => {
    const url = route.request().url();
    if (!ended) old.add(url);
    if (!ended || !old.has(url)) return route.continue();
    refused++;
    await route.fulfill({ status: 403, headers: { "Access-Control-Allow-Origin": "*" } });
  });
  let tokens = 0;
  await page.route(`${stack.apiUrl}/songs/${listener.song.songId}`, async (route) => {
    if (!ended || route.request().method() !== "GET" || tokens++ > 0) return route.continue();
    await route.fulfill({ status: 401, headers: { "Access-Control-Allow-Origin": "*" }, json: { error: "expired" } });
  });
  await open(page);
  await button(page, "Play").click();
  await expect.poll(() => at(page)).toBeGreaterThanOrEqual(1);
  // Links carry the second they were made in: those asked for from now on are others.
  await expect.poll(() => at(page)).toBeGreaterThanOrEqual(2);
  ended = true;
  await bar(page).press("PageUp");
  await expect.poll(() => at(page)).toBeGreaterThanOrEqual(33);
  // What was loaded before is heard until the new place is.
  await expect.poll(() => refused).toBeGreaterThan(0);
  await expect.poll(() => tokens).toBeGreaterThan(1);
  await expect.poll(() => loudness(page)).toBeGreaterThan(AUDIBLE);
});

test("of two tabs one is heard", async ({ page, context }) => {
  await open(page);
  await button(page, "Play").click();
  await expect(button(page, "Pause")).toBeVisible();
  const other = await context.newPage();
  await open(other);
  await button(other, "Play").click();
  await expect(button(page, "Play")).toBeVisible();
  await expect(button(other, "Pause")).toBeVisible();
});

test("a title with markup is text, and a model with weights is no preview", async ({ page, listener, stack }) => {
  const title = "<img src=x onerror=alert(1)> & co";
  await page.route(`${stack.apiUrl}/songs/${listener.song.songId}`, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), title, model: "htdemucs" } });
  });
  await open(page);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
  await expect(button(page, "Built-in separator")).toHaveCount(0);
});

for (const [what, body] of [
  ["missing", null],
  ["broken", '{"version":1,"stems":{"drums":"x"}}'],
] as const) {
  test(`without a waveform (${what} peaks) the bar still seeks`, async ({ page }) => {
    await page.route(/peaks\.json/, (route) =>
      route.fulfill({ status: body ? 200 : 404, body: body ?? "", headers: { "Access-Control-Allow-Origin": "*" } }),
    );
    await open(page);
    const box = await placeOfBar(page);
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await expect(bar(page)).toHaveAttribute("aria-valuetext", "0:19 of 0:38");
    await expect(bar(page).getByTestId("waveform")).toHaveCount(0);
  });
}

test("presets that do not load can be asked for again", async ({ page }) => {
  let down = true;
  await page.route("**/presets", (route) => {
    if (!down) return route.continue();
    return route.fulfill({
      status: 400,
      headers: { "Access-Control-Allow-Origin": "*" },
      json: { error: "x", message: "x" },
    });
  });
  await open(page);
  const again = button(page, "Presets did not load. Retry");
  await expect(again).toBeVisible();
  down = false;
  await again.click();
  await expect(button(page, "Karaoke")).toBeVisible();
});
