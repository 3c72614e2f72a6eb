import type { Page } from "@playwright/test";
import { violations } from "./axe";
import { expect, test } from "./fixtures";
import {
  at,
  AUDIBLE,
  bar,
  button,
  enter,
  hearStatus,
  loudness,
  openPlayer,
  placeOfBar,
  pressed,
  SILENT,
  sing,
  spills,
  status,
} from "./player-page";

let songUrl: string;
test.beforeEach(async ({ page, listener }) => {
  songUrl = await enter(page, listener);
});
const open = (page: Page, path = songUrl) => openPlayer(page, path);
/** Loops begin and end where they are set, also in a song whose bars are known. */
const anywhere = (page: Page) =>
  page.evaluate(
    (key) => localStorage.setItem(key, '{"version":1,"snap":false}'),
    songUrl.replace("/songs/", "unplugd.mix."),
  );

test("play is heard and moves the position; the space bar pauses", async ({ page }) => {
  await open(page);
  await expect(page).toHaveTitle("Unplugd Demo Band: One More Time · Unplugd");
  await expect(page.getByTestId("duration")).toHaveText("0:38");
  await button(page, "Play").click();
  await expect.poll(() => at(page)).toBeGreaterThanOrEqual(1);
  await expect.poll(() => loudness(page)).toBeGreaterThan(AUDIBLE);
  await page.keyboard.press("Space");
  await expect(button(page, "Play")).toBeVisible();
  await expect.poll(() => loudness(page)).toBeLessThan(SILENT);
});

test("a vocals-only mix falls to silence when the vocals are muted", async ({ page }) => {
  await open(page);
  await button(page, "Vocals only").click();
  await pressed(page, "Mute drums", true);
  await pressed(page, "Mute vocals", false);
  await bar(page).press("ArrowRight");
  await button(page, "Play").click();
  await expect.poll(() => loudness(page)).toBeGreaterThan(AUDIBLE);
  await page.keyboard.press("4");
  await pressed(page, "Mute vocals", true);
  await expect.poll(() => loudness(page)).toBeLessThan(SILENT);
  await expect(button(page, "Pause")).toBeVisible();
});

test("solo leaves one stem, by button and by key", async ({ page }) => {
  await open(page);
  await button(page, "Solo bass").click();
  await pressed(page, "Solo bass", true);
  await button(page, "Mute bass").click();
  await button(page, "Play").click();
  await expect.poll(() => at(page)).toBeGreaterThanOrEqual(1);
  expect(await loudness(page)).toBeLessThan(SILENT);
  await page.keyboard.press("Shift+Digit3");
  await pressed(page, "Solo other", true);
  await expect.poll(() => loudness(page)).toBeGreaterThan(AUDIBLE);
});

test("presets set the mix, and the one that is heard is marked", async ({ page }) => {
  await open(page);
  await pressed(page, "Balanced", true);
  await button(page, "Karaoke").click();
  await pressed(page, "Karaoke", true);
  await pressed(page, "Balanced", false);
  await pressed(page, "Mute vocals", true);
  await button(page, "Mute vocals").click();
  await pressed(page, "Balanced", true);
  await page.getByRole("slider", { name: "Volume of bass" }).press("ArrowLeft");
  await pressed(page, "Balanced", false);
});

test("seeking by keyboard, by a press on a waveform and by a drag", async ({ page }) => {
  await open(page);
  const position = bar(page);
  await expect(position).toHaveAttribute("aria-valuetext", "0:00 of 0:38");
  await page.keyboard.press("ArrowRight");
  await expect(position).toHaveAttribute("aria-valuetext", "0:05 of 0:38");
  await position.press("PageUp");
  await expect(position).toHaveAttribute("aria-valuetext", "0:35 of 0:38");
  await page.keyboard.press("Home");
  await expect(position).toHaveAttribute("aria-valuetext", "0:00 of 0:38");
  const box = await placeOfBar(page);
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await expect(position).toHaveAttribute("aria-valuetext", "0:19 of 0:38");
  await page.mouse.move(box.x + box.width / 2, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 4, box.y + 10, { steps: 5 });
  await page.mouse.up();
  await expect(position).toHaveAttribute("aria-valuetext", "0:09 of 0:38");
  const drums = page.getByRole("group", { name: "Drums" }).getByTestId("waveform");
  await drums.click({ force: true });
  await expect(position).toHaveAttribute("aria-valuetext", "0:19 of 0:38");
});

