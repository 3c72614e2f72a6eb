import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { violations } from "./axe";
import {
  type AudioFile,
  chooserAt,
  expect,
  makeAudio,
  openAs,
  shortSong,
  shortSongWithTags,
  signIn,
  signUp,
  test,
} from "./fixtures";

const addButton = (page: Page) => page.getByRole("button", { name: "Add songs" });
const rows = (page: Page) => page.getByRole("list", { name: "Songs on their way" }).getByRole("listitem");
const text = (name: string, words: string): AudioFile => ({
  name,
  type: "text/plain",
  bytes: new TextEncoder().encode(words),
});

const payload = ({ name, type, bytes }: AudioFile) => ({ name, mimeType: type, buffer: Buffer.from(bytes) });

async function pick(page: Page, ...files: AudioFile[]): Promise<void> {
  const chooser = await chooserAt(page, () => addButton(page).click());
  await chooser.setFiles(files.map(payload));
}

/** Drag files over the page; the returned function drops them. */
async function drag(page: Page, ...files: AudioFile[]): Promise<() => Promise<void>> {
  const carried = await page.evaluateHandle(
    (list) => {
      const carrier = new DataTransfer();
      for (const { name, type, base64 } of list) {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        carrier.items.add(new File([bytes], name, { type, lastModified: 1 }));
      }
      return carrier;
    },
    files.map(({ name, type, bytes }) => ({ name, type, base64: Buffer.from(bytes).toString("base64") })),
  );
  // A hand that hovers says so again and again; the page may still be getting ready for the first time.
  await expect(async () => {
    await page.dispatchEvent("body", "dragover", { dataTransfer: carried });
    await expect(page.getByText("Drop your songs")).toBeVisible({ timeout: 500 });
  }).toPass();
  return () => page.dispatchEvent("body", "drop", { dataTransfer: carried });
}

/** Sends no faster than so many bytes a second, until the returned function is called. */
async function slow(page: Page, bytesPerSecond: number): Promise<() => Promise<void>> {
  const devtools = await page.context().newCDPSession(page);
  const set = async (uploadThroughput: number) => {
    const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput };
    await devtools.send("Network.emulateNetworkConditions", conditions);
  };
  await devtools.send("Network.enable");
  await set(bytesPerSecond);
  return () => set(-1);
}

const underWay = (page: Page) => expect(rows(page).first()).toContainText(/[1-9]\d? %/);

test("a picked song goes up with one click, and becomes a finished song", async ({ signedIn: page, api }) => {
  await pick(page, await shortSongWithTags());
  await expect(rows(page)).toContainText("One More Time"); // by its tags
  await expect(rows(page)).toHaveCount(0); // sent, and faded away
  const [song] = await api.songs();
  expect(song?.status).not.toBe("PENDING_UPLOAD");
  const done = await api.until(song?.songId ?? "", "COMPLETED");
  await expect(page.getByText(done.title ?? "?").first()).toBeVisible();
});

test("songs dropped anywhere, one of them bad: the others go up, and it says why", async ({ signedIn: page, api }) => {
  const short = await shortSong(2);
  const drop = await drag(
    page,
    { ...short, name: "Band - First.mp3" },
    { ...short, name: "Band - First.mp3" },
    makeAudio(2, [{ hz: 440 }], "Second.wav"),
    text("Not <b>music</b>.mp3", "This is no music."),
    { ...short, name: "film.mkv" },
    { ...short, name: "none.mp3", bytes: new Uint8Array() },
  );
  await expect(page.getByText("Drop your songs")).toBeVisible();
  await drop();
  await expect(page.getByText("Drop your songs")).toBeHidden();
  const alert = page.getByRole("alert");
  await expect(alert.getByRole("listitem")).toHaveCount(3);
  await expect(alert).toContainText("Not <b>music</b>.mp3 holds no audio");
  await expect(alert).toContainText("film.mkv is not a kind of file we take");
  await expect(alert).toContainText("none.mp3 is empty");
  await expect.poll(async () => (await api.songs()).map(({ title }) => title).sort()).toEqual(["First", "Second"]);
  expect((await api.songs()).find(({ title }) => title === "First")?.artist).toBe("Band");
});

