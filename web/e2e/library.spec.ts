import type { WebSocketRoute } from "@playwright/test";
import { chooserAt, demoSong, expect, hold, makeAudio, openAs, shortSong, test } from "./fixtures";
import { choose, menu, row, ulid } from "./library-page";

/** Songs take what they take where other things run as well. */
const SONG = { timeout: 200_000 };
/** How long a delete can be taken back. */
const UNDO_MS = 6000;

test("a song that is uploaded elsewhere appears, shows its progress and gets ready by itself", async ({
  signedIn: page,
  api,
}) => {
  await expect(page.getByRole("heading", { name: "Upload your first song" })).toBeVisible();
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  await api.upload(await demoSong(), { title: "Live one" });
  await expect(row(page, "Live one")).toBeVisible();
  await expect(row(page, "Live one").getByRole("progressbar")).toHaveAttribute("aria-valuenow", /[1-9]/, SONG);
  await expect(row(page, "Live one")).toContainText("Separating the instruments");
  await expect(row(page, "Live one")).toContainText("Ready", SONG);
  await expect(row(page, "Live one")).toContainText("0:38");
  expect(await page.evaluate(() => "sameDocument" in window)).toBe(true);
  await row(page, "Live one").getByRole("link").click();
  await expect(page).toHaveURL(/\/songs\/[0-9A-Z]{26}$/);
});

test("two tabs show the same", async ({ signedIn: page, api, context }) => {
  const other = await context.newPage();
  await other.goto("/");
  await expect(other.getByRole("heading", { name: "Upload your first song" })).toBeVisible();
  await api.upload(await shortSong(), { title: "In both" });
  for (const tab of [page, other]) await expect(row(tab, "In both")).toContainText("Ready", SONG);
});

test("a connection that is lost for 20 seconds mid-processing catches up", async ({ page, person, api, stack }) => {
  let down = false;
  const sockets: WebSocketRoute[] = [];
  await page.routeWebSocket(new RegExp(`^${stack.webSocketUrl}`), (ws) => {
    if (down) return void ws.close();
    sockets.push(ws);
    ws.connectToServer();
  });
  await openAs(page, person);
  await api.upload(await demoSong(), { title: "Through the gap" });
  await expect(row(page, "Through the gap").getByRole("progressbar")).toHaveAttribute("aria-valuenow", /[1-9]/, SONG);

  down = true;
  for (const socket of sockets) await socket.close();
  // REST is gone as well: nothing but the time after can bring the news.
  await page.route(`${stack.apiUrl}/**`, (route) => (down ? route.abort() : route.fallback()));
  await expect(page.getByText("Live updates are paused; reconnecting…")).toBeVisible();
  await page.waitForTimeout(20_000); // the gap itself, which is what is tested
  const known = sockets.length;
  down = false;
  await expect(page.getByText("Live updates are paused; reconnecting…")).toBeHidden();
  expect(sockets.length).toBeGreaterThan(known);
  await expect(row(page, "Through the gap")).toContainText("Ready", SONG);
});

test("a refused file says why in clear words and leads to another file", async ({ signedIn: page, api }) => {
  const bytes = new Uint8Array(4000).fill(7);
  await api.upload({ name: "noise.mp3", type: "audio/mpeg", bytes }, { title: "Garbage" });
  await expect(row(page, "Garbage")).toContainText("Failed");
  await expect(row(page, "Garbage")).toContainText("Upload an mp3, wav, m4a, flac, ogg or opus file.");
  await expect(row(page, "Garbage").getByRole("button", { name: "Retry" })).toBeHidden();
  await chooserAt(page, () => row(page, "Garbage").getByRole("button", { name: "Choose another file" }).click());
  await row(page, "Garbage").getByRole("link").click();
  await expect(page.getByText("This is not an audio file we can read.")).toBeVisible();
  await expect(page).toHaveTitle("Garbage · Unplugd");
});

test("rename, cancel, retry", async ({ signedIn: page, api }) => {
  // The first keeps the queue busy, so that the second surely waits.
  const before = await api.upload(await demoSong(), { title: "Before it" });
  const songId = await api.upload(await shortSong(), { title: "Old name" });
  await expect(row(page, "Old name")).toContainText(/in the queue/);

  await choose(page, "Old name", "Rename…");
  const dialog = page.getByRole("dialog", { name: "Rename the song" });
  await dialog.getByLabel("Title").fill(" ");
  await dialog.getByLabel("Language").fill("English");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toContainText("Give the song a title.");
  await expect(dialog).toContainText("Write a language code");
  await dialog.getByLabel("Title").fill("<b>New</b> & name");
  await dialog.getByLabel("Artist").fill("Ana");
  await dialog.getByLabel("Language").fill("pt-BR");
  await expect(dialog).toContainText("Brazilian Portuguese");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  const title = "<b>New</b> & name";
  await expect(row(page, title)).toContainText("Ana");
  expect(await api.song(songId)).toMatchObject({ title, artist: "Ana", language: "pt-BR" });

  await choose(page, title, "Cancel");
  await expect(row(page, title)).toContainText("Cancelled");
  expect((await api.song(songId)).status).toBe("CANCELLED");

  let retries = 0;
  page.on("request", (request) => (retries += request.url().endsWith("/retry") && request.method() === "POST" ? 1 : 0));
  await row(page, title)
    .getByRole("button", { name: "Retry" })
    .evaluate((button: HTMLElement) => [1, 2, 3].forEach(() => button.click()));
  await expect(row(page, title)).toContainText(/in the queue|Getting ready|Separating/);
  expect(retries).toBe(1);
  await api.fetch("POST", `/songs/${before}/cancel`); // it has kept the queue busy long enough
  await expect(row(page, title)).toContainText("Ready", SONG);
});

