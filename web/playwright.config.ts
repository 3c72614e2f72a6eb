import { existsSync } from "node:fs";
import { defineConfig, devices } from "@playwright/test";

const CHROMIUM = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome", "/opt/google/chrome/chrome"];

// `make bench-web` sets BENCH: what is measured is not asserted, so it is no part of the tests.
const what = process.env.BENCH
  ? { name: "bench", testDir: "bench", testMatch: "*.bench.ts", timeout: 1_800_000 }
  : { name: "e2e", testDir: "e2e" };

// Of this run alone: Playwright empties the folder as it starts. Workers read this file again, so it is kept for them.
process.env.E2E_RESULTS ??= `test-results/${process.pid}`;

export default defineConfig({
  projects: [what],
  globalSetup: "./e2e/stack.ts",
  // One stack, one song at a time, and machines with two cores: side by side the tests would only wait for each other.
  workers: 1,
  fullyParallel: false,
  // A busy machine takes several times as long. Patience costs nothing where a test passes.
  timeout: 400_000,
  expect: { timeout: 60_000 },
  forbidOnly: Boolean(process.env.CI),
  outputDir: process.env.E2E_RESULTS,
  reporter: [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    channel: undefined,
    viewport: { width: 1280, height: 800 },
    // TRACE=1 records every step of a test that fails. Its pictures and copies of the page double the browser's work.
    trace: process.env.TRACE ? "retain-on-failure" : "off",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: CHROMIUM.find((path) => path && existsSync(path)),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--autoplay-policy=no-user-gesture-required",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
});
