// @vitest-environment node
import { expect, it } from "vitest";
import { FEATURES } from "./slots";

it("no slot, path or name belongs to two features", () => {
  const places = FEATURES.flatMap(({ name, pages = {}, slots = {} }) => [
    name,
    ...Object.keys(pages),
    ...Object.keys(slots),
  ]);
  expect([...new Set(places)]).toEqual(places);
});

it("every menu entry leads to a page", () => {
  const paths = FEATURES.flatMap(({ pages = {} }) => Object.keys(pages));
  for (const { menu = [] } of FEATURES) for (const { path } of menu) expect(paths).toContain(path);
});
