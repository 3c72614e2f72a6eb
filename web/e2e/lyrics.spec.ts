import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import type { Lyrics, Song } from "@/api/client";
import { expect, type PersonsApi, signIn, test } from "./fixtures";

/** How far (seconds) what is marked may be from what is sung. */
const NEAR = 0.1;
/** The karaoke view is so much early. */
const LEAD = 0.25;

const lyricsOf = (api: PersonsApi, { songId }: Song) => api.call<Lyrics>("GET", `/songs/${songId}/lyrics`);
const panel = (page: Page) => page.getByRole("region", { name: "Lyrics" });
const words = (page: Page) => panel(page).locator("[data-word]");
const button = (at: Page | Locator, name: string) => at.getByRole("button", { name, exact: true });

async function open(page: Page, song: Song, view = ""): Promise<void> {
  await page.goto(`/songs/${song.songId}${view}`);
  await expect(page.locator("[data-word]").first()).toBeVisible();
}

interface Sample {
  /** Where the playhead is drawn (seconds), and the word and line that are marked in the same frame. */
  position: number;
  word: number;
  line: number;
}

/** What stands on the page at the end of the next frame. */
function look(page: Page, song: Song): Promise<Sample> {
  return page.evaluate(
    (durationSec) =>
      new Promise<Sample>((resolve) =>
        requestAnimationFrame(() =>
          setTimeout(() => {
            const head = document.querySelector<HTMLElement>("[role=slider][aria-label=Position] > :last-child");
            const share = /translateX\(([-\d.e]+)%\)/.exec(head?.style.transform ?? "")?.[1] ?? "NaN";
            const word = document.querySelector<HTMLElement>("[data-now]");
            const line = document.querySelector("li[aria-current]");
            resolve({
              position: (Number(share) / 100) * durationSec,
              word: word ? Number(word.dataset.word) : -1,
              line: line?.parentElement ? [...line.parentElement.children].indexOf(line) : -1,
            });
          }),
        ),
      ),
    song.durationSec ?? 0,
  );
}

/** Whether `sample` marks what `lyrics` say is sung there; else a sentence that says what is wrong. */
function misfit({ position, word, line }: Sample, { segments, offsetMs }: Lyrics): string | null {
  const at = position - offsetMs / 1000;
  const marked = segments[line]?.words[word];
  if (marked) {
    const fits = at >= marked.start - NEAR && at <= marked.end + NEAR;
    return fits ? null : `"${marked.word}" (${marked.start} to ${marked.end}) is marked at ${at}`;
  }
  const sung = segments.flatMap((one) => one.words).find((one) => at >= one.start + NEAR && at <= one.end - NEAR);
  return sung ? `nothing is marked at ${at}, while "${sung.word}" is sung` : null;
}

/** A short song with these lines, each of them as long as a second and a half; its words are timed. */
async function songWith(api: PersonsApi, song: Song, lines: string[]): Promise<void> {
  const segments = lines.map((text, i) => {
    const start = i * 1.5 + 0.5;
    const parts = text.split(" ");
    const each = 1.2 / parts.length;
    const words = parts.map((word, at) => ({ word, start: start + at * each, end: start + (at + 1) * each }));
    return { text, start, end: start + 1.2, words };
  });
  await api.call("PUT", `/songs/${song.songId}/lyrics`, { version: song.lyricsVersion, segments, source: "supplied" });
}

async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

const spills = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

test("while it plays, the word under the playhead is the one that is marked", async ({ page, listener }) => {
  const { api, person, song } = listener;
  const lyrics = await lyricsOf(api, song);
  await signIn(page, person);
  await open(page, song);
  await words(page).nth(3).click();
  await page.keyboard.press("Escape");
  await button(page, "Play").click();
  const samples: Sample[] = [];
  await expect
    .poll(
      async () => {
        samples.push(await look(page, song));
        return samples.at(-1)?.position;
      },
      { intervals: [50], timeout: 60_000 },
    )
    .toBeGreaterThan(17);
  expect(samples.map((one) => misfit(one, lyrics)).filter(Boolean)).toEqual([]);
  // Not one long look at nothing: many words were marked, and in their order.
  const marked = samples.filter(({ word }) => word >= 0).map(({ line, word }) => line * 100 + word);
  expect(new Set(marked).size).toBeGreaterThan(8);
  expect(marked).toEqual(marked.toSorted((a, b) => a - b));
});

