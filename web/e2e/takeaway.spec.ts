import { readFile } from "node:fs/promises";
import type { Download, Page } from "@playwright/test";
import type { Song } from "@/api/client";
import type { FinishedSong } from "@/api/songs";
import { violations } from "./axe";
import { expect, makeAudio, type PersonsApi, openAs, test } from "./fixtures";

type Stem = keyof FinishedSong["stems"];
const HEADER = 44;

/** Opens what can be taken away of a song; `mix` is what this device remembers of it. */
async function open(page: Page, api: PersonsApi, songId: string, mix?: object): Promise<void> {
  if (mix) {
    const kept = JSON.stringify({ version: 1, at: Date.now(), ...mix });
    await page.addInitScript(
      ([key, value]) => localStorage.setItem(key as string, value as string),
      [`unplugd.mix.${songId}`, kept],
    );
  }
  await openAs(page, api.person, `/songs/${songId}`);
  await page.getByRole("tab", { name: "Download" }).click();
  await expect(page.getByRole("heading", { name: "Your mix" })).toBeVisible();
}

async function saved(page: Page, start: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent("download"), start()]);
  return { name: download.suggestedFilename(), bytes: await contentOf(download) };
}

const contentOf = async (download: Download) => readFile(await download.path());

async function choose(page: Page, what: string, item: string | RegExp): Promise<void> {
  await page.getByRole("button", { name: what, exact: true }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

async function fetched(url: string): Promise<Buffer> {
  const answer = await fetch(url);
  expect(answer.ok).toBe(true);
  return Buffer.from(await answer.arrayBuffer());
}

/** A stem's file by the API, without a browser. */
async function stemFile(api: PersonsApi, songId: string, stem: Stem, kind: "url" | "streamUrl" = "url") {
  const { stems } = (await api.song(songId)) as FinishedSong & Song;
  return fetched(stems[stem]?.[kind] ?? "");
}

function samplesOf(wav: Buffer): Int16Array {
  expect(wav.toString("latin1", 36, 40)).toBe("data");
  expect(wav.readUInt32LE(40)).toBe(wav.length - HEADER);
  return new Int16Array(wav.buffer.slice(wav.byteOffset + HEADER, wav.byteOffset + wav.length));
}

/** How often a second the left channel turns positive. */
function pitch(samples: Int16Array, from: number, to: number): number {
  let turns = 0;
  for (let i = Math.round(from * 44_100); i < to * 44_100; i++)
    if ((samples[i * 2 - 2] ?? 0) < 0 && (samples[i * 2] ?? 0) >= 0) turns++;
  return turns / (to - from);
}

/** The files of the browser's storage for renderings. */
const leftBehind = (page: Page) =>
  page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const names: string[] = [];
    const folder = (await root.getDirectoryHandle("renderings", { create: true })) as unknown as {
      keys(): AsyncIterable<string>;
    };
    for await (const name of folder.keys()) names.push(name);
    return names;
  });

const saveMix = (page: Page) => page.getByRole("button", { name: "Download your mix" });

test("a mix with the vocals muted is the other three to the sample", async ({ page, listener: { api, song } }) => {
  await open(page, api, song.songId);
  await page.getByRole("button", { name: "Mute vocals" }).click();
  await expect(page.getByText("without vocals")).toBeVisible();
  const { name, bytes } = await saved(page, () => saveMix(page).click());
  expect(name).toMatch(/\(karaoke\)\.wav$/);
  const made = samplesOf(bytes);
  const stems = await Promise.all(
    (["drums", "bass", "other"] as const).map(async (stem) => samplesOf(await stemFile(api, song.songId, stem))),
  );
  const sum = Int32Array.from(made, (_, i) => stems.reduce((all, stem) => all + (stem[i] ?? 0), 0));
  expect(made.length).toBe(stems[0]?.length);
  const peak = sum.reduce((most, one) => Math.max(most, one > 0 ? one / 32_767 : one / -32_768), 0);
  expect(peak, "this song's three do not clip, so nothing may be lowered").toBeLessThanOrEqual(1);
  expect(made.findIndex((sample, i) => sample !== sum[i])).toBe(-1);
  expect(peak, "silence would prove nothing").toBeGreaterThan(0.01);
  await expect(page.getByRole("status").filter({ hasText: name })).toContainText("in your downloads");

  // The same by its own row, and again without rendering.
  const again = await saved(page, () => page.getByRole("button", { name: "Download all but vocals" }).click());
  expect(Buffer.compare(again.bytes, bytes)).toBe(0);
  const third = await saved(page, () => page.getByRole("button", { name: "Download again" }).click());
  expect(Buffer.compare(third.bytes, bytes)).toBe(0);
});

