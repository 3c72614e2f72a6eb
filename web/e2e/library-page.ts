import type { Page } from "@playwright/test";

/** The row of a song. */
export const row = (page: Page, title: string) =>
  page.getByRole("listitem").filter({ has: page.getByRole("link", { name: title, exact: true }) });
export const menu = (page: Page, title: string) => page.getByRole("button", { name: `More about ${title}` });
export const choose = async (page: Page, title: string, item: string) => {
  await menu(page, title).click();
  await page.getByRole("menuitem", { name: item }).click();
};

/** Ids of the form the API gives: the greater the number, the newer. */
export const ulid = (number: number) => `01J9ZQ4X5V8K2M3N4P${String(number).padStart(8, "0")}`;