test("a word leads to where it is sung, by the pointer and by keys", async ({ page, listener }) => {
  const { api, person, song } = listener;
  const { segments } = await lyricsOf(api, song);
  await signIn(page, person);
  await open(page, song);
  const second = segments[1]?.words ?? [];
  const line = panel(page).getByRole("listitem").nth(1);
  await line.locator("[data-word]").nth(2).click();
  await expect.poll(async () => (await look(page, song)).position).toBeCloseTo(second[2]?.start ?? NaN, 1);
  await expect(line.locator("[data-word]").nth(2)).toHaveAttribute("data-now");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  await expect.poll(async () => (await look(page, song)).position).toBeCloseTo(second[1]?.start ?? NaN, 1);
  await page.keyboard.press("ArrowDown");
  await expect(panel(page).getByRole("listitem").nth(2).locator("[data-word]").first()).toBeFocused();
  await page.keyboard.press("Home");
  await expect(words(page).first()).toBeFocused();
  // The whole list is one stop of the Tab key.
  await page.keyboard.press("Tab");
  expect(await words(page).evaluateAll((all) => all.some((one) => one === document.activeElement))).toBe(false);
});

test("the list follows what is sung until somebody scrolls, and again when asked", async ({ page, listener }) => {
  const { person, song } = listener;
  await page.setViewportSize({ width: 360, height: 560 });
  await signIn(page, person);
  await open(page, song);
  const last = panel(page).getByRole("listitem").last();
  await words(page).first().focus();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await expect(last).toHaveAttribute("aria-current", "true");
  await expect(last).toBeInViewport();
  await expect(button(page, "Follow")).toBeHidden();
  await last.hover();
  await page.mouse.wheel(0, -2000);
  await expect(last).not.toBeInViewport();
  await button(page, "Follow").click();
  await expect(last).toBeInViewport();
  await expect(button(page, "Follow")).toBeHidden();
});

test("a song without words says what to do; pasted words are timed while one looks on", async ({
  signedIn: page,
  finishedSong,
  api,
}) => {
  const song = await finishedSong();
  await page.goto(`/songs/${song.songId}`);
  await expect(panel(page).getByRole("heading", { name: "The words could not be written" })).toBeVisible();
  await button(panel(page), "Add words").click();
  const dialog = page.getByRole("dialog", { name: "Add words" });
  await dialog.getByLabel("Words").fill("[00:03.00]Morning in a quiet room\n[00:xx.00]I sing the line");
  await button(dialog, "Add").click();
  await expect(dialog.getByRole("alert")).toContainText("line 2");
  await dialog.getByLabel("Words").fill("Morning in a quiet room\nI sing the line");
  await button(dialog, "Add").click();
  await expect(dialog).toBeHidden();
  await expect(panel(page).getByText(/In line to be timed|Listening for when/)).toBeVisible();
  await expect(panel(page)).toContainText("I sing the line");
  // Without a reload: the run ends, and the words can be pressed.
  await expect(words(page).first()).toBeVisible({ timeout: 60_000 });
  await expect(panel(page).getByText(/In line to be timed|Listening for when/)).toBeHidden();
  expect((await lyricsOf(api, song)).timed).toBe("words");
});