test("lyrics of the same name arrive as lyrics", async ({ signedIn: page, api }) => {
  await pick(
    page,
    { ...(await shortSong(3)), name: "Band - Words.mp3" },
    text("band - words.lrc", "[00:00.50]La la <i>la</i>\n[00:01.50]and again"),
  );
  await expect.poll(async () => (await api.songs())[0]?.lyricsVersion).toBe(1);
  const [song] = await api.songs();
  const lyrics = await api.call<{ source: string; segments: { text: string }[] }>(
    "GET",
    `/songs/${song?.songId}/lyrics`,
  );
  expect(lyrics.source).toBe("supplied");
  expect(lyrics.segments.map((line) => line.text)).toEqual(["La la <i>la</i>", "and again"]);
});

test("lyrics that cannot be read do not stop the song, and can be corrected", async ({ signedIn: page, api }) => {
  const fast = await slow(page, 100_000);
  await pick(page, makeAudio(8, [{ hz: 330 }], "Wrong.wav"), text("Wrong.lrc", "[00:01.00]One\n[00:99.00]Two"));
  await underWay(page);
  await page.getByRole("button", { name: "Details of Wrong" }).click();
  const field = page.getByLabel("Lyrics, if you have them");
  await expect(field).toHaveAccessibleDescription(/line 2/);
  await expect(field).toHaveValue("[00:01.00]One\n[00:99.00]Two");
  await page.getByRole("textbox", { name: "Title" }).fill("Right");
  await page.getByLabel("Language").selectOption("en");
  await field.fill("[00:01.00]One\n[00:02.00]Two");
  await page.getByRole("button", { name: "Save lyrics" }).click();
  await expect(field).toHaveAccessibleDescription("Lyrics are saved.");
  await fast();
  await expect
    .poll(async () =>
      (await api.songs()).map(({ title, language, status }) => [title, language, status !== "PENDING_UPLOAD"]),
    )
    .toEqual([["Right", "en", true]]);
});

test("a whole folder goes up, survives a reload, and is recognised the second time", async ({
  signedIn: page,
  api,
}, info) => {
  const folder = info.outputPath("Music");
  await mkdir(join(folder, "Deep"), { recursive: true });
  const put = (name: string, { bytes }: AudioFile) => writeFile(join(folder, name), bytes);
  await put("One.wav", makeAudio(8, [{ hz: 220 }], "One.wav"));
  await put("Deep/Two.wav", makeAudio(8, [{ hz: 330 }], "Two.wav"));
  await put("Deep/Zwei.wav", makeAudio(8, [{ hz: 330 }], "Two.wav"));
  await put("Deep/cover.jpg", text("cover.jpg", "pixels"));
  await put("broken.mp3", text("broken.mp3", "no music"));
  const choose = async () => {
    const chooser = await chooserAt(page, () => page.getByRole("button", { name: "Add a folder" }).click());
    await chooser.setFiles(folder);
  };
  const fast = await slow(page, 100_000);
  await choose();
  await expect(page.getByRole("alert")).toContainText("broken.mp3 holds no audio that we can read.");
  await expect(page.getByText("1 song was left out: you have it already")).toBeVisible();
  await page.getByText("1 file is no music, and was skipped").click();
  await expect(page.getByText("Music/Deep/cover.jpg")).toBeVisible();
  await expect(page.getByText(/^0 of 2 songs sent · [1-9]\d? %$/)).toBeVisible();
  expect(await violations(page, "main")).toEqual([]);
  await page.reload();
  await expect(page.getByText(/^0 of 2 songs sent/)).toBeVisible();
  await fast();
  await expect(rows(page)).toHaveCount(0);
  const titles = async () => (await api.songs()).map(({ title }) => title).sort();
  expect(await titles()).toEqual(["One", "Two"]);
  await expect.poll(async () => (await api.songs()).map(({ status }) => status)).not.toContain("PENDING_UPLOAD");
  await choose();
  await expect(page.getByText("3 songs were left out: you have them already")).toBeVisible();
  expect(await titles()).toEqual(["One", "Two"]);
});

