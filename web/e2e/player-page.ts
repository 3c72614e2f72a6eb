import { expect, type Locator, type Page } from "@playwright/test";
import type { Song } from "@/api/client";
import { enterSession, type Person } from "./fixtures";

declare global {
  interface Window {
    /** Hears what the page sends to the loudspeaker. */
    ear?: AnalyserNode;
  }
}

/** Connects an analyser to everything that goes to a loudspeaker. */
async function listen(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const connect = AudioNode.prototype.connect as (this: AudioNode, to: AudioNode, ...rest: number[]) => AudioNode;
    AudioNode.prototype.connect = function (this: AudioNode, to: AudioNode | AudioParam, ...rest: number[]) {
      if (to instanceof AudioDestinationNode && this.context instanceof AudioContext) {
        window.ear = new AnalyserNode(this.context, { fftSize: 16_384 });
        connect.call(this, window.ear);
      }
      return connect.call(this, to as AudioNode, ...rest);
    } as AudioNode["connect"];
  });
}

/** The listener's session and an ear on the loudspeaker, before the app is open. Returns the path of the listener's song. */
export async function enter(page: Page, listener: { person: Person; song: Song }): Promise<string> {
  await listen(page);
  await enterSession(page, listener.person);
  return `/songs/${listener.song.songId}`;
}

export async function openPlayer(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(button(page, "Play")).toBeVisible();
}

/** Root mean square of the last 0.37 s that were heard; 0 before any sound. */
export const loudness = (page: Page) =>
  page.evaluate(() => {
    if (!window.ear) return 0;
    const samples = new Float32Array(window.ear.fftSize);
    window.ear.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  });
export const [AUDIBLE, SILENT] = [0.005, 0.0001];

export const bar = (page: Page) => page.getByRole("slider", { name: "Position" });
/** Where the seek bar is, once the song's parts and chords are shown: they arrive after the rest, and move it. */
export async function placeOfBar(page: Page) {
  await expect(page.getByRole("navigation", { name: "Parts of the song" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Chords" })).toBeVisible();
  const box = await bar(page).boundingBox();
  if (!box) throw new Error("no seek bar");
  return box;
}
export const at = async (page: Page) => Number(await bar(page).getAttribute("aria-valuenow"));
export const button = (within: Page | Locator, name: string) => within.getByRole("button", { name, exact: true });
/** Words of the song are buttons too. */
export const sing = (page: Page) => page.getByRole("banner").getByRole("button", { name: "Sing" });
export const pressed = (page: Page, name: string, value: boolean) =>
  expect(button(page, name)).toHaveAttribute("aria-pressed", String(value));
export const status = (page: Page) => page.getByRole("region", { name: "Player" }).getByRole("status");

/** Notes what the status says from now on, however shortly; the returned function tells all of it. */
export async function hearStatus(page: Page): Promise<() => Promise<string[]>> {
  const said = await status(page).evaluateHandle((line) => {
    const heard = [line.textContent ?? ""];
    const look = new MutationObserver(() => heard.push(line.textContent ?? ""));
    look.observe(line, { childList: true, characterData: true, subtree: true });
    return heard;
  });
  return () => said.jsonValue();
}

/** No sideways scrolling, and nothing that spills out of the window. */
export const spills = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