test("each part is the API's file, byte for byte", async ({ page, listener: { api, song } }) => {
  await open(page, api, song.songId);
  for (const stem of ["drums", "bass", "other", "vocals"] as const) {
    const wav = await saved(page, () => choose(page, `Download ${stem}`, /WAV/));
    expect(wav.name).toMatch(new RegExp(`\\(${stem}\\)\\.wav$`));
    expect(Buffer.compare(wav.bytes, await stemFile(api, song.songId, stem))).toBe(0);
    await expect(page.getByText("is in your downloads")).toBeVisible();
  }
  const mp3 = await saved(page, () => choose(page, "Download vocals", /MP3/));
  expect(mp3.name).toMatch(/\(vocals\)\.mp3$/);
  expect(Buffer.compare(mp3.bytes, await stemFile(api, song.songId, "vocals", "streamUrl"))).toBe(0);
});

test("the words come as the API gives them, and a refusal in words", async ({ page, listener: { api, song } }) => {
  await open(page, api, song.songId);
  for (const [format, item, ending] of [
    ["lrc", "line by line", "lrc"],
    ["lrc-enhanced", "word by word", "lrc"],
    ["srt", "SRT", "srt"],
    ["vtt", "WebVTT", "vtt"],
    ["ass", "ASS", "ass"],
    ["txt", "Plain text", "txt"],
    ["json", "JSON", "json"],
  ] as const) {
    const file = await saved(page, () => choose(page, "Download lyrics", new RegExp(item)));
    expect(file.name.endsWith(`.${ending}`), file.name).toBe(true);
    const answer = await api.fetch("GET", `/songs/${song.songId}/lyrics?format=${format}`);
    expect(answer.status).toBe(200);
    expect(file.bytes.toString()).toBe(await answer.text());
    await expect(page.getByRole("status").filter({ hasText: file.name })).toBeVisible();
  }
  const refusal = { error: "conflict", message: "These lyrics have no times yet. Take them as txt." };
  await page.route(/\/lyrics\?format=srt/, (route) =>
    route.fulfill({ status: 409, json: refusal, headers: { "Access-Control-Allow-Origin": "*" } }),
  );
  await choose(page, "Download lyrics", /SRT/);
  await expect(page.getByRole("alert")).toContainText("These lyrics have no times yet.");
  await page.unroute(/\/lyrics\?format=srt/);
  expect((await saved(page, () => page.getByRole("button", { name: "Retry" }).click())).name).toMatch(/\.srt$/);
});

test("speed and key are in the file", async ({ page, api, finishedSong }) => {
  const song = await finishedSong(makeAudio(6, [{ hz: 440 }]), { title: "Tone" });
  const length = samplesOf(await stemFile(api, song.songId, "other")).length;
  await open(page, api, song.songId, { speed: 0.5, key: 2, muted: { drums: true } });
  const { name, bytes } = await saved(page, () => saveMix(page).click());
  expect(name).toBe("Tone (my mix, speed 50%, key +2).wav");
  const made = samplesOf(bytes);
  expect(made.length).toBe(length * 2);
  // A semitone is 6 %.
  expect(Math.abs(pitch(made, 2, 10) / (440 * 2 ** (2 / 12)) - 1)).toBeLessThan(0.02);
});