test("a reload in the middle goes on by itself, to exactly one song", async ({ signedIn: page, api }) => {
  const fast = await slow(page, 200_000);
  await pick(page, makeAudio(12, [{ hz: 220 }], "Reloaded.wav"));
  await underWay(page);
  await page.reload();
  await underWay(page);
  await fast();
  await expect(rows(page)).toHaveCount(0);
  const songs = await api.songs();
  expect(songs.map(({ title }) => title)).toEqual(["Reloaded"]);
  await api.until(songs[0]?.songId ?? "", "COMPLETED");
});

test("after a reload on another page it goes on all the same", async ({ signedIn: page, person, api }) => {
  const fast = await slow(page, 100_000);
  await pick(page, makeAudio(12, [{ hz: 220 }], "Elsewhere.wav"));
  await underWay(page);
  await page.getByRole("button", { name: `Account of ${person.email}` }).click();
  await page.getByRole("menuitem", { name: "Account" }).click();
  await expect(page.getByRole("heading", { name: "Account", level: 1 })).toBeVisible();
  await page.reload();
  await fast();
  await expect.poll(async () => (await api.songs())[0]?.status).not.toBe("PENDING_UPLOAD");
  expect(page.url()).toContain("/account");
  expect((await api.songs()).map(({ title }) => title)).toEqual(["Elsewhere"]);
});

test("a lost answer: the storage says 412, and that is success", async ({ signedIn: page, api }) => {
  const song = makeAudio(3, [{ hz: 440 }], "Lost.wav");
  let link = "";
  await page.route("**/songs/upload-url", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    const response = await route.fetch();
    link = await response.text(); // known here before the page has it, and so before the page sends its file
    await route.fulfill({ response });
  });
  // A fresh link could come too late: the file may have been checked already. Here it is the first one again.
  await page.route("**/songs/*/upload-url", (route) =>
    route.request().method() === "POST"
      ? route.fulfill({ body: link, contentType: "application/json", headers: { "access-control-allow-origin": "*" } })
      : route.continue(),
  );
  const answers: number[] = [];
  await page.route(
    (url) => url.pathname.includes("/uploads/"),
    async (route) => {
      const request = route.request();
      if (request.method() !== "PUT" || answers.length) return route.continue();
      // The browser's own body is a file, which cannot be read here: the same bytes go from this side.
      const { uploadUrl, headers } = JSON.parse(link);
      answers.push((await fetch(uploadUrl, { method: "PUT", headers, body: new Blob([song.bytes]) })).status);
      await route.abort("connectionreset");
    },
  );
  page.on("response", (answer) => {
    if (answer.request().method() === "PUT") answers.push(answer.status());
  });
  await pick(page, song);
  await expect.poll(() => answers).toEqual([200, 412]);
  await expect(rows(page)).toHaveCount(0);
  const songs = await api.songs();
  expect(songs).toHaveLength(1);
  await api.until(songs[0]?.songId ?? "", "QUEUED", "PROCESSING", "COMPLETED");
});

test("without a connection it waits and says so; Retry or the network brings it on", async ({
  signedIn: page,
  api,
}) => {
  await page.route(
    (url) => url.pathname.includes("/uploads/"),
    (route) => route.abort("internetdisconnected"),
  );
  await pick(page, makeAudio(2, [{ hz: 440 }], "Offline.wav"));
  await expect(rows(page)).toContainText("No connection.");
  await page.unrouteAll();
  await page.getByRole("button", { name: "Retry Offline" }).click();
  await expect.poll(async () => (await api.songs()).map(({ status }) => status)).not.toEqual(["PENDING_UPLOAD"]);
});

