import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import type { RecordingSession, SessionPage } from "@/api/sessions";
import { violations } from "./axe";
import { expect, hold, openAs, type PersonsApi, test } from "./fixtures";
import { noise, pcmOf, record, whenReady } from "./take-maker";

const SECOND = 44_100;
/** A grey square. */
const JPEG = Buffer.from(
  "/9j//gAQTGF2YzYyLjI4LjEwMgD/2wBDAAgEBAQEBAUFBQUFBQYGBgYGBgYGBgYGBgYHBwcICAgHBwcGBgcHCAgICAkJCQgICAgJCQoKCgwMCwsODg4RERT/xABMAAEBAAAAAAAAAAAAAAAAAAAABwEBAAAAAAAAAAAAAAAAAAAAARABAAAAAAAAAAAAAAAAAAAAABEBAQAAAAAAAAAAAAAAAAAAACH/wAARCAAQABADASIAAhEAAxEA/9oADAMBAAIRAxEAPwCkACiv/9k=",
  "base64",
);

const row = (page: Page, name: string | RegExp) => page.getByRole("article", { name });
const choose = async (page: Page, name: string, item: string) => {
  await page.getByRole("button", { name: `More about ${name}` }).click();
  await page.getByRole("menuitem", { name: item }).click();
};
const openTakes = (page: Page, api: PersonsApi) => openAs(page, api.person, "/takes");