test("a cancel leaves nothing behind, and the next one works", async ({ page, listener: { api, song } }) => {
  await open(page, api, song.songId);
  let held = 0;
  const hold = /vocals\.wav/;
  await page.route(hold, () => void held++); // never answered
  await saveMix(page).click();
  await expect.poll(() => held).toBeGreaterThan(0);
  expect(await leftBehind(page)).toHaveLength(1);
  await expect(page.getByRole("button", { name: "Download all but drums" })).toBeDisabled();
  await expect(page.getByRole("button", { name: "Cancel" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(saveMix(page)).toBeEnabled();
  await expect(page.getByRole("progressbar", { name: /Downloading/ })).toHaveCount(0);
  await expect.poll(() => leftBehind(page)).toEqual([]);
  await page.unroute(hold);
  expect((await saved(page, () => saveMix(page).click())).bytes.length).toBeGreaterThan(1_000_000);
});

test("it goes on by itself after the network was away, and with fresh links", async ({ page, listener }) => {
  const { api, song } = listener;
  await open(page, api, song.songId);
  let away = true;
  let [refused, asked] = [0, 0];
  page.on("request", (request) => {
    if (request.method() === "GET" && request.url().endsWith(`/songs/${song.songId}`)) asked++;
  });
  await page.route(/other\.wav/, (route) => (away ? route.abort("internetdisconnected") : route.continue()));
  await page.route(/bass\.wav/, (route) =>
    refused++ === 0
      ? route.fulfill({ status: 403, headers: { "Access-Control-Allow-Origin": "*" } })
      : route.continue(),
  );
  const download = page.waitForEvent("download");
  await saveMix(page).click();
  await expect(page.getByText("No connection. It goes on by itself")).toBeVisible();
  away = false;
  // While it goes on, other views can be looked at.
  await page.getByRole("tab", { name: "Lyrics" }).click();
  const bytes = await contentOf(await download);
  const [drums, bass, other, vocals] = (await Promise.all(
    (["drums", "bass", "other", "vocals"] as const).map(async (s) => samplesOf(await stemFile(api, song.songId, s))),
  )) as [Int16Array, Int16Array, Int16Array, Int16Array];
  const exact = drums.map((one, i) => one + (bass[i] ?? 0) + (other[i] ?? 0) + (vocals[i] ?? 0));
  expect(samplesOf(bytes).findIndex((sample, i) => Math.abs(sample - (exact[i] ?? 0)) > 0)).toBe(-1);
  expect(asked).toBeGreaterThan(0);
  await page.getByRole("tab", { name: "Download" }).click();
  await expect(page.getByRole("status").filter({ hasText: "is in your downloads" })).toBeVisible();
});

test("one at a time, over all tabs", async ({ page, context, listener: { api, song } }) => {
  await open(page, api, song.songId);
  await page.route(/vocals\.wav/, () => undefined);
  await saveMix(page).click();
  await expect(page.getByRole("progressbar", { name: /Downloading/ })).toBeVisible();
  const second = await context.newPage();
  await second.goto(`/songs/${song.songId}`);
  await second.getByRole("tab", { name: "Download" }).click();
  await saveMix(second).click();
  await expect(second.getByRole("alert")).toContainText("Another tab is downloading");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(saveMix(page)).toBeEnabled();
  expect((await saved(second, () => second.getByRole("button", { name: "Retry" }).click())).name).toMatch(/wav$/);
});

for (const [device, width, scheme] of [
  ["phone", 360, "dark"],
  ["desktop", 1280, "light"],
] as const) {
  test(`it fits a ${device}, and everybody can use it`, async ({ page, listener: { api, song } }) => {
    await page.setViewportSize({ width, height: 780 });
    await page.addInitScript((theme) => localStorage.setItem("unplugd.theme", theme), scheme);
    await open(page, api, song.songId);
    const check = async () => {
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    };
    await check();
    await page.route(/vocals\.wav/, () => undefined);
    await saveMix(page).click();
    await expect(page.getByRole("progressbar", { name: /Downloading/ })).toBeVisible();
    await check();
    const shots = process.env.SHOTS;
    if (shots) await page.screenshot({ path: `${shots}/${device}-working.png`, fullPage: true });
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.unroute(/vocals\.wav/);
    await saved(page, () => choose(page, "Download lyrics", /Plain text/));
    await page.route(/drums\.wav/, (route) =>
      route.fulfill({ status: 404, headers: { "Access-Control-Allow-Origin": "*" } }),
    );
    await choose(page, "Download drums", /WAV/);
    await expect(page.getByRole("alert")).toContainText("not there any more");
    await check();
    if (shots) await page.screenshot({ path: `${shots}/${device}-failed.png`, fullPage: true });
    for (const button of await page.getByRole("tabpanel", { name: "Download" }).getByRole("button").all())
      expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44);
  });
}