test("cancel leaves nothing, by the keyboard alone", async ({ signedIn: page, api }) => {
  await slow(page, 50_000);
  await expect(addButton(page)).toBeEnabled(); // until then the Tab key passes it by
  await page.locator("main").focus();
  await page.keyboard.press("Tab");
  await expect(addButton(page)).toBeFocused();
  const chooser = await chooserAt(page, () => page.keyboard.press("Enter"));
  await chooser.setFiles(payload(makeAudio(8, [{ hz: 440 }], "Away.wav")));
  await underWay(page);
  expect(await api.songs()).toHaveLength(1);
  const cancel = page.getByRole("button", { name: "Cancel Away" });
  for (let presses = 0; presses < 5 && !(await cancel.evaluate((it) => it === document.activeElement)); presses++)
    await page.keyboard.press("Tab");
  await expect(cancel).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(rows(page)).toHaveCount(0);
  await expect(addButton(page)).toBeFocused();
  await expect.poll(() => api.songs()).toEqual([]);
  await page.reload();
  await expect(addButton(page)).toBeEnabled();
  await expect(rows(page)).toHaveCount(0);
});

test("of two tabs one sends, and when it is closed the other goes on", async ({ signedIn: page, api, context }) => {
  await slow(page, 100_000);
  await pick(page, makeAudio(8, [{ hz: 440 }], "Shared.wav"));
  await underWay(page);
  const other = await context.newPage();
  await other.goto("/");
  await underWay(other);
  expect(await api.songs()).toHaveLength(1);
  await page.close();
  await expect(rows(other)).toHaveCount(0);
  const songs = await api.songs();
  expect(songs.map(({ status }) => status === "PENDING_UPLOAD")).toEqual([false]);
});

test("what one person has to send is never sent as another", async ({ signedIn: page, api, person, stack }) => {
  const fast = await slow(page, 50_000);
  await pick(page, makeAudio(8, [{ hz: 440 }], "Mine.wav"));
  await underWay(page);
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  const second = await signUp(stack);
  await signIn(page, second.person);
  await fast();
  await expect(addButton(page)).toBeEnabled();
  await pick(page, makeAudio(2, [{ hz: 440 }], "Theirs.wav"));
  await expect
    .poll(async () => (await second.songs()).map(({ title, status }) => [title, status !== "PENDING_UPLOAD"]))
    .toEqual([["Theirs", true]]);
  expect((await api.songs()).map(({ status }) => status)).toEqual(["PENDING_UPLOAD"]);
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await signIn(page, person);
  await expect.poll(async () => (await api.songs()).map(({ status }) => status)).not.toEqual(["PENDING_UPLOAD"]);
  expect(await api.songs()).toHaveLength(1);
});

for (const scheme of ["dark", "light"] as const) {
  test(`on a phone everything fits and axe finds nothing (${scheme})`, async ({ page, person }, info) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width: 360, height: 740 });
    await openAs(page, person);
    await slow(page, 20_000);
    await pick(
      page,
      makeAudio(8, [{ hz: 440 }], "A band with a long name - A song with a title that is longer still.wav"),
      makeAudio(8, [{ hz: 220 }], "Second.wav"),
      makeAudio(8, [{ hz: 330 }], "Third.wav"),
      text("broken.mp3", "no music"),
    );
    await underWay(page);
    await page.getByRole("button", { name: /^Details of A band/ }).click();
    await page.getByRole("button", { name: "More", exact: true }).click();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    expect(await violations(page, "main")).toEqual([]);
    await page.screenshot({ path: info.outputPath("phone.png"), fullPage: true });
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.screenshot({ path: info.outputPath("desktop.png") });
  });
}
