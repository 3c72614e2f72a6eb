import { expect, hold, test } from "./fixtures";
import { look, lyricsOf, open, panel, songWith, words } from "./lyrics-page";
import { button } from "./player-page";

test("a song without words says what to do; pasted words are timed while one looks on", async ({
  entered: page,
  finishedSong,
  api,
}) => {
  const song = await finishedSong();
  await page.goto(`/songs/${song.songId}`);
  await expect(panel(page).getByRole("heading", { name: "The lyrics could not be written" })).toBeVisible();
  await button(panel(page), "Add lyrics").click();
  const dialog = page.getByRole("dialog", { name: "Add lyrics" });
  await dialog.getByLabel("Words").fill("[00:03.00]Morning in a quiet room\n[00:xx.00]I sing the line");
  await button(dialog, "Add").click();
  await expect(dialog.getByRole("alert")).toContainText("line 2");
  await dialog.getByLabel("Words").fill("Morning in a quiet room\nI sing the line");
  await button(dialog, "Add").click();
  await expect(dialog).toBeHidden();
  await expect(panel(page).getByText(/In the queue to be timed|Listening for when/)).toBeVisible();
  await expect(panel(page)).toContainText("I sing the line");
  // Without a reload: the run ends, and the words can be pressed.
  await expect(words(page).first()).toBeVisible();
  await expect(panel(page).getByText(/In the queue to be timed|Listening for when/)).toBeHidden();
  expect((await lyricsOf(api, song)).timed).toBe("words");
});

test("rough times are corrected by the button of their notice", async ({ entered: page, finishedSong, api }) => {
  const song = await finishedSong();
  await songWith(api, song, ["one two three", "four five six"]);
  // As the service grades times that a run found badly.
  const rough = { grade: "rough", notice: "Some words were not heard." };
  await page.route(`**/songs/${song.songId}/lyrics`, async (route) => {
    if (route.request().method() !== "GET") return route.continue();
    const answer = await route.fetch();
    return route.fulfill({ response: answer, json: { ...((await answer.json()) as object), ...rough } });
  });
  await open(page, song);
  await expect(panel(page)).toContainText("The times are rough. Some words were not heard.");
  await button(panel(page), "Correct the times").click();
  await page.getByLabel("Line 2", { exact: true }).focus();
  await button(page, "50 ms later").click();
  await button(page, "Save").click();
  await expect(words(page).first()).toBeVisible();
  expect((await lyricsOf(api, song)).nudges).toEqual({ 1: 50 });
});

test("a file in another encoding is asked about, not guessed", async ({ entered: page, finishedSong, api }) => {
  const song = await finishedSong();
  await page.goto(`/songs/${song.songId}`);
  await button(panel(page), "Add lyrics").click();
  const dialog = page.getByRole("dialog", { name: "Add lyrics" });
  // "[00:01.00]Привет" in Windows-1251.
  const buffer = Buffer.concat([Buffer.from("[00:01.00]"), Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2])]);
  await dialog.getByLabel("Lyrics file").setInputFiles({ name: "song.lrc", mimeType: "text/plain", buffer });
  await button(dialog, "Add").click();
  await expect(dialog.getByRole("alert")).toContainText("encoding");
  await expect(button(dialog, "Add")).toBeDisabled();
  await dialog.getByLabel("What is the file written in?").selectOption("windows-1251");
  await button(dialog, "Add").click();
  await expect(dialog).toBeHidden();
  await expect(panel(page)).toContainText("Привет");
  expect((await lyricsOf(api, song)).segments[0]?.text).toBe("Привет");
});

test("edited words are saved with their times, survive a reload, show markup as text, and can be taken back", async ({
  entered: page,
  finishedSong,
  api,
}) => {
  const song = await finishedSong();
  await songWith(api, song, ["one two three", "four five six"]);
  await hold(page, 10_000); // the message with Undo stays
  await open(page, song);
  await button(panel(page), "Edit").click();
  await page.getByLabel("Line 1", { exact: true }).fill("one <img src=x onerror=alert(1)> three");
  // The page is closed by mistake: what was written is there again.
  await expect.poll(() => page.evaluate(() => Object.keys(localStorage).join())).toContain("lyricsDraft");
  page.once("dialog", (dialog) => void dialog.accept());
  await page.reload();
  await button(page, "Keep editing").click();
  await expect(page.getByLabel("Line 1", { exact: true })).toHaveValue("one <img src=x onerror=alert(1)> three");
  await page.getByLabel("Line 2", { exact: true }).focus();
  await button(page, "50 ms later").click();
  await button(page, "Save").click();
  await expect(words(page).first()).toBeVisible();
  await expect(panel(page).getByText("one <img src=x onerror=alert(1)> three")).toBeVisible();
  await expect(panel(page).locator("img")).toHaveCount(0);

  const saved = await lyricsOf(api, song);
  expect(saved.source).toBe("edited");
  expect(saved.nudges).toEqual({ 1: 50 });
  expect(saved.segments[0]?.words.at(0)).toMatchObject({ word: "one", start: 0.5 });
  expect(saved.segments[0]?.words.at(-1)).toMatchObject({ word: "three", start: 1.3 });
  await page.reload();
  await expect(panel(page).getByText("one <img src=x onerror=alert(1)> three")).toBeVisible();
  await expect(panel(page).getByText("Edited")).toBeVisible();
  expect(await page.evaluate(() => Object.keys(localStorage).join())).not.toContain("lyricsDraft");

  await button(panel(page), "More for the lyrics").click();
  await page.getByRole("menuitem", { name: "Restore the automatic lyrics" }).click();
  await button(page.getByRole("dialog"), "Take mine out").click();
  // Behind a dialog nothing is counted.
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(words(page)).toHaveCount(0);
  await button(page.getByRole("region", { name: "Messages" }), "Undo").click();
  await expect(panel(page).getByText("one <img src=x onerror=alert(1)> three")).toBeVisible();
  expect((await lyricsOf(api, song)).segments).toEqual(saved.segments);
});

