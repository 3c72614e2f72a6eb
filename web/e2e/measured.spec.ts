import type { Page } from "@playwright/test";
import type { Song } from "@/api/client";
import { aSong } from "@/api/songs.fake";
import { violations } from "./axe";
import { expect, openAs, shortSongWithTags, test } from "./fixtures";
import { menu, row, ulid } from "./library-page";

const titles = (page: Page) => page.getByRole("list", { name: "Songs" }).getByRole("link");
const search = (page: Page) => page.getByRole("searchbox", { name: "Search title and artist" });
const sideways = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Looks at the page in both themes; with SHOTS a picture of each is kept in that folder. */
async function look(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (const theme of ["dark", "light"]) {
    await page.evaluate((name) => (document.documentElement.dataset.theme = name), theme);
    expect(await sideways(page)).toBe(0);
    expect(await violations(page)).toEqual([]);
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}-${theme}.png` });
  }
}

test("a measured song shows its figures, and is found by them with the keyboard", async ({ page, listener }) => {
  const { song, person } = listener;
  expect(song.tempoBpm).toBeGreaterThan(40);
  expect(song.camelot).toMatch(/^\d+[AB]$/);
  const bpm = Math.round(song.tempoBpm ?? 0);
  const title = song.title ?? "";
  await openAs(page, person);
  // For the ear: the text for the eye is hidden from it.
  await expect(row(page, title)).toContainText(`${bpm} beats per minute`);
  await expect(row(page, title)).toContainText(`Camelot ${song.camelot?.slice(0, -1)} ${song.camelot?.slice(-1)}`);
  await expect(row(page, title)).toContainText("length 38 seconds");

  await search(page).fill(`bpm:${bpm - 1}-${bpm + 1} key:~${song.camelot} length:0:30-1`);
  await expect(page.getByRole("list", { name: "Filters" }).getByRole("button")).toHaveCount(3);
  await expect(titles(page)).toHaveText([title]);
  await search(page).fill(`bpm:${bpm + 1}-`);
  await expect(page.getByRole("heading", { name: "No song matches" })).toBeVisible();
  await search(page).fill("bpm:quick");
  await expect(page.getByText("After bpm: write a tempo or a range")).toBeVisible();
  await expect(titles(page)).toHaveText([title]);
  await search(page).fill("");

  await page.getByRole("button", { name: "Filter", exact: true }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("BPM from")).toBeFocused();
  await page.keyboard.type(String(bpm));
  await page.keyboard.press("Tab");
  await page.keyboard.type(String(bpm));
  await look(page, "filter");
  await page.keyboard.press("Enter");
  await expect(search(page)).toHaveValue(`bpm:${bpm}`);
  await expect(page.getByRole("button", { name: "Filter", exact: true })).toBeFocused();
  await expect(titles(page)).toHaveText([title]);
  await page.getByRole("button", { name: `Remove the filter ${bpm} BPM` }).press("Enter");
  await expect(search(page)).toHaveValue("");
});

const figures: Partial<Song>[] = [
  { title: "Sure", tempoBpm: 127.6, tempoConfidence: 0.9, musicKey: "A minor", camelot: "8A", keyConfidence: 0.9 },
  { title: "Doubtful", tempoBpm: 64, tempoConfidence: 0.1, musicKey: "F# minor", camelot: "11A", keyConfidence: 0.1 },
  { title: "Not measured", durationSec: 245 },
  {
    title: "A title that is far too long to be shown whole wherever it is",
    tempoBpm: 174,
    musicKey: "Bb major",
    camelot: "6B",
  },
  { title: "Broken", status: "FAILED", errorCode: "NO_CAPACITY", errorMessage: "No machine was free." },
];

test("any order holds over all pages, songs without the figure last", async ({ page, person, stack }) => {
  const songs = Array.from({ length: 230 }, (_, at) =>
    aSong(ulid(230 - at), {
      title: `Plain ${at}`,
      status: "COMPLETED",
      ...figures[at % 60 === 7 ? Math.floor(at / 60) : 2],
    }),
  );
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(`${stack.apiUrl}/songs?**`, async (route) => {
    const from = Number(new URL(route.request().url()).searchParams.get("cursor") ?? 0);
    if (from === 200) await released;
    const nextCursor = from + 100 < songs.length ? String(from + 100) : null;
    await route.fulfill({
      json: { data: songs.slice(from, from + 100), nextCursor },
      headers: { "Access-Control-Allow-Origin": "*" },
    });
  });
  await openAs(page, person);
  await page.getByRole("combobox", { name: "Sort by" }).selectOption({ label: "BPM, slow to fast" });
  await expect(page.getByText("Reading all your songs to sort them: 200 so far…")).toBeVisible();
  release();
  const first = titles(page).first();
  await expect(first).toHaveText("Doubtful");
  await expect(page).toHaveURL(/sort=bpm/);
  const columns = page.getByRole("group", { name: "Sort by column" });
  await columns.getByRole("button", { name: "BPM, smallest first" }).press("Enter");
  await expect(first).toHaveText(figures[3]?.title ?? "");
  await expect(columns.getByRole("button", { name: "BPM, greatest first" })).toHaveAttribute("aria-pressed", "true");
  await columns.getByRole("button", { name: "Key" }).click();
  await expect(first).toHaveText(figures[3]?.title ?? "");
  await expect(titles(page).nth(1)).toHaveText("Sure");
});

for (const [where, size] of [
  ["phone", { width: 360, height: 740 }],
  ["tablet", { width: 800, height: 1000 }],
  ["desktop", { width: 1280, height: 800 }],
] as const) {
  test(`on a ${where} the figures fit, and everybody can use them`, async ({ page, person, stack }) => {
    await page.setViewportSize(size);
    const known = aSong(ulid(90), { title: "Known", status: "COMPLETED" });
    const same: Partial<Song> = { title: "Again", status: "QUEUED", queuePosition: 1, sameAs: known.songId };
    const songs = [same, ...figures].map((one, at) => aSong(ulid(9 - at), { status: "COMPLETED", ...one }));
    const headers = { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*" };
    await page.route(`${stack.apiUrl}/songs?**`, (route) =>
      route.fulfill({ json: { data: songs, nextCursor: null }, headers }),
    );
    await page.route(`${stack.apiUrl}/songs/${known.songId}`, (route) => route.fulfill({ json: known, headers }));
    await openAs(page, person, "/?q=key%3A~8A");
    await expect(row(page, "Again")).toContainText("You have this song already: Known");
    await expect(row(page, "Sure")).toContainText("128 beats per minute");
    await expect(row(page, "Doubtful")).toContainText("perhaps 64 beats per minute");
    await expect(row(page, "Doubtful")).toContainText("key perhaps F sharp minor, Camelot 11 A");
    await expect(row(page, "Doubtful").getByText("about 64")).toBeVisible();
    await expect(row(page, "Doubtful").getByText("F♯ minor?")).toBeVisible();
    await expect(row(page, "Not measured")).not.toContainText("beats");
    await look(page, where);
  });
}

test("a song that is there already is recognised; both can stay, or one", async ({ page, api, finishedSong }) => {
  const first = await finishedSong(undefined, { title: "First" });
  const again = await shortSongWithTags();
  await openAs(page, api.person);
  await expect(row(page, "First")).toBeVisible();
  const known = "You have this song already";

  const second = await api.upload(again, { title: "Second" });
  await expect(row(page, "Second")).toContainText(`${known}: First`);
  expect((await api.song(second)).sameAs).toBe(first.songId);
  await row(page, "Second").getByRole("button", { name: "Keep both" }).click();
  await expect(row(page, "Second")).not.toContainText(known);
  await expect(menu(page, "Second")).toBeVisible();
  expect((await api.song(second)).sameAs).toBeNull();

  const third = await api.upload(again, { title: "Third" });
  await expect(row(page, "Third")).toContainText(known);
  await row(page, "Third").getByRole("button", { name: "Remove this one" }).click();
  await expect(row(page, "Third")).toHaveCount(0);
  await expect.poll(async () => (await api.songs()).map((song) => song.songId)).not.toContain(third);
});