test("a loop by its two keys repeats", async ({ page }) => {
  await anywhere(page);
  await open(page);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("[");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("]");
  const loop = page.getByRole("group", { name: "Loop" });
  await expect(loop).toContainText("0:05.0");
  await expect(loop).toContainText("0:10.0");
  await button(page, "Play").click();
  const often = { intervals: [100] }; // each of these places lasts a second, and comes again
  await expect.poll(() => at(page), often).toBe(9);
  await expect.poll(() => at(page), often).toBe(5);
  await button(page, "Stop repeating (\\)").click();
  await expect.poll(() => at(page)).toBeGreaterThanOrEqual(11);
});

test("a loop by a drag, with Shift or with the button", async ({ page }) => {
  await anywhere(page);
  await open(page);
  const box = await placeOfBar(page);
  const drag = async (from: number, to: number) => {
    await page.mouse.move(box.x + box.width * from, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * to, box.y + 10, { steps: 5 });
    await page.mouse.up();
  };
  const loop = page.getByRole("group", { name: "Loop" });
  await button(page, "Loop").click();
  await expect(status(page)).toHaveText("Drag over a waveform to choose what repeats.");
  await drag(0.75, 0.5);
  await expect(loop).toContainText("0:19.2");
  await expect(loop).toContainText("0:28.8");
  await pressed(page, "Loop", false);
  await page.keyboard.down("Shift");
  await drag(0.25, 0.5);
  await page.keyboard.up("Shift");
  await expect(loop).toContainText("0:09.6");
});

test("speed and key go in steps to their ends and back by a press", async ({ page }) => {
  await open(page);
  const speed = page.getByRole("group", { name: "Speed" });
  for (let press = 0; press < 10; press++) await page.keyboard.press("-");
  await expect(speed).toContainText("50 %");
  await expect(button(page, "Slower (−)")).toBeDisabled();
  await button(page, "Faster (+)").click();
  await expect(speed).toContainText("55 %");
  await speed.getByRole("button", { name: /reset/ }).click();
  await expect(speed).toContainText("100 %");
  const key = page.getByRole("group", { name: "Key" });
  await key.getByRole("button", { name: /higher/ }).click();
  await expect(key).toContainText("+1");
  await button(page, "Play").click();
  await expect.poll(() => loudness(page)).toBeGreaterThan(AUDIBLE);
  await key.getByRole("button", { name: /reset/ }).click();
  await expect(key).toContainText("0");
});

test("count-in: clicks come before the song", async ({ page }) => {
  await open(page);
  await page.getByRole("switch", { name: "Count-in" }).click();
  const said = await hearStatus(page);
  await button(page, "Play").click();
  await expect.poll(said).toContain("Counting in…");
  await expect.poll(() => loudness(page)).toBeGreaterThan(AUDIBLE);
  await expect.poll(() => at(page)).toBeGreaterThanOrEqual(1);
});

test("a reload keeps the song's mix; reset forgets it", async ({ page }) => {
  await anywhere(page);
  await open(page);
  await button(page, "Mute drums").click();
  await page.getByRole("slider", { name: "Volume of other" }).press("Home");
  await page.keyboard.press("Shift+Digit2");
  await page.keyboard.press("-");
  await page.getByRole("group", { name: "Key" }).getByRole("button", { name: /lower/ }).click();
  await page.getByRole("switch", { name: "Count-in" }).click();
  await page.keyboard.press("]"); // at 0: the shortest loop
  await open(page);
  await pressed(page, "Mute drums", true);
  await pressed(page, "Solo bass", true);
  await expect(page.getByRole("slider", { name: "Volume of other" })).toHaveAttribute("aria-valuenow", "0");
  await expect(page.getByRole("group", { name: "Speed" })).toContainText("95 %");
  await expect(page.getByRole("group", { name: "Key" })).toContainText("−1");
  await expect(page.getByRole("switch", { name: "Count-in" })).toBeChecked();
  await expect(page.getByRole("group", { name: "Loop" })).toContainText("0:00.5");
  await button(page, "Reset mix").click();
  await pressed(page, "Balanced", true);
  await expect(button(page, "Reset mix")).toBeDisabled();
  await open(page);
  await pressed(page, "Mute drums", false);
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("unplugd.mix")))).toEqual(
    [],
  );
});

