import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

/**
 * What axe finds in the page, or in one element of it, as "rule: elements". The app has no frames, so axe runs in the page
 * alone: its way through frames opens an empty tab for every answer.
 */
export async function violations(page: Page, within?: string): Promise<string[]> {
  const builder = new AxeBuilder({ page }).setLegacyMode();
  const { violations: faults } = await (within ? builder.include(within) : builder).analyze();
  return faults.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