test("a file in another encoding is asked about, not guessed", async ({ signedIn: page, finishedSong, api }) => {
  const song = await finishedSong();
  await page.goto(`/songs/${song.songId}`);
  await button(panel(page), "Add words").click();
  const dialog = page.getByRole("dialog", { name: "Add words" });
  // "[00:01.00]Привет" in Windows-1251.
  const buffer = Buffer.concat([Buffer.from("[00:01.00]"), Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2])]);
  await dialog.getByLabel("Lyrics file").setInputFiles({ name: "song.lrc", mimeType: "text/plain", buffer });
  await button(dialog, "Add").click();
  await expect(dialog.getByRole("alert")).toContainText("encoding");
  await expect(button(dialog, "Add")).toBeDisabled();
  await dialog.getByLabel("What is the file written in?").selectOption("windows-1251");
  await button(dialog, "Add").click();
  await expect(dialog).toBeHidden();
  await expect(panel(page)).toContainText("Привет");
  expect((await lyricsOf(api, song)).segments[0]?.text).toBe("Привет");
});

test("the offset moves what is marked at once, and is kept", async ({ signedIn: page, finishedSong, api }) => {
  const song = await finishedSong();
  await songWith(api, song, ["one two three", "four five six"]);
  await open(page, song);
  await words(page).nth(1).click(); // two: 0.9 to 1.3
  await expect(words(page).nth(1)).toHaveAttribute("data-now");
  for (let i = 0; i < 8; i++) await button(page, "Show the words later").click();
  await expect(words(page).nth(0)).toHaveAttribute("data-now");
  await expect(words(page).nth(1)).not.toHaveAttribute("data-now");
  await expect.poll(async () => (await lyricsOf(api, song)).offsetMs).toBe(400);
  await page.reload();
  await expect(panel(page).getByText("0.40 s later")).toBeVisible();
  const version = (await lyricsOf(api, song)).version;
  await page.getByRole("slider", { name: "Shift of the words" }).press("ArrowLeft");
  await expect.poll(async () => (await lyricsOf(api, song)).offsetMs).toBe(350);
  expect((await lyricsOf(api, song)).version).toBe(version + 1);
});

test("edited words are saved with their times, survive a reload, show markup as text, and can be taken back", async ({
  signedIn: page,
  finishedSong,
  api,
}) => {
  const song = await finishedSong();
  await songWith(api, song, ["one two three", "four five six"]);
  await open(page, song);
  await button(panel(page), "Edit").click();
  await page.getByLabel("Line 1", { exact: true }).fill("one <img src=x onerror=alert(1)> three");
  // The page is closed by mistake: what was written is there again.
  await expect.poll(() => page.evaluate(() => Object.keys(localStorage).join())).toContain("lyricsDraft");
  page.once("dialog", (dialog) => void dialog.accept());
  await page.reload();
  await button(page, "Go on editing").click();
  await expect(page.getByLabel("Line 1", { exact: true })).toHaveValue("one <img src=x onerror=alert(1)> three");
  await page.getByLabel("Line 2", { exact: true }).focus();
  await button(page, "50 ms later").click();
  await button(page, "Save").click();
  await expect(words(page).first()).toBeVisible();
  await expect(panel(page).getByText("one <img src=x onerror=alert(1)> three")).toBeVisible();
  await expect(panel(page).locator("img")).toHaveCount(0);

  const saved = await lyricsOf(api, song);
  expect(saved.source).toBe("edited");
  expect(saved.nudges).toEqual({ 1: 50 });
  expect(saved.segments[0]?.words.at(0)).toMatchObject({ word: "one", start: 0.5 });
  expect(saved.segments[0]?.words.at(-1)).toMatchObject({ word: "three", start: 1.3 });
  await page.reload();
  await expect(panel(page).getByText("one <img src=x onerror=alert(1)> three")).toBeVisible();
  await expect(panel(page).getByText("Edited")).toBeVisible();
  expect(await page.evaluate(() => Object.keys(localStorage).join())).not.toContain("lyricsDraft");

  await button(panel(page), "More for the lyrics").click();
  await page.getByRole("menuitem", { name: "Back to the machine's words" }).click();
  await button(page.getByRole("dialog"), "Take mine out").click();
  await expect(words(page)).toHaveCount(0);
  await button(page.getByRole("region", { name: "Messages" }), "Undo").click();
  await expect(panel(page).getByText("one <img src=x onerror=alert(1)> three")).toBeVisible();
  expect((await lyricsOf(api, song)).segments).toEqual(saved.segments);
});