test("two tabs edit the same lyrics, and nothing is lost", async ({ entered: page, context, finishedSong, api }) => {
  const song = await finishedSong();
  await songWith(api, song, ["one two three", "four five six"]);
  const other = await context.newPage();
  for (const tab of [page, other]) {
    await open(tab, song);
    await button(panel(tab), "Edit").click();
  }
  await page.getByLabel("Line 1", { exact: true }).fill("mine");
  await other.getByLabel("Line 1", { exact: true }).fill("theirs");
  await button(other, "Save").click();
  await expect(button(panel(other), "Edit")).toBeVisible();

  await button(page, "Save").click();
  const dialog = page.getByRole("dialog", { name: "Changed in another tab" });
  await expect(dialog.getByRole("list", { name: /^Yours/ })).toHaveText("mine");
  await expect(dialog.getByRole("list", { name: /^Theirs/ })).toHaveText("theirs");
  expect((await lyricsOf(api, song)).segments[0]?.text).toBe("theirs");
  await button(dialog, "Take theirs").click();
  await expect(page.getByLabel("Line 1", { exact: true })).toHaveValue("theirs");
  await button(page, "Undo").click();
  await expect(page.getByLabel("Line 1", { exact: true })).toHaveValue("mine");
  await button(page, "Save").click();
  await expect(button(panel(page), "Edit")).toBeVisible();
  expect((await lyricsOf(api, song)).segments[0]?.text).toBe("mine");
  await other.close();
});

test("another tab that only moved the offset is no conflict", async ({ entered: page, finishedSong, api }) => {
  const song = await finishedSong();
  await songWith(api, song, ["one two three"]);
  await open(page, song);
  await button(panel(page), "Edit").click();
  await page.getByLabel("Line 1", { exact: true }).fill("one 2 three");
  const { version } = await lyricsOf(api, song);
  await api.call("PUT", `/songs/${song.songId}/lyrics`, { version, offsetMs: 250 });
  await button(page, "Save").click();
  await expect(button(panel(page), "Edit")).toBeVisible();
  expect(await lyricsOf(api, song)).toMatchObject({ offsetMs: 250, segments: [{ text: "one 2 three" }] });
});

test("by keys alone: split, join, nudge, undo, tap along, save", async ({ entered: page, finishedSong, api }) => {
  const song = await finishedSong();
  await songWith(api, song, ["one two three", "four five six", "seven eight nine"]);
  await open(page, song);
  await button(panel(page), "Edit").press("Enter");
  const line = (number: number) => page.getByLabel(`Line ${number}`, { exact: true });
  await line(1).focus();
  await page.keyboard.press("Home");
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect(line(2)).toHaveValue("two three");
  await expect(line(2)).toBeFocused();
  await page.keyboard.press("Backspace");
  await expect(line(1)).toHaveValue("one two three");
  await page.keyboard.press("Alt+ArrowRight");
  await expect(button(page, "Play Line 1 from 0:00.55")).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect(button(page, "Play Line 1 from 0:00.50")).toBeVisible();

  // A step back takes away the line one is in: one goes on in the line that it has changed.
  await line(2).focus();
  await page.keyboard.press("End");
  await page.keyboard.type(" 6 7");
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  await expect(line(3)).toHaveValue("6 7");
  await expect(line(3)).toBeFocused();
  await page.keyboard.press("Control+z");
  await expect(line(2)).toHaveValue("four five six 6 7");
  await expect(line(2)).toBeFocused();
  await page.keyboard.press("Control+z");
  await expect(line(2)).toHaveValue("four five six");
  await expect(line(2)).toBeFocused();
  // The button is not left after one step.
  await page.keyboard.type("!");
  await page.keyboard.press("Enter");
  await button(page, "Undo").press("Enter");
  await expect(button(page, "Undo")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(line(2)).toHaveValue("four five six");

  await line(2).focus();
  await button(page, "Tap along").press("Enter");
  const tap = page.getByRole("button", { name: /^Tap .* four five six$/ });
  await expect(tap).toBeFocused();
  await expect.poll(async () => (await look(page, song)).position).toBeGreaterThan(0.2);
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: /^Tap .* seven eight nine$/ })).toBeFocused();
  await page.keyboard.press("Escape");
  // Space was the tap's: it still plays.
  await expect(button(page, "Pause")).toBeVisible();
  await page.keyboard.press("Control+s");
  await expect(button(panel(page), "Edit")).toBeVisible();
  const { nudges, segments } = await lyricsOf(api, song);
  expect(Object.keys(nudges)).toEqual(["1"]);
  expect(segments.map(({ text }) => text)).toEqual(["one two three", "four five six", "seven eight nine"]);
});
