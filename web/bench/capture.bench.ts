/** `make bench-capture`: how soon the recorder goes on, and how exact it is. Each test writes its own keys. */
import type { Page } from "@playwright/test";
import { expect, openAs, signUp, test } from "../e2e/fixtures";
import {
  exactRuns,
  fakeMicrophone,
  joined,
  longerThan,
  loopBack,
  measureLatency,
  noise,
  noted,
  samplesOf,
} from "../e2e/takes";
import { keep, median, renderers, rounded, seams } from "./capture";

const RATE = 44_100;
const RELOADS = 5;
/** Frames. */
const DELAYS = [441, 1654, 4000, 9999, 20_000];
/** How long the browser’s sound pauses, in ms. */
const STOPS = [80, 150, 300, 500, 800, 1300];

const source = noise(40);
const fake = fakeMicrophone(source);
test.use({
  launchOptions: async ({ launchOptions }, give) =>
    give({ ...launchOptions, args: [...(launchOptions.args ?? []), ...fake] }),
});

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const onTheWay = (page: Page) => page.getByRole("list", { name: "Takes on their way" });
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function begin(page: Page) {
  await button(page, "New take").click();
  await button(page, "Start recording").click();
}

async function finish(page: Page) {
  await button(page, "Finish").click();
  await expect(onTheWay(page)).toContainText("It has arrived.", { timeout: 300_000 });
}

/** Resolves with the moment (ms since 1970) at which the page asks for something like this. */
const asked = (page: Page, method: string, like: RegExp) =>
  page.waitForRequest((one) => one.method() === method && like.test(one.url())).then(() => Date.now());
const WINDOW = /\/window_\d{3}\/audio\.wav/;

/** No window gets through until `page.unroute(WINDOW)`. */
const hold = (page: Page) =>
  page.route(WINDOW, (route) => (route.request().method() === "PUT" ? route.abort() : route.continue()));

test("how soon a reload goes on uploading", async ({ stack, browser, page }) => {
  const api = await signUp(stack);
  await openAs(page, api.person);
  await hold(page);
  await begin(page);
  await longerThan(page, 2);
  const parked = asked(page, "PUT", WINDOW);
  await button(page, "Finish").click();
  await parked;
  const resumed: number[] = [];
  for (let run = 0; run < RELOADS; run++) {
    const began = Date.now();
    await page.reload({ waitUntil: "commit" }); // what is asked for from now on is the new page's
    resumed.push(((await asked(page, "PUT", WINDOW)) - began) / 1000);
  }
  await page.unroute(WINDOW);
  await page.reload();
  await expect(onTheWay(page)).toContainText("It has arrived.");
  await keep(
    { resume_s: rounded(Math.max(...resumed), 2), resume_median_s: rounded(median(resumed), 2) },
    {
      resume: `from reload to the PUT of a window, worst of ${RELOADS}`,
    },
    browser,
  );
});

test("how exactly a loop is measured", async ({ stack, browser }) => {
  const errors: number[] = [];
  for (const delay of DELAYS) {
    const context = await browser.newContext({ baseURL: stack.webUrl });
    const page = await context.newPage();
    await loopBack(page, delay);
    await openAs(page, (await signUp(stack)).person);
    errors.push(Math.abs((await measureLatency(page)) - (1000 * delay) / RATE));
    await context.close();
  }
  await keep(
    { latency_error_ms: rounded(Math.max(...errors), 3) },
    { latency: `worst of loops of ${DELAYS.join(", ")} frames; the page shows tenths of a ms` },
    browser,
  );
});

test("whether the gaps are noted, and the rest is exact", async ({ stack, browser, page }) => {
  const api = await signUp(stack);
  const processes = await browser.newBrowserCDPSession();
  await openAs(page, api.person);
  await begin(page);
  await longerThan(page, 4);
  for (const ms of STOPS) {
    const stopped = await renderers(processes);
    stopped.forEach((id) => process.kill(id, "SIGSTOP"));
    await sleep(ms);
    stopped.forEach((id) => process.kill(id, "SIGCONT"));
    await sleep(3000);
  }
  await finish(page);
  const samples = await samplesOf(await joined(api));
  const [row] = await noted(page);
  const noticed = row?.gaps ?? [];
  const real = seams(samples, source);
  const touches = (seam: { start: number; frames: number }) =>
    noticed.some((gap) => gap.start <= seam.start + seam.frames && seam.start <= gap.start + gap.frames);
  const runs = exactRuns(samples, source, noticed);
  console.log(JSON.stringify({ real, noticed }));
  await keep(
    {
      exact_runs: runs.filter(({ at }) => at !== null).length,
      runs: runs.length,
      gaps_reported: real.filter(touches).length,
      gaps_forced: real.length,
    },
    {
      gaps: `the renderer stood still for ${STOPS.join(", ")} ms; forced: places where the take does not go on as its source does`,
      exact: "runs between noticed gaps that are the source's to the bit",
    },
    browser,
  );
});
