import { execFile, type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium, expect, type Page } from "@playwright/test";
import type { RecordingSession } from "@/api/sessions";
import { wavHeader } from "@/audio/wav";
import type { PersonsApi } from "./fixtures";

/** What these tests read of a recording that the browser keeps. */
interface Kept {
  gaps: Gap[];
  [field: string]: unknown;
}

interface Gap {
  start: number;
  frames: number;
  lost: number;
  why: string;
}

const HERE = dirname(fileURLToPath(import.meta.url));
const RATE = 44_100;

/** Noise without zeros: each stretch of it is found at one place only. */
export function noise(seconds: number): Int16Array<ArrayBuffer> {
  let state = 20_261_130;
  return Int16Array.from({ length: seconds * RATE }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return ((state >>> 16) % 16_000) - 8000 || 1;
  });
}

const folder = mkdtempSync(join(tmpdir(), "unplugd-takes-"));

/** What the browser's fake microphone plays, over and over: samples, interleaved where there are two channels. */
export function fakeMicrophone(sound: Int16Array<ArrayBuffer>, channels = 1): string[] {
  const path = join(folder, `microphone-${channels}.wav`);
  const header = wavHeader(sound.length / channels, { channels });
  writeFileSync(path, Buffer.concat([header, Buffer.from(sound.buffer)]));
  return [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    `--use-file-for-fake-audio-capture=${path}`,
  ];
}

/** Frames of the take that are on the disk, as the page shows. */
export const length = async (page: Page) => Number(await page.getByTestId("length").getAttribute("data-frames"));

export const longerThan = (page: Page, seconds: number) =>
  expect.poll(() => length(page), { intervals: [50] }).toBeGreaterThan(seconds * RATE);

/** The person's only take, once its sound is joined. */
export async function joined(api: PersonsApi): Promise<RecordingSession> {
  let take: RecordingSession | undefined;
  await expect
    .poll(async () => {
      const { data } = await api.call<{ data: { sessionId: string }[] }>("GET", "/sessions");
      take = data[0] && (await api.call<RecordingSession>("GET", `/sessions/${data[0].sessionId}`));
      return take?.status;
    })
    .toBe("READY");
  if (!take) throw new Error("there is no take");
  return take;
}

export async function samplesOf(take: RecordingSession): Promise<Int16Array> {
  const path = join(folder, `${take.sessionId}.flac`);
  await writeFile(path, Buffer.from(await (await fetch(take.takeUrl ?? "")).arrayBuffer()));
  const python = join(dirname(dirname(HERE)), ".venv/bin/python");
  const options = { encoding: "buffer", maxBuffer: 2 ** 28 } as const;
  const { stdout } = await promisify(execFile)(python, [join(HERE, "take-pcm.py"), path], options);
  return new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length / 2).slice();
}

/** What the page has noted of its takes. */
export const noted = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<Kept[]>((resolve, reject) => {
        const open = indexedDB.open("unplugd.capture");
        open.onerror = () => reject(open.error);
        open.onsuccess = () => {
          const all = open.result.transaction("recordings").objectStore("recordings").getAll();
          all.onsuccess = () => resolve(all.result as Kept[]);
        };
      }),
  );

/** From its next document on, what a page sends to the loudspeaker comes back as its microphone, later by so many frames. */
export const loopBack = (page: Page, frames: number) =>
  page.addInitScript((delay) => {
    const loops = new WeakMap<BaseAudioContext, DelayNode>();
    const loopOf = (context: BaseAudioContext) => {
      const loop = loops.get(context) ?? new DelayNode(context, { delayTime: delay / 44_100, maxDelayTime: 1 });
      loops.set(context, loop);
      return loop;
    };
    const connect = AudioNode.prototype.connect as (this: AudioNode, to: AudioNode, ...rest: number[]) => AudioNode;
    AudioNode.prototype.connect = function (this: AudioNode, to: AudioNode, ...rest: number[]) {
      if (to instanceof AudioDestinationNode) connect.call(this, loopOf(this.context));
      return connect.call(this, to, ...rest);
    } as AudioNode["connect"];
    AudioContext.prototype.createMediaStreamSource = function () {
      return loopOf(this) as unknown as MediaStreamAudioSourceNode;
    };
  }, frames);

/** Has the recorder measure how late sound comes back: milliseconds. */
export async function measureLatency(page: Page): Promise<number> {
  const button = (name: string) => page.getByRole("button", { name, exact: true });
  const recorder = page.getByRole("region", { name: "Recorder" });
  await button("New take").click();
  await button("Settings").click();
  await button("Measure it").click();
  await expect(recorder).toContainText("(measured)");
  return Number(/late by ([\d.]+) ms/.exec((await recorder.textContent()) ?? "")?.[1]);
}

/** The stretches of a take between its gaps, each with its place in the source; null where it is not there to the bit. */
export function exactRuns(take: Int16Array, source: Int16Array, gaps: readonly Gap[]) {
  const edges = [0, ...gaps.flatMap(({ start, frames }) => [start, start + frames]), take.length];
  const runs: { from: number; frames: number; at: number | null }[] = [];
  for (let i = 0; i < edges.length; i += 2) {
    const [from = 0, to = 0] = [edges[i], edges[i + 1]];
    const run = take.subarray(from, to);
    if (run.length > 0) runs.push({ from, frames: run.length, at: placeOf(run, source) });
  }
  return runs;
}

/** Where the source has exactly this; its end is followed by its beginning. */
function placeOf(run: Int16Array, source: Int16Array): number | null {
  for (let at = 0; at < source.length; at++) {
    let same = 0;
    while (same < run.length && run[same] === source[(at + same) % source.length]) same++;
    if (same === run.length) return at;
  }
  return null;
}

/** A browser of its own, which can be killed as a crash does it. */
export async function ownBrowser(profile: string, args: readonly string[], executable: string) {
  const child: ChildProcess = spawn(
    executable,
    [
      ...["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0"],
      ...["--autoplay-policy=no-user-gesture-required", `--user-data-dir=${profile}`, ...args, "about:blank"],
    ],
    { stdio: ["ignore", "ignore", "pipe"], detached: true },
  );
  const address = await new Promise<string>((resolve, reject) => {
    let said = "";
    child.stderr?.on("data", (text: Buffer) => {
      said += text.toString();
      const found = /DevTools listening on (\S+)/.exec(said)?.[1];
      if (found) resolve(found);
    });
    child.on("exit", () => reject(new Error(`the browser has ended: ${said}`)));
  });
  const browser = await chromium.connectOverCDP(address);
  const [context] = browser.contexts();
  const page = await context?.newPage();
  if (!page) throw new Error("the browser has no page");
  return {
    page,
    /** All its processes at once, without a word to them. */
    async kill() {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      if (child.pid) process.kill(-child.pid, "SIGKILL");
      await gone;
    },
  };
}

export const freshProfile = () => mkdtempSync(join(tmpdir(), "unplugd-profile-"));

/** Signs a browser of its own in, and opens the page. */
export async function enter(page: Page, site: string, session: string): Promise<void> {
  await page.goto(`${site}/config.json`);
  await page.evaluate((session) => localStorage.setItem("unplugd.session", session), session);
  await page.goto(site);
}
