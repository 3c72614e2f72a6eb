import { expect, test } from "./fixtures";

test("the page comes with its policy, from one name", async ({ page, stack }) => {
  const answer = await page.goto("/");
  expect(answer?.headers()["content-security-policy"]).toContain("default-src 'none'");
  await expect(page.locator("#root > *").first()).toBeVisible();
  await page.goto(`${stack.webUrl.replace("localhost", "127.0.0.1")}/songs/x`);
  expect(page.url()).toBe(`${stack.webUrl}/songs/x`);
});
