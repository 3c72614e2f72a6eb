import { violations } from "./axe";
import { expect, signIn, test } from "./fixtures";
import { panel, songWith, words } from "./lyrics-page";
import { at, button, enter, openPlayer } from "./player-page";

test("words that cannot be edited now do not stop the song", async ({ page, listener }) => {
  await page.route(/LyricsEditor-.*\.js/, (route) => route.abort());
  await openPlayer(page, await enter(page, listener));
  await button(page, "Play").click();
  await button(panel(page), "Edit").click();
  await expect(panel(page).getByRole("alert")).toContainText("This part could not be loaded.");
  await expect(button(page, "Pause")).toBeVisible();
  const here = await at(page);
  await expect.poll(() => at(page)).toBeGreaterThan(here + 1);
  expect(await violations(page)).toEqual([]);
  await button(panel(page), "Close").click();
  await expect(words(page).first()).toBeVisible();

  await button(panel(page), "Edit").click();
  await page.unroute(/LyricsEditor-.*\.js/);
  await button(panel(page), "Reload").click();
  await button(panel(page), "Edit").click();
  await expect(page.getByLabel("Line 1", { exact: true })).toBeVisible();
});

test("a page that does not load leaves the others working", async ({ signedIn: page, person }) => {
  const files = /(AccountPage|Studio)-.*\.js/;
  await page.route(files, (route) => route.abort());
  const said = page.getByRole("main").getByRole("heading", { name: "This page could not be loaded.", level: 1 });
  await page.goto("/songs/any");
  await expect(said).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.goto("/");
  await button(page, `Account of ${person.email}`).click();
  await page.getByRole("menuitem", { name: "Account" }).click();
  await expect(said).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByRole("link", { name: "Unplugd" }).click();
  await expect(page.getByRole("heading", { name: "Upload your first song" })).toBeVisible();
  await page.goBack();
  await page.unroute(files);
  await button(page, "Reload").click();
  await expect(page.getByRole("heading", { name: "Account", level: 1 })).toBeVisible();
});

test("a browser that keeps nothing of a site signs in, plays, and saves words", async ({
  page,
  person,
  api,
  finishedSong,
}) => {
  const song = await finishedSong();
  await songWith(api, song, ["one two three", "four five six"]);
  await page.addInitScript(() => {
    const refuse = () => {
      throw new DOMException("Access is denied for this document.", "SecurityError");
    };
    for (const name of ["localStorage", "sessionStorage", "indexedDB"])
      Object.defineProperty(window, name, { get: refuse });
    window.BroadcastChannel = new Proxy(BroadcastChannel, { construct: refuse });
    navigator.locks.request = async () => refuse();
    navigator.storage.getDirectory = async () => refuse();
  });
  await signIn(page, person, `/songs/${song.songId}`);
  await button(page, "Play").click();
  await expect(button(page, "Pause")).toBeVisible();
  await expect.poll(() => at(page)).toBeGreaterThanOrEqual(1);
  await button(panel(page), "Edit").click();
  await page.getByLabel("Line 1", { exact: true }).fill("one 2 three");
  await button(page, "Save").click();
  await expect(page.getByText("The lyrics are saved.")).toBeVisible();
  await expect(panel(page)).toContainText("one 2 three");

  // What is remembered lasts as long as the tab.
  await page.getByRole("link", { name: "Back to the library" }).click();
  const shown = () => page.evaluate(() => document.documentElement.dataset.theme);
  const before = await shown();
  for (const theme of [before === "dark" ? "light" : "dark", before]) {
    await page.getByRole("button", { name: /^(Light|Dark) colours$/ }).click();
    expect(await shown()).toBe(theme);
  }
});
