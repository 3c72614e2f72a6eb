/** The recorder with a camera, with two channels, and with a device or a song that stops. */
import type { Page } from "@playwright/test";
import { expect, openAs, test } from "./fixtures";
import {
  enter,
  exactRuns,
  fakeMicrophone,
  freshProfile,
  joined,
  longerThan,
  noise,
  noted,
  ownBrowser,
  samplesOf,
} from "./takes";

const source = noise(40);
const fake = fakeMicrophone(source);
/** Two different channels, interleaved. */
const both = fakeMicrophone(source, 2);
test.use({
  launchOptions: async ({ launchOptions }, give) =>
    give({ ...launchOptions, args: [...(launchOptions.args ?? []), ...fake] }),
});

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const recorder = (page: Page) => page.getByRole("region", { name: "Recorder" });
const onTheWay = (page: Page) => page.getByRole("list", { name: "Takes on their way" });
const executable = () => test.info().project.use.launchOptions?.executablePath ?? "/usr/bin/chromium";

async function wish(page: Page, label: string) {
  await button(page, "New take").click();
  await button(page, "Settings").click();
  await page.getByRole("checkbox", { name: label }).click();
  await expect(page.getByRole("checkbox", { name: label })).toBeChecked();
  await button(page, "Start recording").click();
}

async function finish(page: Page) {
  await button(page, "Finish").click();
  await expect(onTheWay(page)).toContainText("It has arrived.");
}

/** Width and height of each JPEG of a Motion JPEG. */
function pictures(bytes: Buffer): [number, number][] {
  const sizes: [number, number][] = [];
  for (let at = 0; at + 9 < bytes.length;) {
    const [mark, code] = [bytes[at], bytes[at + 1] ?? 0];
    if (mark !== 0xff || code === 0xff) at += 1;
    else if (code === 0xd8 || code === 0xd9 || code === 0 || (code >= 0xd0 && code <= 0xd7)) at += 2;
    else {
      if (code === 0xc0 || code === 0xc2) sizes.push([bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5)]);
      at += 2 + bytes.readUInt16BE(at + 2);
    }
  }
  return sizes;
}

test("the camera gives a picture a second, 320 pixels wide, and a film strip", async ({ signedIn: page, api }) => {
  await wish(page, "Camera: one picture a second");
  await expect(page.getByLabel("What the camera sees")).toBeVisible();
  await longerThan(page, 4);
  await finish(page);
  const take = await joined(api);
  expect(take).toMatchObject({ captureMode: "audio_video", presentFrames: [0] });
  const sizes = pictures(Buffer.from(await (await fetch(take.links[0]?.framesUrl ?? "")).arrayBuffer()));
  // A second in which a busy browser gave no picture has none.
  expect(sizes.length).toBeGreaterThanOrEqual(2);
  expect(sizes.length).toBeLessThanOrEqual(Math.ceil(take.durationSec ?? 0));
  for (const [width] of sizes) expect(width).toBe(320);
  const [row] = await noted(page);
  const runs = exactRuns(await samplesOf(take), source, row?.gaps ?? []);
  expect(runs.filter(({ at }) => at === null)).toEqual([]);
  await page.goto("/takes");
  await page.getByRole("button", { name: /^More about/ }).click();
  await page.getByRole("menuitem", { name: "Show the pictures" }).click();
  await expect(page.getByRole("img", { name: /^At 0:0/ })).toHaveCount(sizes.length);
});

test("stereo over the end of a window is both channels to the bit", async ({ stack, api, person, page }) => {
  await page.close();
  const { page: own, kill } = await ownBrowser(freshProfile(), both, executable());
  await enter(own, stack.webUrl, person.session);
  await wish(own, "Stereo");
  await longerThan(own, 31);
  await finish(own);
  const take = await joined(api);
  expect(take).toMatchObject({ channels: 2, windowSeconds: 30, windows: 2, gaps: [] });
  const [row] = await noted(own);
  const samples = await samplesOf(take);
  expect(samples).toHaveLength(2 * Number(row?.frames));
  const gaps = (row?.gaps ?? []).map((gap) => ({ ...gap, start: 2 * gap.start, frames: 2 * gap.frames }));
  expect(exactRuns(samples, source, gaps).filter(({ at }) => at === null || at % 2 === 1)).toEqual([]);
  await kill();
});

test("a microphone that is unplugged ends the take, which is kept", async ({ entered: page, api }) => {
  await page.addInitScript(() => {
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (wishes) => {
      const stream = await ask(wishes);
      // As the browser does it when the device is gone.
      Reflect.set(window, "unplug", () => {
        for (const track of stream.getAudioTracks()) {
          track.stop();
          track.dispatchEvent(new Event("ended"));
        }
      });
      return stream;
    };
  });
  await page.goto("/");
  await button(page, "New take").click();
  await button(page, "Start recording").click();
  await longerThan(page, 2);
  await page.evaluate(() => (Reflect.get(window, "unplug") as () => void)());
  await expect(page.getByRole("alert")).toContainText("The microphone was unplugged or taken away.");
  await expect(onTheWay(page)).toContainText("It has arrived.");
  const [row] = await noted(page);
  const samples = await samplesOf(await joined(api));
  expect(samples.length).toBeGreaterThan(2 * 44_100);
  expect(exactRuns(samples, source, row?.gaps ?? []).filter(({ at }) => at === null)).toEqual([]);
  // The recorder opens again.
  await button(page, "New take").click();
  await expect(button(page, "Start recording")).toBeVisible();
});

test("a take along with its song pauses, and goes on where it was", async ({ page, api, person, finishedSong }) => {
  const song = await finishedSong();
  await openAs(page, person, `/songs/${song.songId}`);
  await button(page, "Record").click();
  await button(page, "Start recording").click();
  await longerThan(page, 1.5);
  await button(page, "Pause the take").click();
  await expect(recorder(page).getByRole("status").first()).toHaveText("Paused");
  await button(page, "Go on").click();
  await expect(recorder(page).getByRole("status").first()).toHaveText("Recording");
  await longerThan(page, 3);
  await finish(page);
  const [row] = await noted(page);
  expect(row?.gaps.filter(({ why }) => why === "paused")).toHaveLength(1);
  const take = await joined(api);
  const runs = exactRuns(await samplesOf(take), source, row?.gaps ?? []);
  expect(runs.length).toBeGreaterThanOrEqual(2);
  expect(runs.filter(({ at }) => at === null)).toEqual([]);
  expect(take.recorderGaps).toEqual(row?.gaps);
  // It fits its song: eight seconds, and a breath before.
  expect(take.durationSec).toBeLessThan(8.5);
});