test("delete can be taken back, and is sent when it is not", async ({ signedIn: page, api }) => {
  const file = makeAudio(1);
  const [kept, gone] = [
    (await api.announce(file, { title: "Kept" })).songId,
    (await api.announce(file, { title: "Gone" })).songId,
  ];
  const timeIsUp = await hold(page, UNDO_MS);
  await page.reload();
  const sent: string[] = [];
  page.on("request", (request) => request.method() === "DELETE" && sent.push(request.url()));
  await choose(page, "Kept", "Delete");
  await expect(row(page, "Kept")).toBeHidden();
  await choose(page, "Gone", "Delete");
  await page.getByText("Deleted “Kept”.").locator("..").getByRole("button", { name: "Undo" }).click();
  await expect(row(page, "Kept")).toBeVisible();
  await expect(row(page, "Gone")).toBeHidden();
  await timeIsUp();
  await expect.poll(async () => (await api.fetch("GET", `/songs/${gone}`)).status).toBe(404);
  expect(sent.map((url) => url.split("/").at(-1))).toEqual([gone]);
  expect((await api.song(kept)).title).toBe("Kept");
  await page.reload();
  await expect(row(page, "Kept")).toBeVisible();
  await expect(row(page, "Gone")).toBeHidden();
});

test("a delete is sent when the tab is closed before its time", async ({ page, context, person, api }) => {
  const { songId } = await api.announce(makeAudio(1), { title: "Closing" });
  await hold(page, UNDO_MS);
  await openAs(page, person);
  const tab = await context.newPage();
  await tab.goto("/");
  await choose(tab, "Closing", "Delete");
  await expect(row(tab, "Closing")).toBeHidden();
  expect((await api.fetch("GET", `/songs/${songId}`)).status).toBe(200);
  await tab.close({ runBeforeUnload: true });
  // Not by the page, whose time is never up: the tab is gone.
  await expect.poll(async () => (await api.fetch("GET", `/songs/${songId}`)).status).toBe(404);
});

test("the page of a song that waits shows it live and becomes the studio", async ({ signedIn: page, api }) => {
  const songId = await api.upload(await demoSong(), { title: "Watched" });
  await page.goto(`/songs/${songId}`);
  await expect(page.getByRole("heading", { name: "Watched" })).toBeVisible();
  await expect(page.getByRole("listitem").filter({ hasText: "Separate the instruments" })).toHaveAttribute(
    "aria-current",
    "step",
    SONG,
  );
  await expect(page.getByRole("progressbar")).toHaveAttribute("aria-valuenow", /[1-9]/, SONG);
  // A busy service sends its message long before it answers the call: the page must not wait for the answer.
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route(/\/cancel$/, async (route) => {
    const response = await route.fetch();
    await held;
    await route.fulfill({ response });
  });
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByText("Cancelled")).toBeVisible();
  await page.getByRole("button", { name: "Retry" }).click();
  await expect(page.getByText("Cancelled")).toBeHidden();
  answer();
  await expect(page.getByRole("button", { name: "Play", exact: true })).toBeVisible(SONG);
});

test("a song that is not there says so and leads back", async ({ signedIn: page }) => {
  await page.goto(`/songs/${ulid(1)}`);
  await expect(page.getByRole("heading", { name: "This song is not in your library" })).toBeVisible();
  await page.getByRole("link", { name: "Go to your library" }).click();
  await expect(page.getByRole("heading", { name: "Library" })).toBeVisible();
});

test("keyboard only: search, open, rename, delete and undo", async ({ signedIn: page, api }) => {
  const file = makeAudio(1);
  for (const title of ["Third", "Second", "First"]) await api.announce(file, { title });
  await hold(page, UNDO_MS);
  await page.reload();
  await expect(row(page, "First")).toBeVisible();
  const press = (key: string) => page.keyboard.press(key);
  await press("/");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await menu(page, "First").focus();
  const inMenu = async (keys: string[], item: string) => {
    await press("Enter");
    await expect(page.getByRole("menuitem").first()).toBeFocused();
    for (const key of keys) await press(key);
    await expect(page.getByRole("menuitem", { name: item })).toBeFocused();
    await press("Enter");
  };
  await inMenu(["ArrowDown", "ArrowDown"], "Rename…");
  await expect(page.getByRole("textbox", { name: "Title", exact: true })).toBeFocused();
  await page.keyboard.type(" more");
  await press("Enter");
  await expect(row(page, "First more")).toBeVisible();
  await expect(menu(page, "First more")).toBeFocused();

  await inMenu(["End"], "Delete");
  await expect(row(page, "First more")).toBeHidden();
  await expect(row(page, "Second").getByRole("link")).toBeFocused();
  await press("Tab");
  await expect(menu(page, "Second")).toBeFocused();
  const undo = page.getByRole("button", { name: "Undo" });
  for (let i = 0; i < 6 && !(await undo.evaluate((button) => button === document.activeElement)); i++)
    await press("Tab");
  await press("Enter");
  await expect(row(page, "First more")).toBeVisible();
  await row(page, "First more").getByRole("link").focus();
  await press("Enter");
  await expect(page.getByRole("heading", { name: "First more" })).toBeVisible();
});
