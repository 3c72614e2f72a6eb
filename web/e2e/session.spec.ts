import type { Page } from "@playwright/test";
import { violations } from "./axe";
import { CODE, expect, makeAudio, signIn, test } from "./fixtures";

const fresh = () => `e2e-${crypto.randomUUID()}@unplugd.example`;
const PASSWORD = "Secret-1-for-tests";
/** What the local Cognito takes for a new password. */
const RESET_CODE = "654321";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const title = (page: Page, name: string) => page.getByRole("heading", { name, level: 1 });
const inside = (page: Page, email: string) => button(page, `Account of ${email}`);

async function expectAccessible(page: Page) {
  expect(await violations(page)).toEqual([]);
}

async function signOut(page: Page, email: string) {
  await inside(page, email).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(title(page, "Sign in")).toBeVisible();
}

test("sign up, confirm, and be where one wanted to be", async ({ page }) => {
  const email = fresh();
  await page.goto("/account");
  await button(page, "Create an account").click();
  await expectAccessible(page);
  await page.getByLabel("Email").fill(email);
  const password = page.getByLabel("New password", { exact: true });
  await password.fill("secret");
  await expect(page.getByRole("listitem").filter({ hasText: "a small letter" })).toContainText("(done)");
  await expect(page.getByRole("listitem").filter({ hasText: "a digit" })).toContainText("(missing)");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("does not follow the rules");
  await expect(password).toBeFocused();
  await password.fill(PASSWORD);
  await page.keyboard.press("Enter");

  await expect(title(page, "Confirm your address")).toBeVisible();
  await expectAccessible(page);
  const code = page.getByLabel("Code", { exact: true });
  await expect(code).toBeFocused();
  await code.fill("000000");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("not the code");
  await expect(code).toBeFocused();
  await button(page, "Send a new code").click();
  await expect(page.getByText("A new code is on its way.")).toBeVisible();
  await code.fill(` ${CODE.slice(0, 3)} ${CODE.slice(3)}`);
  await page.keyboard.press("Enter");

  await expect(inside(page, email)).toBeVisible();
  await expect(title(page, "Account")).toBeVisible();
  expect(new URL(page.url()).pathname).toBe("/account");
});

test("who left before the code is asked for it again, on either way in", async ({ page }) => {
  const email = fresh();
  const fill = async (label: string) => {
    await page.getByLabel("Email").fill(email);
    await page.getByLabel(label, { exact: true }).fill(PASSWORD);
    await page.keyboard.press("Enter");
    await expect(title(page, "Confirm your address")).toBeVisible();
    await page.goto("/");
  };
  await page.goto("/");
  await button(page, "Create an account").click();
  await fill("New password");
  await button(page, "Create an account").click();
  await fill("New password");
  await fill("Password");
});

test("a wrong password is said where it is, and can be looked at", async ({ page, person }) => {
  await page.goto("/");
  await expect(title(page, "Sign in")).toBeVisible();
  await expectAccessible(page);
  await button(page, "Sign in").click();
  await expect(page.getByRole("alert").first()).toContainText("Enter your email address");
  await expect(page.getByLabel("Email")).toBeFocused();
  await page.getByLabel("Email").fill(person.email);
  const password = page.getByLabel("Password", { exact: true });
  await password.fill("Not-the-one-1");
  await button(page, "Show what is typed").click();
  await expect(password).toHaveAttribute("type", "text");
  await button(page, "Sign in").click();
  await expect(page.getByRole("alert")).toHaveText("The email or the password is wrong.");
  await expect(password).toBeFocused();
  await expectAccessible(page);

  await button(page, "Create an account").click();
  await page.getByLabel("New password", { exact: true }).fill("Another-Secret-2");
  await button(page, "Create account").click();
  await expect(page.getByRole("alert")).toContainText("There is an account with this email already");
  await expect(page.getByLabel("Email")).toBeFocused();
});

test("password managers know every input", async ({ page }) => {
  const hints = () =>
    page.locator("form input").evaluateAll((all) => all.map((one) => one.getAttribute("autocomplete")));
  await page.goto("/");
  await title(page, "Sign in").waitFor();
  expect(await hints()).toEqual(["username", "current-password"]);
  await button(page, "Create an account").click();
  expect(await hints()).toEqual(["username", "new-password"]);
  await button(page, "Sign in").click();
  await button(page, "Forgot password?").click();
  await page.getByLabel("Email").fill(fresh());
  await button(page, "Send the code").click();
  await title(page, "Choose a new password").waitFor();
  expect(await hints()).toEqual(["username", "one-time-code", "new-password"]);
});

test("forgot, reset, in; the old password is of no use afterwards", async ({ page, person }) => {
  const changed = "Changed-2-for-tests";
  await page.goto("/");
  await page.getByLabel("Email").fill(person.email);
  await button(page, "Forgot password?").click();
  await expect(page.getByLabel("Email")).toHaveValue(person.email);
  await expectAccessible(page);
  await button(page, "Send the code").click();
  await page.getByLabel("Code", { exact: true }).fill(RESET_CODE);
  await page.getByLabel("New password", { exact: true }).fill(changed);
  await expectAccessible(page);
  await button(page, "Set password and sign in").click();
  await expect(inside(page, person.email)).toBeVisible();

  await signOut(page, person.email);
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await button(page, "Sign in").click();
  await expect(page.getByRole("alert")).toHaveText("The email or the password is wrong.");
  await page.getByLabel("Password", { exact: true }).fill(changed);
  await button(page, "Sign in").click();
  await expect(inside(page, person.email)).toBeVisible();
});