test("two tabs edit the same words: the second is told, and nothing is lost", async ({
  signedIn: page,
  context,
  finishedSong,
  api,
}) => {
  const song = await finishedSong();
  await songWith(api, song, ["one two three", "four five six"]);
  const other = await context.newPage();
  for (const tab of [page, other]) {
    await open(tab, song);
    await button(panel(tab), "Edit").click();
  }
  await page.getByLabel("Line 1", { exact: true }).fill("mine");
  await other.getByLabel("Line 1", { exact: true }).fill("theirs");
  await button(other, "Save").click();
  await expect(button(panel(other), "Edit")).toBeVisible();

  await button(page, "Save").click();
  const dialog = page.getByRole("dialog", { name: "Changed in another tab" });
  await expect(dialog.getByRole("list", { name: /^Yours/ })).toHaveText("mine");
  await expect(dialog.getByRole("list", { name: /^Theirs/ })).toHaveText("theirs");
  expect((await lyricsOf(api, song)).segments[0]?.text).toBe("theirs");
  await button(dialog, "Take theirs").click();
  await expect(page.getByLabel("Line 1", { exact: true })).toHaveValue("theirs");
  await button(page, "Undo").click();
  await expect(page.getByLabel("Line 1", { exact: true })).toHaveValue("mine");
  await button(page, "Save").click();
  await expect(button(panel(page), "Edit")).toBeVisible();
  expect((await lyricsOf(api, song)).segments[0]?.text).toBe("mine");
  await other.close();
});

test("another tab that only moved the offset is no conflict", async ({ signedIn: page, finishedSong, api }) => {
  const song = await finishedSong();
  await songWith(api, song, ["one two three"]);
  await open(page, song);
  await button(panel(page), "Edit").click();
  await page.getByLabel("Line 1", { exact: true }).fill("one 2 three");
  const { version } = await lyricsOf(api, song);
  await api.call("PUT", `/songs/${song.songId}/lyrics`, { version, offsetMs: 250 });
  await button(page, "Save").click();
  await expect(button(panel(page), "Edit")).toBeVisible();
  expect(await lyricsOf(api, song)).toMatchObject({ offsetMs: 250, segments: [{ text: "one 2 three" }] });
});

test("by keys alone: split, join, nudge, undo, tap along, save", async ({ signedIn: page, finishedSong, api }) => {
  const song = await finishedSong();
  await songWith(api, song, ["one two three", "four five six", "seven eight nine"]);
  await open(page, song);
  await button(panel(page), "Edit").press("Enter");
  const line = (number: number) => page.getByLabel(`Line ${number}`, { exact: true });
  await line(1).focus();
  await page.keyboard.press("Home");
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect(line(2)).toHaveValue("two three");
  await expect(line(2)).toBeFocused();
  await page.keyboard.press("Backspace");
  await expect(line(1)).toHaveValue("one two three");
  await page.keyboard.press("Alt+ArrowRight");
  await expect(button(page, "Play Line 1 from 0:00.55")).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect(button(page, "Play Line 1 from 0:00.50")).toBeVisible();

  await line(2).focus();
  await button(page, "Tap along").press("Enter");
  const tap = page.getByRole("button", { name: /^Tap .* four five six$/ });
  await expect(tap).toBeFocused();
  await expect.poll(async () => (await look(page, song)).position).toBeGreaterThan(0.2);
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: /^Tap .* seven eight nine$/ })).toBeFocused();
  await page.keyboard.press("Escape");
  // Space was the tap's: it still plays.
  await expect(button(page, "Pause")).toBeVisible();
  await page.keyboard.press("Control+s");
  await expect(button(panel(page), "Edit")).toBeVisible();
  const { nudges, segments } = await lyricsOf(api, song);
  expect(Object.keys(nudges)).toEqual(["1"]);
  expect(segments.map(({ text }) => text)).toEqual(["one two three", "four five six", "seven eight nine"]);
});