test("by keyboard alone", async ({ page }) => {
  await open(page);
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
  const tabTo = async (name: string) => {
    for (let press = 0; press < 60; press++) {
      if ((await focused()) === name) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`Tab never came to ${name}`);
  };
  await tabTo("Mute vocals");
  await page.keyboard.press("Space");
  await pressed(page, "Mute vocals", true);
  await expect(button(page, "Play")).toBeVisible();
  await tabTo("Volume of vocals");
  await page.keyboard.press("ArrowLeft");
  await expect(page.getByRole("slider", { name: "Volume of vocals" })).toHaveAttribute("aria-valuetext", "99 percent");
  expect(await at(page)).toBe(0);
  await tabTo("Position");
  await page.keyboard.press("ArrowRight");
  await expect(bar(page)).toHaveAttribute("aria-valuenow", "5");
  await tabTo("Play");
  await page.keyboard.press("Enter");
  await expect(button(page, "Pause")).toBeVisible();
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard" });
  await expect(help).toBeVisible();
  await page.keyboard.press("1");
  await page.keyboard.press("Escape");
  await expect(help).toBeHidden();
  await pressed(page, "Mute drums", false);
});

test("a click leaves the space bar to the player", async ({ page }) => {
  await open(page);
  await button(page, "Mute bass").click();
  await page.keyboard.press("Space");
  await expect(button(page, "Pause")).toBeVisible();
  await pressed(page, "Mute bass", true);
});

test("the singing view hides its controls while it plays, and Escape leaves it", async ({ page }) => {
  await page.setViewportSize({ width: 1920, height: 1080 });
  await open(page);
  await sing(page).click();
  await expect(page).toHaveURL(/\/sing$/);
  await button(page, "Play").click();
  const leave = button(page, "Leave the singing view (Esc)");
  await expect(leave.locator("..")).toHaveCSS("opacity", "0");
  // A hand moves again when it sees nothing.
  let moves = 0;
  await expect(async () => {
    await page.mouse.move(300 + (moves++ % 2), 300);
    await expect(leave.locator("..")).toHaveCSS("opacity", "1", { timeout: 1000 });
  }).toPass();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(new RegExp(`${songUrl}$`));
  await expect(button(page, "Pause")).toBeVisible();
  await page.goForward();
  await expect(leave).toBeAttached();
  await page.goBack();
  await expect(sing(page)).toBeVisible();
});

test("the singing view by its address: leaving it leads to the song", async ({ page }) => {
  await open(page, `${songUrl}/sing`);
  await button(page, "Leave the singing view (Esc)").click();
  await expect(page).toHaveURL(new RegExp(`${songUrl}$`));
  await expect(sing(page)).toBeVisible();
});

test("on a phone everything is there, one tab away", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page);
  expect(await spills(page)).toBe(false);
  await page.getByRole("tab", { name: "Mixer" }).click();
  for (const name of ["Mute drums", "Karaoke", "Slower (−)", "Loop"]) await expect(button(page, name)).toBeVisible();
  await expect(page.getByRole("slider", { name: "Volume", exact: true })).toBeVisible();
  expect(await spills(page)).toBe(false);
  await expect(button(page, "Play")).toBeInViewport();
  expect(await violations(page)).toEqual([]);
  await page.getByRole("tab", { name: "Download" }).click();
  await expect(button(page, "Play")).toBeInViewport();
  expect(await spills(page)).toBe(false);
});

for (const theme of ["dark", "light"]) {
  test(`axe finds nothing in ${theme}`, async ({ page }) => {
    await page.evaluate((one) => localStorage.setItem("unplugd.theme", one), theme);
    await open(page);
    await page.keyboard.press("4");
    await page.keyboard.press("Shift+Digit1");
    await expect(page.getByRole("group", { name: "Drums" }).getByTestId("waveform")).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog")).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await button(page, "Built-in separator").click();
    await expect(page.getByRole("dialog", { name: "Built-in separator" })).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await sing(page).click();
    expect(await violations(page)).toEqual([]);
  });
}