async function saved(page: Page, start: () => Promise<void>) {
  const [file] = await Promise.all([page.waitForEvent("download"), start()]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

test("a take is reached from the library, and followed live until it is ready", async ({ page, api }) => {
  const sessionId = await record(api, { title: "Loud idea", windows: [noise(SECOND)], open: true });
  await openAs(page, api.person, "/");
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Takes" }).click();
  await expect(row(page, "Loud idea")).toContainText("Being recorded or uploaded");
  await expect(row(page, "Loud idea")).toContainText("1 part arrived");
  await api.call("POST", `/sessions/${sessionId}/close`, { windows: 1, frames: SECOND });
  await expect(row(page, "Loud idea")).toContainText("Ready");
  await expect(row(page, "Loud idea")).toContainText("1.0 s");
  // After a reload too, and one of another device is there at once.
  await page.reload();
  await expect(row(page, "Loud idea")).toContainText("Ready");
  await record(api, { title: "From the phone", windows: [noise(SECOND)] });
  await expect(row(page, "From the phone")).toContainText("Ready");
});

test("it is renamed, deleted with undo, and made a song", async ({ page, api }) => {
  const timeIsUp = await hold(page, 6000);
  await whenReady(api, await record(api, { title: "First", windows: [noise(SECOND, { seed: 2 })] }));
  await whenReady(api, await record(api, { title: "Second", windows: [noise(SECOND, { seed: 3 })] }));
  await openTakes(page, api);
  await choose(page, "First", "Rename…");
  await page.getByLabel("Title").fill("Best one");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(row(page, "Best one")).toBeVisible();

  await choose(page, "Second", "Delete");
  await expect(row(page, "Second")).toBeHidden();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(row(page, "Second")).toBeVisible();
  await choose(page, "Second", "Delete");
  await timeIsUp();
  const titles = async () => (await api.call<SessionPage>("GET", "/sessions")).data.map(({ title }) => title);
  await expect.poll(titles).toEqual(["Best one"]);

  await choose(page, "Best one", "Make it a song");
  await page.getByRole("button", { name: "Open it" }).click();
  await expect(page).toHaveURL(/\/songs\/[0-9A-Z]{26}$/);
  await expect.poll(async () => (await api.songs()).map(({ title }) => title)).toEqual(["Best one"]);
  await api.stopSongs();
});

test("what the service refuses is said in its words", async ({ page, api }) => {
  await whenReady(api, await record(api, { title: "Long", windows: [noise(SECOND, { seed: 4 })] }));
  const refusal = { error: "conflict", message: "A song may have 10 minutes; this take has 11.0." };
  await page.route(/\/sessions\/[^/]+\/song$/, (route) =>
    route.fulfill({ status: 409, json: refusal, headers: { "Access-Control-Allow-Origin": "*" } }),
  );
  await openTakes(page, api);
  await choose(page, "Long", "Make it a song");
  await expect(page.getByText("A song may have 10 minutes; this take has 11.0.")).toBeVisible();
});

for (const [format, channels] of [
  ["s16", 1],
  ["s24", 2],
] as const) {
  test(`a WAV of ${format} in ${channels} channels has each sample as it was recorded`, async ({ page, api }) => {
    const full = format === "s16" ? 32_767 : 8_388_607;
    const samples = noise(SECOND * 3 * channels, { seed: 5, full });
    samples.set([full, -full - 1, 0, 1, -1, full - 1, -full, full]);
    const wishes = { title: "Exact", sampleFormat: format, channels } as const;
    await whenReady(api, await record(api, { ...wishes, windows: [samples] }));
    await openTakes(page, api);
    const { name, bytes } = await saved(page, () => choose(page, "Exact", "Download as WAV"));
    expect(name).toBe("Exact.wav");
    expect(bytes.subarray(44).equals(Buffer.from(pcmOf(samples, format)))).toBe(true);
  });
}

test("the FLAC is the service's file, and can be listened to", async ({ page, api }) => {
  const session = await whenReady(api, await record(api, { title: "Take", windows: [noise(SECOND, { seed: 6 })] }));
  await openTakes(page, api);
  const { name, bytes } = await saved(page, () => choose(page, "Take", "Download as FLAC"));
  expect(name).toBe("Take.flac");
  const stored = await fetch(session.takeUrl ?? "");
  expect(bytes.equals(Buffer.from(await stored.arrayBuffer()))).toBe(true);
  await page.getByRole("button", { name: "Listen to Take" }).click();
  await expect
    .poll(() => page.locator("audio").evaluate((audio: HTMLAudioElement) => audio.duration))
    .toBeCloseTo(1, 1);
});

test("parts that cannot be read are named, and its pictures are shown", async ({ page, api }) => {
  // Two windows that are no windows: half of a minute, then a whole one that is short. The first leaves a gap.
  const windows = [noise(SECOND * 2, { seed: 7 }), noise(SECOND, { seed: 8 })];
  const pictures = [JPEG, JPEG];
  const sessionId = await record(api, { title: "Filmed", windows, frames: SECOND * 61, pictures });
  const session: RecordingSession = await whenReady(api, sessionId);
  expect(session.gaps).toEqual([{ start: SECOND * 2, frames: SECOND * 58 }]);
  await openTakes(page, api);
  await expect(row(page, "Filmed")).toContainText("Silence from 0:02 for 58.0 s: this part is missing.");
  await choose(page, "Filmed", "Show the pictures");
  const film = page.getByRole("group", { name: "Pictures of Filmed" });
  await expect(film.getByRole("img", { name: "At 0:00" })).toBeVisible();
  await film.getByRole("button", { name: "More pictures" }).click();
  await expect(film.getByRole("img", { name: "At 1:00" })).toBeVisible();
});

test("more than fifty takes come in pages", async ({ page, api }) => {
  const take = (await api.call<SessionPage>("GET", "/sessions")).data;
  expect(take).toEqual([]);
  const real = await whenReady(api, await record(api, { title: "Real", windows: [noise(1000)] }));
  await page.route(/\/sessions(\?|$)/, async (route) => {
    const { links, takeUrl, urlsExpireAt, present, presentFrames, ingested, missing, ...summary } = real;
    void [links, takeUrl, urlsExpireAt, present, presentFrames, ingested, missing];
    const second = route.request().url().includes("cursor=");
    const ids = Array.from({ length: second ? 1 : 50 }, (_, i) => `01J9ZQ4X5V8K2M3N4P5Q6R${second ? "10" : 99 - i}00`);
    const data = ids.map((sessionId, i) => ({ ...summary, sessionId, title: `Take ${second ? 51 : i + 1}` }));
    const headers = { "Access-Control-Allow-Origin": "*" };
    await route.fulfill({ json: { data, nextCursor: second ? null : ids.at(-1) }, headers });
  });
  await openTakes(page, api);
  await expect(page.getByRole("article")).toHaveCount(50);
  await page.getByRole("button", { name: "Earlier takes" }).click();
  await expect(page.getByRole("article")).toHaveCount(51);
  await expect(page.getByRole("button", { name: "Earlier takes" })).toBeHidden();
});

test("without any takes the page says what belongs here", async ({ page, api }) => {
  await openTakes(page, api);
  await expect(page.getByRole("heading", { name: "No takes yet" })).toBeVisible();
  expect(await violations(page)).toEqual([]);
});

test.describe("along with a song", () => {
  /** A finished song of the person with a take that begins two seconds into it. */
  async function withTake(api: PersonsApi, songId: string) {
    const windows = [noise(SECOND * 3, { seed: 9 })];
    return whenReady(api, await record(api, { title: "My voice", songId, offsetMs: 2000, windows }));
  }

  test("a take is a lane of its own, remembered with the mix", async ({ page, api, finishedSong }) => {
    const { songId } = await finishedSong();
    await withTake(api, songId);
    await openAs(page, api.person, `/songs/${songId}`);
    await page.getByRole("tab", { name: "Takes" }).click();
    await page.getByRole("button", { name: "Play My voice along" }).click();
    const lane = page
      .getByRole("region", { name: "Takes that play along" })
      .getByRole("group", { name: "My voice", exact: true });
    await expect(lane.getByTestId("take-wave")).toBeVisible();
    await lane.getByRole("button", { name: "Mute My voice" }).click();
    await lane.getByRole("button", { name: "My voice: 10 ms later" }).click();
    await expect(lane.getByLabel("My voice begins at")).toHaveValue("0:02.010");
    const stored = async () => (await api.call<SessionPage>("GET", "/sessions")).data[0]?.offsetMs;
    await expect.poll(stored).toBe(2010);
    await expect
      .poll(() => page.evaluate((id) => localStorage.getItem(`unplugd.mix.${id}`), songId))
      .toContain('"muted":{"take:');
    await page.reload();
    await expect(lane.getByRole("button", { name: "Mute My voice" })).toHaveAttribute("aria-pressed", "true");
    await expect(lane.getByLabel("My voice begins at")).toHaveValue("0:02.010");
    await lane.getByRole("button", { name: "Stop playing My voice along" }).click();
    await expect(lane).toBeHidden();
  });

  test("a take that is deleted is not heard any more", async ({ page, api, finishedSong }) => {
    const { songId } = await finishedSong();
    await withTake(api, songId);
    await openAs(page, api.person, `/songs/${songId}`);
    await page.getByRole("tab", { name: "Takes" }).click();
    await page.getByRole("button", { name: "Play My voice along" }).click();
    const lanes = page.getByRole("region", { name: "Takes that play along" });
    await expect(lanes).toBeVisible();
    await choose(page, "My voice", "Delete");
    await expect(lanes).toBeHidden();
  });

  test("it is in the mix that is saved, to the sample", async ({ page, api, finishedSong }) => {
    const { songId } = await finishedSong();
    await withTake(api, songId);
    const muted = { drums: true, bass: true, other: true, vocals: true };
    await page.addInitScript(
      ([key, value]) => localStorage.setItem(key as string, value as string),
      [`unplugd.mix.${songId}`, JSON.stringify({ version: 1, at: Date.now(), muted })],
    );
    await openAs(page, api.person, `/songs/${songId}`);
    await page.getByRole("tab", { name: "Takes" }).click();
    await page.getByRole("button", { name: "Play My voice along" }).click();
    await expect(page.getByRole("region", { name: "Takes that play along" })).toBeVisible();
    await page.getByRole("tab", { name: "Download" }).click();
    const { name, bytes } = await saved(page, () => page.getByRole("button", { name: "Download your mix" }).click());
    expect(name).toContain("(with my take).wav");
    const made = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length));
    const take = noise(SECOND * 3, { seed: 9 });
    const left = Array.from(take, (_, i) => made[2 * (i + 2 * SECOND)] ?? NaN);
    expect(left.findIndex((sample, i) => sample !== take[i])).toBe(-1);
    expect(made.slice(0, 4 * SECOND).findIndex((sample) => sample !== 0)).toBe(-1);
  });

  for (const [device, width] of [
    ["phone", 390],
    ["desktop", 1440],
  ] as const)
    for (const theme of ["dark", "light"])
      test(`it fits a ${device} in ${theme} colours, and everybody can use it`, async ({ page, api, finishedSong }) => {
        const { songId } = await finishedSong();
        await withTake(api, songId);
        await page.setViewportSize({ width, height: 860 });
        await page.addInitScript((name) => localStorage.setItem("unplugd.theme", name), theme);
        const check = async (name: string) => {
          expect(await violations(page)).toEqual([]);
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
          const shots = process.env.SHOTS;
          if (shots) await page.screenshot({ path: `${shots}/takes-${name}-${device}-${theme}.png` });
        };
        await openAs(page, api.person, `/songs/${songId}`);
        await page.getByRole("tab", { name: "Takes" }).click();
        await page.getByRole("button", { name: "Play My voice along" }).click();
        await expect(page.getByTestId("take-wave")).toBeVisible();
        await check("studio");
        await page.goto("/takes");
        await expect(row(page, "My voice")).toContainText("Ready");
        await check("page");
      });
});