test("in the karaoke view the line that is sung is large, early by a moment, on a TV and on a phone", async ({
  page,
  listener,
}) => {
  const { api, person, song } = listener;
  const { segments } = await lyricsOf(api, song);
  await signIn(page, person);
  await open(page, song);
  await words(page).nth(5).click();
  await page.getByRole("banner").getByRole("button", { name: "Sing" }).click(); // "Sing" is also sung
  const now = page.locator("[aria-current=true]").filter({ has: page.locator("[data-sung]") });
  await expect(now).toHaveText(segments[1]?.text ?? "");
  for (const [width, height, least] of [
    [1920, 1080, 72],
    [360, 740, 26],
  ] as const) {
    await page.setViewportSize({ width, height });
    await expect(now).toBeInViewport({ ratio: 1 });
    expect(await now.evaluate((line) => parseFloat(getComputedStyle(line).fontSize))).toBeGreaterThanOrEqual(least);
    expect(await spills(page)).toBe(false);
    expect(await violations(page)).toEqual([]);
  }
  await button(page, "Play").click();
  // Sampled in one frame: what is filled is what is sung a quarter of a second later.
  const off = await page.evaluate(
    ([durationSec, lead, near, lines]) =>
      new Promise<string[]>((resolve) => {
        const wrong: string[] = [];
        let frames = 0;
        const step = () => {
          // The studio behind this view keeps a playhead of its own, which rests.
          const bars = [...document.querySelectorAll<HTMLElement>("[role=slider][aria-label=Position]")];
          const head = bars.find((bar) => bar.checkVisibility())?.lastElementChild as HTMLElement | null | undefined;
          const share = Number(/translateX\(([-\d.e]+)%\)/.exec(head?.style.transform ?? "")?.[1]);
          const at = (share / 100) * durationSec + lead;
          const filling = document.querySelector<HTMLElement>("[data-sung=part]");
          const text = filling?.closest("p")?.textContent;
          const word = lines.find((line) => line.text === text)?.words[Number(filling?.dataset.word)];
          if (word) frames++;
          if (word && (at < word.start - near || at > word.end + near)) wrong.push(`${word.word} at ${at}`);
          if (at > 13.5) resolve(frames ? wrong : ["no word was ever filled"]);
          else requestAnimationFrame(() => setTimeout(step));
        };
        step();
      }),
    [song.durationSec ?? 0, LEAD, NEAR, segments] as const,
  );
  expect(off).toEqual([]);
  await expect(now).toHaveText(segments[2]?.text ?? "");
});

test("a pause is counted down to in the karaoke view", async ({ signedIn: page, finishedSong, api }) => {
  const song = await finishedSong();
  const lines = [{ text: "late", start: 6, end: 7, words: [{ word: "late", start: 6, end: 7 }] }];
  await api.call("PUT", `/songs/${song.songId}/lyrics`, { version: song.lyricsVersion, segments: lines });
  await open(page, song, "/sing");
  await expect(page.getByText("0:06")).toBeVisible();
  await page.keyboard.press("ArrowRight"); // five seconds on
  await expect(page.locator("[data-dots]")).toHaveAttribute("data-dots", "1");
});

test("on a phone all of it is reached, in both colours, and axe finds nothing", async ({ page, listener }) => {
  const { person, song } = listener;
  await page.setViewportSize({ width: 360, height: 740 });
  await signIn(page, person);
  for (const theme of ["dark", "light"]) {
    await page.evaluate((chosen) => localStorage.setItem("unplugd.theme", chosen), theme);
    await open(page, song);
    expect(await spills(page)).toBe(false);
    expect(await violations(page)).toEqual([]);
    await button(panel(page), "Edit").click();
    await page.getByLabel("Line 1", { exact: true }).focus();
    await expect(button(page, "Delete this line")).toBeInViewport();
    expect(await spills(page)).toBe(false);
    expect(await violations(page)).toEqual([]);
    await button(page, "Close").click();
    await button(panel(page), "More for the lyrics").click();
    await page.getByRole("menuitem", { name: "Paste or open a file" }).click();
    await expect(page.getByRole("dialog", { name: "Replace all words" })).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
  }
});
