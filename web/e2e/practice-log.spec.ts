import { readFile } from "node:fs/promises";
import type { PracticeSettings } from "@/api/practice";
import { expect, openAs, type PersonsApi, test } from "./fixtures";
import { SONGS, stats } from "./practice-page";

const DAY = 86_400_000;
const settings = (api: PersonsApi) => api.call<PracticeSettings>("GET", "/practice/settings");

/** So many answers of a song, one a day until yesterday, as Anki writes them. */
function sheetOf(songId: string, answers: number): string {
  const rows = Array.from(
    { length: answers },
    (_, i) => `${Date.now() - (answers - i) * DAY},${songId},${(i % 4) + 1}`,
  );
  return ["id,cid,ease", ...rows, `1,${songId},9`].join("\r\n") + "\r\n";
}

test("answers come from a file and go into one; the statistics compare both schedulers", async ({
  page,
  api,
  finishedSong,
}) => {
  const { songId } = await finishedSong(undefined, SONGS[0]);
  await openAs(page, api.person, "/practice/stats");
  await expect(page.getByText("Nothing was asked a second time on a later day yet.")).toBeVisible();
  await expect(page.getByText(/^With 100 answers/)).toBeVisible();

  await page.getByRole("link", { name: "Settings" }).click();
  const give = () =>
    page.locator("input[type=file]").setInputFiles({
      ...{ name: "log.csv", mimeType: "text/csv", buffer: Buffer.from(sheetOf(songId, 120)) },
    });
  await give();
  await expect(page.getByText("120 answers taken.")).toBeVisible();
  await expect(page.getByText("Line 122: ease must be a whole number from 1 to 4")).toBeVisible();

  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save as CSV" }).click(),
  ]);
  const csv = await readFile(await saved.path(), "utf8");
  expect(csv.split("\r\n")).toHaveLength(122);
  await page.locator("input[type=file]").setInputFiles(await saved.path());
  await expect(page.getByText("120 answers were known already.")).toBeVisible();
  expect((await stats(api)).reviews).toBe(120);

  await page.getByRole("link", { name: "Statistics" }).click();
  await expect(page.getByText(/foretold your answers (better|equally well)\.$/)).toBeVisible();
  const { comparison, retention } = await stats(api);
  await expect(page.getByText(String(comparison?.fsrs.toFixed(3)))).toBeVisible();
  await expect(page.getByText(`${retention.known} of ${retention.asked} songs from an earlier day`)).toBeVisible();
});

test("settings are kept; the first session takes the zone of where it is", async ({
  browser,
  stack,
  api,
  finishedSong,
}) => {
  await finishedSong(undefined, SONGS[0]);
  const context = await browser.newContext({ baseURL: stack.webUrl, timezoneId: "Asia/Kathmandu" });
  const page = await context.newPage();
  await openAs(page, api.person, "/practice");
  // Browsers say its older name.
  await expect.poll(async () => (await settings(api)).timeZone).toMatch(/^Asia\/Kat[hm]+andu$/);

  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByLabel("When a song comes again").selectOption("fsrs");
  await page.getByLabel("Time zone").selectOption("Europe/Berlin");
  await page.getByLabel("New songs a day").fill("3");
  await page.getByLabel("Songs asked again a day").fill("50");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved.", { exact: true })).toBeVisible();
  const saved = { scheduler: "fsrs", timeZone: "Europe/Berlin", newPerDay: 3, reviewsPerDay: 50 };
  expect(await settings(api)).toEqual(saved);
  // A person's own zone stays.
  await page.goto("/practice");
  await expect(page.getByText("1 left")).toBeVisible();
  await page.reload();
  await expect(page.getByText("1 left")).toBeVisible();
  expect(await settings(api)).toEqual(saved);
  await context.close();
});
