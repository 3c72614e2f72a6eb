import { expect, test } from "./fixtures";

test("the page comes with its policy, from one name", async ({ page, stack }) => {
  const answer = await page.goto("/");
  expect(answer?.headers()["content-security-policy"]).toContain("default-src 'none'");
  await page.goto(`${stack.webUrl.replace("localhost", "127.0.0.1")}/songs/x`);
  expect(page.url()).toBe(`${stack.webUrl}/songs/x`);
  await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
});

test("the start link signs the ready user in, once", async ({ page, stack, browser }) => {
  await page.goto(stack.startLink);
  await expect(page.getByRole("button", { name: "Account of you@unplugd.example" })).toBeVisible();
  expect(page.url()).not.toContain("start");
  const other = await browser.newContext();
  const late = await other.newPage();
  await late.goto(stack.startLink);
  await expect(late.getByText("This start link has been used already")).toBeVisible();
  await other.close();
});

test("no string becomes HTML or a script, and no foreign file a worker", async ({ page, complaints }) => {
  await page.goto("/");
  await page.getByRole("heading").first().waitFor();
  const refused = await page.evaluate(async () => {
    const tried: Record<string, () => unknown> = {
      html: () => (document.body.innerHTML = "<b>song</b>"),
      script: () => new Function("return 1")(),
      worker: () => new Worker("https://elsewhere.example/worker.js"),
      data: () => new Worker("data:text/javascript,1"),
    };
    // Later, as a page's own code: what a debugger evaluates is let off the policy.
    await new Promise((resolve) => setTimeout(resolve));
    return Object.entries(tried).map(([name, attempt]) => {
      try {
        attempt();
        return `${name} allowed`;
      } catch {
        return `${name} refused`;
      }
    });
  });
  expect(refused).toEqual(["html refused", "script refused", "worker refused", "data refused"]);
  expect(complaints.splice(0).join()).toContain("TrustedHTML");
});

test("a menu opens, and the page behind it does not scroll", async ({ signedIn: page, person }) => {
  const scrolling = () => page.evaluate(() => getComputedStyle(document.body).overflowY);
  const before = await scrolling();
  await page.getByRole("button", { name: `Account of ${person.email}` }).click();
  await expect(page.getByRole("menuitem", { name: "Sign out" })).toBeVisible();
  await expect.poll(scrolling).toBe("hidden");
  await page.keyboard.press("Escape");
  await expect.poll(scrolling).toBe(before);
});
