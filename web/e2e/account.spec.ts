import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Page } from "@playwright/test";
import { violations } from "./axe";
import { expect, makeAudio, test } from "./fixtures";

interface Export {
  account: { userId: string; email: string };
  data: { song: { songId: string; title: string | null }; files: Record<string, string> }[];
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** Moves within the page: the session's token stays. */
async function openAccount(page: Page, email: string) {
  await button(page, `Account of ${email}`).click();
  await page.getByRole("menuitem", { name: "Account" }).click();
  await expect(page.getByRole("heading", { name: "Account", level: 1 })).toBeVisible();
}

async function expectAccessible(page: Page) {
  expect(await violations(page)).toEqual([]);
}

test("the list holds what the API tells, over several pages", async ({ signedIn: page, api, person }) => {
  const file = makeAudio(1);
  // One more than a page of the export has.
  for (let n = 0; n < 21; n++) await api.announce(file, { title: `Song ${n} <b>` });
  await openAccount(page, person.email);
  await expectAccessible(page);
  const saved = page.waitForEvent("download");
  await button(page, "Only the list").click();
  const download = await saved;
  expect(download.suggestedFilename()).toBe("unplugd.json");
  const list = JSON.parse(await readFile(await download.path(), "utf8")) as Export;

  const first = await api.call<Export & { nextCursor: string }>("GET", "/account/export");
  const second = await api.call<Export>("GET", `/account/export?cursor=${first.nextCursor}`);
  expect(list.account).toEqual(first.account);
  expect(list.data).toHaveLength(21);
  expect(list.data.map(({ song }) => song)).toEqual([...first.data, ...second.data].map(({ song }) => song));
});

test("everything comes as whole files, byte for byte", async ({ signedIn: page, api, person, finishedSong }) => {
  await finishedSong(undefined, { title: "../Ein/Lied: <b>" });
  // The original goes a moment after the song is done; pages may not read the uploads.
  const names = async () => Object.keys((await api.call<Export>("GET", "/account/export")).data[0]?.files ?? {});
  await expect.poll(names).not.toContain("original/short.mp3");
  // A test cannot answer the browser's own dialog, so this one has no folders, like most of them.
  await page.evaluate(() => Reflect.set(globalThis, "showDirectoryPicker", undefined));
  await openAccount(page, person.email);
  const saved = page.waitForEvent("download");
  await button(page, "Download everything").click();
  const download = await saved;
  await expect(page.getByText("Everything is downloaded.")).toBeVisible();
  await expectAccessible(page);
  expect(download.suggestedFilename()).toBe("unplugd.zip");

  const script = `
import hashlib, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    print(json.dumps({i.filename: hashlib.sha256(z.read(i)).hexdigest() for i in z.infolist()}))
    print(json.dumps(json.loads(z.read("unplugd.json"))))`;
  const { stdout } = await promisify(execFile)("python3", ["-c", script, await download.path()]);
  const [hashes, list] = stdout.split("\n").map((line) => line && JSON.parse(line)) as [Record<string, string>, Export];
  const exported = await api.call<Export>("GET", "/account/export");
  const files = Object.entries(exported.data[0]?.files ?? {});
  expect(files.length).toBeGreaterThan(5);
  expect(Object.keys(hashes)).toHaveLength(files.length + 1);
  for (const [name, url] of files) {
    const bytes = await (await fetch(url)).arrayBuffer();
    const hash = Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
    const path = list.data[0]?.files[name] ?? "";
    expect(path.startsWith("Ein Lied b (")).toBe(true);
    expect(hashes[path], name).toBe(hash);
  }
  expect(list.data[0]?.song).toEqual(exported.data[0]?.song);
});

test("a download can be cancelled", async ({ signedIn: page, api, person }) => {
  await api.announce(makeAudio(1));
  await page.evaluate(() => Reflect.set(globalThis, "showDirectoryPicker", undefined));
  await openAccount(page, person.email);
  await page.route("**/account/export", () => undefined);
  await button(page, "Download everything").click();
  await button(page, "Cancel").click();
  await expect(button(page, "Download everything")).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("deleting takes a word, survives a fault, and leaves nothing", async ({ signedIn: page, api, person, stack }) => {
  await api.announce(makeAudio(1));
  await page.evaluate((owner) => {
    for (const who of [owner, "other@unplugd.example"])
      localStorage.setItem(
        `unplugd.lyricsDraft.of-${who}`,
        JSON.stringify({ owner: who, draft: { lines: [] }, base: { segments: [] } }),
      );
    localStorage.setItem("unplugd.mix.song", "{}");
  }, person.email);
  await openAccount(page, person.email);
  await button(page, "Delete account …").click();
  await expectAccessible(page);
  const remove = button(page, "Delete everything");
  await expect(remove).toBeDisabled();
  await button(page, "Keep the account").click();
  await expect(remove).toHaveCount(0);
  expect(await api.songs()).toHaveLength(1);

  await button(page, "Delete account …").click();
  await page.getByLabel("Type “delete” to go on").fill(" Delete ");
  let calls = 0;
  await page.route(`${stack.apiUrl}/account`, async (route) => {
    if (route.request().method() !== "DELETE" || calls++ > 0) return route.fallback();
    const headers = { "Access-Control-Allow-Origin": stack.webUrl };
    await route.fulfill({ status: 503, headers, json: { error: "try_again", message: "Try again in a moment." } });
  });
  await remove.click();
  await expect(page.getByRole("alert")).toContainText("Delete once more to finish.");
  await remove.click();
  await expect(page.getByText("Your account and all that was in it is deleted.")).toBeVisible();
  const kept = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key !== "unplugd.theme"));
  await expect.poll(kept).toEqual(["unplugd.lyricsDraft.of-other@unplugd.example"]);
  expect(await api.songs()).toEqual([]);

  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await button(page, "Sign in").click();
  await expect(page.getByRole("alert")).toHaveText("The email or the password is wrong.");
});
