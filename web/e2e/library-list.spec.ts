import type { Page, Route, WebSocketRoute } from "@playwright/test";
import type { Song } from "@/api/client";
import { aSong } from "@/api/songs.fake";
import { violations } from "./axe";
import { expect, openAs, test } from "./fixtures";
import { choose, row, ulid } from "./library-page";
import type { Stack } from "./stack";

/** An answer of the API, made up. */
const reply = (route: Route, body: unknown, status = 200) =>
  route.fulfill({
    status,
    json: body,
    headers: { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*" },
  });

/** Serve these songs, newest first, in pages of a hundred as the API does; the live connection stays silent. */
async function library(
  page: Page,
  stack: Stack,
  songs: Song[],
): Promise<{ lists: URL[]; socket: () => WebSocketRoute }> {
  const lists: URL[] = [];
  let socket: WebSocketRoute | undefined;
  await page.routeWebSocket(new RegExp(`^${stack.webSocketUrl}`), (ws) => {
    socket = ws;
    ws.onMessage(() => ws.send('{"action":"pong"}'));
  });
  await page.route(`${stack.apiUrl}/songs?**`, (route) => {
    const url = new URL(route.request().url());
    lists.push(url);
    const { status, q = "", cursor = "0" } = Object.fromEntries(url.searchParams);
    const found = songs.filter(
      (song) =>
        (!status || song.status === status) && `${song.title} ${song.artist}`.toLowerCase().includes(q.toLowerCase()),
    );
    const from = Number(cursor);
    return reply(route, {
      data: found.slice(from, from + 100),
      nextCursor: from + 100 < found.length ? String(from + 100) : null,
    });
  });
  await page.route(new RegExp(`^${stack.apiUrl}/songs/[0-9A-Z]{26}$`), (route) => {
    const song = songs.find(({ songId }) => route.request().url().endsWith(songId));
    return song ? reply(route, song) : reply(route, { error: "not_found", message: "Gone." }, 404);
  });
  return { lists, socket: () => socket as WebSocketRoute };
}

const sideways = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test("10,000 songs scroll to the end with little of them in the page, also as covers and in groups", async ({
  page,
  person,
  stack,
}) => {
  const songs = Array.from({ length: 10_000 }, (_, index) => {
    const number = 10_000 - index;
    const artist = `Artist ${number % 500}`;
    return aSong(ulid(number), { title: `Song ${number}`, artist, status: "COMPLETED", lyricsStatus: "READY" });
  });
  const { lists } = await library(page, stack, songs);
  await openAs(page, person);
  await expect(row(page, "Song 10000")).toBeVisible();
  // The first page comes again where the live connection opens after it; each of the others once.
  const further = () => lists.map((url) => url.searchParams.get("cursor")).filter((cursor) => cursor !== null);
  expect(further()).toEqual([]);
  const rows = page.getByRole("list", { name: "Songs" }).getByRole("listitem");
  // Within the page: hundreds of steps from outside, each with its recording, took longer than the page did.
  const most = await page.evaluate(async () => {
    const rows = () => document.querySelectorAll("[aria-posinset]");
    let most = 0;
    while (!document.querySelector('[aria-posinset="10000"]')) {
      scrollTo(0, document.body.scrollHeight);
      await new Promise(requestAnimationFrame);
      most = Math.max(most, rows().length);
    }
    return most;
  });
  await expect(row(page, "Song 1")).toBeVisible();
  expect(further()).toEqual(Array.from({ length: 99 }, (_, page) => String((page + 1) * 100)));
  expect(most).toBeLessThan(60);
  await expect(rows.last()).toHaveAttribute("aria-posinset", "10000");
  await expect(rows.last()).toHaveAttribute("aria-setsize", "10000");
  await page.evaluate(() => scrollTo(0, 0));
  await expect(row(page, "Song 10000")).toBeVisible();

  await page.getByRole("button", { name: "Covers", exact: true }).press("Enter");
  await expect(row(page, "Song 10000")).toBeVisible();
  await page.getByRole("combobox", { name: "Group by" }).selectOption({ label: "By artist" });
  await expect(page.getByRole("heading", { name: "Artist 0", level: 2 })).toBeVisible();
  await expect(page.getByText("20 songs · 1 h 0 min").first()).toBeVisible();
  await expect(rows.nth(1)).toContainText("Song 10000");
  const tiles = await page.evaluate(async () => {
    let most = 0;
    while (!document.querySelector('[aria-posinset="10000"]')) {
      scrollTo(0, document.body.scrollHeight);
      await new Promise(requestAnimationFrame);
      most = Math.max(most, document.querySelectorAll("[aria-posinset]").length);
    }
    return most;
  });
  expect(tiles).toBeLessThan(90);
  await expect(page.getByRole("heading", { name: "Artist 499", level: 2 })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Artist 0", level: 2 })).toBeVisible();
  await expect(page.getByRole("button", { name: "Covers", exact: true })).toHaveAttribute("aria-pressed", "true");
});

test("Back leads to the place in the list that was left, the library's link to its top", async ({
  page,
  person,
  stack,
}) => {
  const songs = Array.from({ length: 300 }, (_, index) =>
    aSong(ulid(300 - index), { title: `Song ${300 - index}`, status: "CANCELLED" }),
  );
  await library(page, stack, songs);
  await openAs(page, person);
  await expect(row(page, "Song 300")).toBeVisible();
  await page.mouse.move(600, 500);
  await page.mouse.wheel(0, 5000);
  await expect.poll(() => page.evaluate(() => history.state?.scrolledTo)).toBeGreaterThan(4000);
  const middle = page.getByRole("list", { name: "Songs" }).getByRole("link").nth(12);
  const title = await middle.innerText();
  await middle.click();
  await expect(page.getByRole("heading", { name: title })).toBeVisible();
  await page.goBack();
  await expect(row(page, title)).toBeInViewport();
  await row(page, title).getByRole("link").click();
  await page.getByRole("link", { name: "Library" }).click();
  await expect(row(page, "Song 300")).toBeInViewport();
});

test("search and filters find, say what they do not, and stay in the address", async ({ page, person, stack }) => {
  const songs = [
    aSong(ulid(6), { title: "Blue", status: "PROCESSING", stage: "whisper", progress: 12, etaSec: 200 }),
    aSong(ulid(5), { title: "Waiting", status: "PENDING_UPLOAD" }),
    aSong(ulid(4), { title: "Ninth", status: "QUEUED", queuePosition: 9 }),
    aSong(ulid(3), {
      title: "Broken",
      status: "FAILED",
      errorCode: "NO_CAPACITY",
      errorMessage: "No machine was free.",
    }),
    aSong(ulid(2), { title: "Stopped", status: "CANCELLED" }),
    aSong(ulid(1), { title: "Blue moon", status: "COMPLETED" }),
  ];
  const { lists } = await library(page, stack, songs);
  await openAs(page, person);
  const titles = page.getByRole("list", { name: "Songs" }).getByRole("link");
  await expect(titles).toHaveText(["Blue", "Waiting", "Ninth", "Broken", "Stopped", "Blue moon"]);
  await expect(row(page, "Blue")).toContainText("Writing the lyrics");
  await expect(row(page, "Blue")).toContainText("12 % · about 3 minutes left in this step");
  await expect(row(page, "Ninth")).toContainText("Number 9 in the queue");
  for (const [name, expected] of [
    ["Ready", ["Blue moon"]],
    ["In progress", ["Blue", "Waiting", "Ninth"]],
    ["Failed", ["Broken", "Stopped"]],
  ] as const) {
    await page.getByRole("group", { name: "Which songs" }).getByRole("button", { name }).click();
    await expect(titles).toHaveText([...expected]);
  }
  await page.getByRole("group", { name: "Which songs" }).getByRole("button", { name: "All" }).click();

  await page.keyboard.press("/");
  const search = page.getByRole("searchbox", { name: "Search title and artist" });
  await expect(search).toBeFocused();
  const before = lists.length;
  // All at once: between two keys that wait for each other a busy page rests long enough to search.
  await Promise.all([..."blue"].map((key) => page.keyboard.press(key)));
  await expect(titles).toHaveText(["Blue", "Blue moon"]);
  expect(lists.slice(before).map((url) => url.searchParams.get("q"))).toEqual(["blue"]);
  await expect(page).toHaveURL(/\?q=blue$/);
  await page.reload();
  await expect(titles).toHaveText(["Blue", "Blue moon"]);
  await search.fill("<img src=x>");
  await expect(page.getByRole("heading", { name: "No song matches “<img src=x>”" })).toBeVisible();
  await page.getByRole("main").getByRole("button", { name: "Clear search" }).last().click();
  await expect(titles).toHaveCount(6);
  await expect(search).toHaveValue("");
});

test("a search that finds nothing in the newest songs goes on to the older ones", async ({ page, person, stack }) => {
  const song = aSong(ulid(1), { title: "Long ago", status: "COMPLETED" });
  await library(page, stack, [song]);
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  // A call reads so many songs and no more: a page may be empty and yet not the last.
  await page.route(`${stack.apiUrl}/songs?**`, async (route) => {
    const { q, cursor } = Object.fromEntries(new URL(route.request().url()).searchParams);
    if (!q) return route.fallback();
    if (!cursor) return reply(route, { data: [], nextCursor: "second" });
    if (cursor === "second") return reply(route, { data: [], nextCursor: "third" });
    await released;
    return reply(route, { data: [song], nextCursor: null });
  });
  await openAs(page, person);
  await expect(row(page, "Long ago")).toBeVisible();
  await page.getByRole("searchbox").fill("ago");
  await expect(page.getByRole("status", { name: "Loading your songs" })).toBeVisible();
  await expect(row(page, "Long ago")).toHaveCount(0);
  release();
  await expect(row(page, "Long ago")).toBeVisible();
});

test("a library that cannot be read says so and tries again", async ({ page, person, stack }) => {
  await library(page, stack, [aSong(ulid(1), { title: "Found again", status: "COMPLETED" })]);
  let broken = true;
  await page.route(`${stack.apiUrl}/songs?**`, (route) =>
    broken
      ? reply(route, { error: "invalid_request", message: "Something in our house is broken." }, 400)
      : route.fallback(),
  );
  await openAs(page, person);
  await expect(page.getByRole("alert")).toContainText(
    "Your songs could not be read. Something in our house is broken.",
  );
  broken = false;
  await page.getByRole("button", { name: "Retry" }).click();
  await expect(row(page, "Found again")).toBeVisible();
});

test("messages move the rows, a complete song stays complete, markup stays text", async ({ page, person, stack }) => {
  const bold = '<b>Bold</b><img src=x onerror="document.title=1">';
  const songs = [
    aSong(ulid(2), { title: bold, artist: "<script>alert(1)</script>", status: "QUEUED", queuePosition: 2, seq: 3 }),
    aSong(ulid(1), { title: "Words", status: "COMPLETED", lyricsStatus: "FAILED", seq: 9 }),
  ];
  const { socket } = await library(page, stack, songs);
  await openAs(page, person);
  await expect(row(page, bold)).toContainText("Number 2 in the queue");
  await expect(row(page, bold)).toContainText("<script>alert(1)</script>");
  const say = (message: object) => socket().send(JSON.stringify(message));
  say({ type: "PROGRESS", songId: ulid(1), seq: 10, stage: "whisper", progress: 55, message: "Writing the lyrics" });
  await expect(row(page, "Words")).toContainText("Writing the lyrics · 55 %");
  await expect(row(page, "Words")).toContainText("Ready");
  say({ type: "PROGRESS", songId: ulid(2), seq: 5, stage: "demucs", progress: 42, message: "", etaSec: 30 });
  say({ type: "PROGRESS", songId: ulid(2), seq: 4, stage: "demucs", progress: 13, message: "" });
  socket().send("}{");
  await expect(row(page, bold)).toContainText("42 % · half a minute left in this step");
  say({ type: "FAILED", songId: ulid(2), seq: 6, errorCode: "NO_CAPACITY", message: "<i>No</i> machine was free." });
  await expect(row(page, bold)).toContainText("<i>No</i> machine was free.");
  await expect(row(page, bold).getByRole("button", { name: "Retry" })).toBeVisible();
});

const everyKind = [
  aSong(ulid(9), {
    title: "Getting there with a very long title that has to be cut off somewhere in the middle",
    status: "PROCESSING",
    stage: "demucs",
    progress: 42,
    etaSec: 400,
  }),
  aSong(ulid(8), { title: "Next", status: "QUEUED", queuePosition: 1 }),
  aSong(ulid(7), { title: "Announced", status: "PENDING_UPLOAD", durationSec: null, artist: null }),
  aSong(ulid(6), {
    title: "Refused",
    status: "FAILED",
    attempt: 0,
    errorCode: "CORRUPT_AUDIO",
    errorMessage: "The file is damaged or incomplete. Export it again and upload the new file.",
  }),
  aSong(ulid(5), {
    title: "No luck",
    status: "FAILED",
    errorCode: "NO_CAPACITY",
    errorMessage: "No machine was free to process this song. Please try again later.",
  }),
  aSong(ulid(4), { title: "Stopped", status: "CANCELLED" }),
  aSong(ulid(3), { title: "Loreley", artist: "Die Prüfer", status: "COMPLETED", lyricsStatus: "READY" }),
  aSong(ulid(2), { title: "Wordless", status: "COMPLETED", lyricsStatus: "FAILED" }),
  aSong(ulid(1), { title: "أغنية", artist: "فرقة", status: "COMPLETED", lyricsStatus: "INSTRUMENTAL" }),
];

for (const [where, size] of [
  ["a phone", { width: 360, height: 740 }],
  ["a large screen", { width: 1920, height: 1080 }],
] as const) {
  test(`on ${where} nothing sticks out, and everybody can use it`, async ({ page, person, stack }) => {
    await page.setViewportSize(size);
    await library(page, stack, everyKind);
    await openAs(page, person);
    await expect(row(page, "Loreley")).toBeVisible();
    for (const layout of ["Covers", "List"]) {
      await page.getByRole("button", { name: layout, exact: true }).click();
      await expect(row(page, everyKind[0]?.title ?? "")).toBeVisible();
      for (const theme of ["dark", "light"]) {
        await page.evaluate((name) => (document.documentElement.dataset.theme = name), theme);
        expect(await sideways(page)).toBe(0);
        // Nothing fades while it is measured.
        await page.emulateMedia({ reducedMotion: "reduce" });
        expect(await violations(page)).toEqual([]);
      }
    }
    await expect(row(page, "Loreley")).toBeVisible();
    const targets = page.getByRole("list", { name: "Songs" }).getByRole("button");
    for (const target of await targets.all()) expect((await target.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    await choose(page, "Loreley", "Rename…");
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    for (const [song, text] of [
      [everyKind[0], "Separating the instruments"],
      [everyKind[3], "The file is damaged or incomplete."],
    ] as const) {
      await page.goto(`/songs/${song?.songId}`);
      await expect(page.getByText(text).first()).toBeVisible();
      expect(await sideways(page)).toBe(0);
      expect(await violations(page)).toEqual([]);
    }
  });
}
