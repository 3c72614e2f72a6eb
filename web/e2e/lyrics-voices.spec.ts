import { expect, test } from "./fixtures";
import { open, words } from "./lyrics-page";

test("two voices are shown together while both sing, and alone before and after", async ({
  entered: page,
  finishedSong,
  api,
}) => {
  const song = await finishedSong();
  const line = (text: string, start: number, end: number) => {
    const parts = text.split(" ");
    const each = (end - start) / parts.length;
    return {
      text,
      start,
      end,
      words: parts.map((word, at) => ({ word, start: start + at * each, end: start + (at + 1) * each })),
    };
  };
  const segments = [line("hold me now my love", 0.5, 4), line("oh yes", 2, 3), line("let me go", 4.5, 5.5)];
  await api.call("PUT", `/songs/${song.songId}/lyrics`, { version: song.lyricsVersion, segments, source: "supplied" });
  await open(page, song);
  const sing = page.getByRole("banner").getByRole("button", { name: "Sing" });
  const sung = page.locator("p[aria-current=true]");
  const stage = page.locator("[data-voices]");
  for (const [word, lines] of [
    [1, ["hold me now my love"]], // "me": 1.2 to 1.9, and the view is 0.25 s early
    [5, ["hold me now my love", "oh yes"]], // "oh": 2.0
    [7, ["let me go"]], // "let": 4.5
  ] as const) {
    await words(page).nth(word).click();
    await sing.click();
    await expect(sung).toHaveText([...lines]);
    await expect(stage).toHaveCount(lines.length > 1 ? 1 : 0);
    await page.goBack();
    await expect(words(page).first()).toBeVisible();
  }
});
