import type { Page } from "@playwright/test";
import type { Song } from "@/api/client";
import { violations } from "./axe";
import { expect, openAs, type PersonsApi, test } from "./fixtures";
import { levelOf, listenIn } from "./hearing";
import { answer, due, grade, leaksIn, play, readAll, said, shownBy, SONGS, stats } from "./practice-page";

type Give = (file?: undefined, wishes?: { title: string; artist: string }) => Promise<Song>;

/** A person with so many songs, at the first card. */
async function begin(page: Page, api: PersonsApi, finishedSong: Give, songs = 2) {
  for (const wishes of SONGS.slice(0, songs)) await finishedSong(undefined, wishes);
  await openAs(page, api.person, "/practice");
  await expect(play(page)).toBeEnabled();
}
const heading = (page: Page) => page.getByRole("region", { name: "The song" }).getByRole("heading");
const done = (page: Page) => page.getByRole("heading", { name: "Done for today" });
const reviews = (api: PersonsApi) => expect.poll(async () => (await stats(api)).reviews);

test("a session by the keyboard: heard, hinted, shown and graded, and no title before it is asked for", async ({
  page,
  api,
  finishedSong,
}) => {
  const network = readAll(page);
  await listenIn(page);
  for (const wishes of SONGS.slice(0, 2)) await finishedSong(undefined, wishes);
  await openAs(page, api.person, "/practice");
  await expect(page.getByText("2 left")).toBeVisible();
  await expect(play(page)).toBeEnabled();
  expect(await levelOf(page)).toBe(0);

  await page.keyboard.press("Space");
  await expect.poll(() => levelOf(page), { intervals: [20] }).toBeGreaterThan(0.001);
  await expect(page.getByText("Best grade: 5")).toBeVisible();
  // A step lasts five seconds and ends by itself.
  await expect(play(page)).toBeVisible();
  await expect.poll(() => levelOf(page)).toBe(0);

  for (const best of [4, 4, 3]) {
    await page.keyboard.press("h");
    await expect(page.getByText(`Best grade: ${best}`)).toBeVisible();
  }
  await page.keyboard.press("h");
  await expect(page.getByText(/The title begins with [MZ]\./)).toBeVisible();
  await page.keyboard.press("h");
  await expect(said(page)).toHaveText("There are no more hints. Show the answer.");
  await page.keyboard.press("2");
  await expect(said(page)).toHaveText("Show the answer first, then grade yourself.");
  expect(leaksIn(await network(), SONGS)).toEqual([]);
  expect(leaksIn(await shownBy(page), SONGS)).toEqual([]);

  await page.keyboard.press("Enter");
  await expect(heading(page)).toHaveText(/^(Zanzibar Quicksilver|Marzipan Obelisk)$/);
  const first = await heading(page).innerText();
  const other = SONGS.filter(({ title }) => title !== first).slice(0, 1);
  await expect(grade(page, 3)).toBeDisabled();
  await page.keyboard.press("5");
  await expect(said(page)).toHaveText("With these hints a 5 counts as 2.");

  // The other song comes by itself, and says nothing of itself either.
  await expect.poll(() => levelOf(page), { intervals: [20] }).toBeGreaterThan(0.001);
  await expect(answer(page)).toBeHidden();
  expect(leaksIn(await network(), other)).toEqual([]);
  expect(leaksIn(await shownBy(page), SONGS)).toEqual([]);
  await page.keyboard.press("Enter");
  await expect(heading(page)).toHaveText(other[0]?.title ?? "");
  await page.keyboard.press("4");

  // What was not known is asked again before the session ends.
  await expect(page.getByText("1 left")).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(heading(page)).toHaveText(first);
  await page.keyboard.press("4");
  await expect(done(page)).toBeVisible();
  await expect(page.getByText("3 answers in this session.")).toBeVisible();
  await expect(page.getByText("Next: 2 cards tomorrow.")).toBeVisible();
  await reviews(api).toBe(3);
});

test("a typed guess is judged without the title; undo, bury and suspend by keys", async ({
  page,
  api,
  finishedSong,
}) => {
  await begin(page, api, finishedSong, 1);
  await page.keyboard.press("t");
  const field = page.getByLabel("Your guess: title or artist");
  await expect(field).toBeFocused();
  await page.keyboard.type("hush 2 us");
  await page.keyboard.press("Enter");
  await expect(said(page)).toHaveText("Not “hush 2 us”.");
  await field.fill("featherstonehaugh");
  await page.keyboard.press("Enter");
  await expect(said(page)).toHaveText("The artist is right. And the title?");
  await page.getByLabel("Your guess: the title").fill("the ZANZIBAR quicksilver (live)");
  await page.keyboard.press("Enter");
  await expect(heading(page)).toContainText("Zanzibar Quicksilver");
  await expect(page.getByLabel("You named it")).toBeVisible();

  await page.keyboard.press("1");
  await expect(page.getByText("1 left")).toBeVisible();
  await page.keyboard.press("u");
  await expect(said(page)).toHaveText("Taken back. Grade it again.");
  await page.keyboard.press("5");
  await expect(done(page)).toBeVisible();
  await reviews(api).toBe(1);
  await page.getByRole("button", { name: "Take back the last answer" }).click();
  await reviews(api).toBe(0);
  await page.keyboard.press("b");
  await expect(done(page)).toBeVisible();
  await page.getByRole("button", { name: "Take back the last answer" }).click();
  await page.keyboard.press("s");
  await expect(done(page)).toBeVisible();
  await expect.poll(() => due(api)).toEqual([]);
  await page.getByRole("button", { name: "Take back the last answer" }).click();
  await expect.poll(async () => (await due(api)).length).toBe(1);
});