test("a reload keeps the session, with no token in a URL or in storage but the refresh token", async ({
  page,
  person,
}) => {
  const urls: string[] = [];
  const tokens = new Set<string>();
  page.on("request", (request) => {
    urls.push(request.url());
    const bearer = request.headers().authorization?.replace("Bearer ", "");
    if (bearer) tokens.add(bearer);
  });
  await signIn(page, person);
  await expect.poll(() => tokens.size).toBe(1);
  await page.reload();
  await expect(inside(page, person.email)).toBeVisible();
  await expect.poll(() => tokens.size, "after the reload with a token of its own").toBe(2);

  const storage = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
  );
  const [kept] = JSON.parse(storage) as [Record<string, string>];
  expect(Object.keys(JSON.parse(kept["unplugd.session"] ?? "{}")).sort()).toEqual([
    "clientId",
    "email",
    "refreshToken",
  ]);
  for (const token of tokens) {
    expect(storage).not.toContain(token);
    expect(urls.filter((url) => url.includes(token))).toEqual([]);
  }
  // Every JWT starts like this, the access token too.
  expect(storage.replace(JSON.stringify(kept["unplugd.session"]), "")).not.toContain("eyJ");
  expect(urls.filter((url) => /eyJ|refresh/i.test(url) && !url.startsWith("ws"))).toEqual([]);
});

test("tabs go in and out together", async ({ page, context, person }) => {
  const other = await context.newPage();
  await other.goto("/account");
  await expect(title(other, "Sign in")).toBeVisible();
  await signIn(page, person);
  await expect(title(other, "Account")).toBeVisible();

  await signOut(page, person.email);
  await expect(title(other, "Sign in")).toBeVisible();
  await expect(other.getByText("You signed out in another tab.")).toBeVisible();
  await other.reload();
  await expect(title(other, "Sign in")).toBeVisible();
});

test("a delete that could still be taken back is sent before a sign-out", async ({ page, person, api }) => {
  await api.announce(makeAudio(1), { title: "Farewell" });
  await signIn(page, person);
  await page.getByRole("button", { name: "More about Farewell" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await expect(page.getByText("Deleted “Farewell”.")).toBeVisible();
  await page.getByRole("button", { name: `Account of ${person.email}` }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
  await expect.poll(() => api.songs()).toEqual([]);
  await expect(page.getByText("Farewell")).toHaveCount(0);
});

test("a start link signs in by itself, leaves no trace, and says so when it is used up", async ({ page, person }) => {
  // The one real link of a stack belongs to serve.spec.ts.
  let used = false;
  await page.route("**/local-start", async (route) => {
    expect(route.request().postDataJSON()).toEqual({ code: "the-code" });
    if (used) {
      await route.fulfill({ status: 403, json: { error: "forbidden", message: "This start link was used already." } });
    } else await route.fulfill({ json: { email: person.email, password: person.password } });
    used = true;
  });
  await page.goto("/account#start=the-code");
  await expect(title(page, "Account")).toBeVisible();
  expect(new URL(page.url()).hash).toBe("");
  await signOut(page, person.email);
  await page.goto("/#start=the-code");
  await expect(page.getByText("This start link was used already.")).toBeVisible();
  await expectAccessible(page);
});

test("a token that has ended is renewed without a visible trace", async ({ page, person, stack }) => {
  await signIn(page, person, "/account");
  const seen: (string | undefined)[] = [];
  await page.route(`${stack.apiUrl}/account/export`, async (route) => {
    if (route.request().method() === "OPTIONS") return route.fallback();
    seen.push(route.request().headers().authorization);
    if (seen.length > 1) return route.fallback();
    const headers = { "Access-Control-Allow-Origin": stack.webUrl };
    await route.fulfill({ status: 401, headers, json: { error: "unauthorized", message: "The token has ended." } });
  });
  const download = page.waitForEvent("download");
  await button(page, "Only the list").click();
  await download;
  expect(seen).toHaveLength(2);
  expect(seen[1]).not.toBe(seen[0]);
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expect(title(page, "Account")).toBeVisible();
});

test("a session that was ended elsewhere leads to the sign-in, and back to the page", async ({
  page,
  person,
  stack,
}) => {
  await signIn(page, person, "/account");
  const kept = await page.evaluate(() => localStorage.getItem("unplugd.session") ?? "");
  const { refreshToken, clientId } = JSON.parse(kept) as Record<string, string>;
  const revoked = await fetch(`${stack.url}/`, {
    method: "POST",
    headers: {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": "AWSCognitoIdentityProviderService.RevokeToken",
    },
    body: JSON.stringify({ Token: refreshToken, ClientId: clientId }),
  });
  expect(revoked.status).toBe(200);
  await page.goto("/account");
  // The page has no ID token of its own, so the first call ends it.
  await expect(page.getByText("Your session has ended. Sign in to go on.")).toBeVisible();
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await button(page, "Sign in").click();
  await expect(title(page, "Account")).toBeVisible();
});

test("no network is no sign-out", async ({ page, context, person }) => {
  await signIn(page, person, "/account");
  await context.setOffline(true);
  await button(page, "Only the list").click();
  await expect(page.getByRole("alert")).toContainText("No connection");
  await expect(title(page, "Account")).toBeVisible();
  await context.setOffline(false);
  const download = page.waitForEvent("download");
  await button(page, "Only the list").click();
  await download;

  await signOut(page, person.email);
  await context.setOffline(true);
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await button(page, "Sign in").click();
  await expect(page.getByRole("alert")).toContainText("No connection");
});

test("works on a small phone, by keyboard alone", async ({ page, person }) => {
  await page.setViewportSize({ width: 360, height: 640 });
  await page.goto("/");
  await expect(page.getByLabel("Email")).toBeFocused();
  await page.keyboard.type(person.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(person.password);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBeLessThanOrEqual(360);
  await page.keyboard.press("Enter");
  await expect(inside(page, person.email)).toBeVisible();
});