test("answers without a connection are kept over a reload, and sent once each", async ({ page, api, finishedSong }) => {
  const ids: string[] = [];
  let fate: "refuse" | "lose" = "refuse";
  await page.route("**/practice/grade", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    ids.push((route.request().postDataJSON() as { reviewId: string }).reviewId);
    // Lost: the service has taken it, and dies before it answers.
    if (fate === "lose") await route.fetch();
    await route.abort("connectionreset");
  });
  await begin(page, api, finishedSong);
  for (let i = 0; i < 2; i++) {
    await page.keyboard.press("Enter");
    await expect(answer(page)).toBeVisible();
    await page.keyboard.press("4");
  }
  const note = page.getByText("2 answers kept on this device.");
  await expect(note).toBeVisible();
  await page.reload();
  await expect(note).toBeVisible();
  expect((await stats(api)).reviews).toBe(0);

  fate = "lose";
  await page.getByRole("button", { name: "Try now" }).click();
  await reviews(api).toBeGreaterThan(0);
  await page.unroute("**/practice/grade");
  await page.getByRole("button", { name: "Try now" }).click();
  await expect(note).toBeHidden();
  await expect(page.getByText("answer kept on this device")).toBeHidden();
  await reviews(api).toBe(2);
  // In order: the first one held up the other, and was tried by one id.
  expect(ids.length).toBeGreaterThan(2);
  expect(new Set(ids).size).toBe(1);
});

test("another device was faster: the answer is added, and the page says so", async ({ page, api, finishedSong }) => {
  const refusal = { error: "changed", message: "Another device changed this card.", card: {} };
  const headers = { "Access-Control-Allow-Origin": "*" };
  const post = (request: { method(): string }) => request.method() === "POST";
  await page.route(
    "**/practice/grade",
    (route) => (post(route.request()) ? route.fulfill({ status: 409, json: refusal, headers }) : route.continue()),
    { times: 2 },
  );
  await begin(page, api, finishedSong);
  await page.keyboard.press("Enter");
  await expect(answer(page)).toBeVisible();
  await page.keyboard.press("4");
  await expect(said(page)).toContainText("Another device changed this card at the same moment.");
  await reviews(api).toBe(1);
});

test("one foot on a pedal does a session", async ({ page, api, finishedSong }) => {
  await begin(page, api, finishedSong);
  await page.keyboard.press("PageUp");
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  await page.keyboard.press("PageUp");
  await expect(page.getByText("Best grade: 4")).toBeVisible();
  await page.keyboard.press("PageDown");
  await expect(answer(page)).toBeVisible();
  await page.keyboard.press("PageUp");
  await expect(said(page)).toHaveText("It comes again in this session.");
  for (let card = 0; card < 2; card++) {
    await page.keyboard.press("PageDown");
    await expect(answer(page)).toBeVisible();
    await page.keyboard.press("PageDown");
  }
  await expect(done(page)).toBeVisible();
  await reviews(api).toBe(3);
});

test.describe("looks", () => {
  test("with a thumb on a phone: what is pressed most is large and at the lower edge", async ({
    page,
    api,
    finishedSong,
  }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await begin(page, api, finishedSong, 1);
    const inReach = async (name: string | RegExp) => {
      const box = await page.getByRole("button", { name }).boundingBox();
      expect(box?.y).toBeGreaterThan(844 / 2);
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(844);
      expect(Math.min(box?.height ?? 0, box?.width ?? 0)).toBeGreaterThanOrEqual(48);
    };
    for (const name of [/^Hint/, "Play", "Answer"]) await inReach(name);
    await page.getByRole("button", { name: /^Hint/ }).click();
    await page.getByRole("button", { name: "Answer" }).click();
    for (const name of [/^1: /, /^5: /]) await inReach(name);
    await grade(page, 4).click();
    await expect(done(page)).toBeVisible();
  });

  test("each size in both colours fits, and everybody can use it", async ({ page, api, finishedSong }) => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    const looks = async (name: string) => {
      for (const [width, height] of [
        [390, 844],
        [844, 390],
        [1440, 900],
        [1920, 1080],
      ] as const)
        for (const theme of ["dark", "light"]) {
          await page.setViewportSize({ width, height });
          await page.evaluate((chosen) => (document.documentElement.dataset.theme = chosen), theme);
          expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(width);
          if (width === 390 || width === 1440) expect(await violations(page), name).toEqual([]);
          const shots = process.env.SHOTS;
          if (shots) await page.screenshot({ path: `${shots}/practice-${name}-${width}-${theme}.png` });
        }
      await page.setViewportSize({ width: 1280, height: 800 });
    };
    await openAs(page, api.person, "/practice");
    await expect(page.getByRole("heading", { name: "No songs to guess yet" })).toBeVisible();
    await looks("empty");
    await finishedSong(undefined, SONGS[0]);
    await page.getByRole("button", { name: /^Account of/ }).click();
    await page.getByRole("menuitem", { name: "Guess The Track" }).click();
    await page.reload();
    await expect(play(page)).toBeVisible();
    await page.keyboard.press("h");
    await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
    await page.keyboard.press("h");
    await looks("asking");
    await page.keyboard.press("Enter");
    await expect(answer(page)).toBeVisible();
    await looks("answer");
    await page.keyboard.press("4");
    await expect(done(page)).toBeVisible();
    await looks("done");
    await page.getByRole("link", { name: "Statistics" }).click();
    await expect(page.getByRole("heading", { name: "What comes" })).toBeVisible();
    await looks("stats");
    await page.getByRole("link", { name: "Settings" }).click();
    await expect(page.getByLabel("Time zone")).toBeVisible();
    await looks("settings");
  });
});
