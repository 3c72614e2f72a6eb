import { expect, it } from "vitest";
import { GAP, placesIn, rememberedLayout, rememberLayout } from "./layout";

it("this device remembers the layout; it begins with the list", () => {
  expect(rememberedLayout()).toBe("list");
  rememberLayout("grid");
  expect(rememberedLayout()).toBe("grid");
  rememberLayout("list");
  expect(rememberedLayout()).toBe("list");
});

it("covers fill the width: two on a phone, more on a screen, one where there is no room", () => {
  for (const [room, columns] of [
    [328, 2],
    [358, 2],
    [812, 4],
    [1312, 6],
    [100, 1],
    [0, 1],
  ] as const) {
    const places = placesIn(room);
    expect([room, places.columns]).toEqual([room, columns]);
    expect(places.width * columns + GAP * (columns - 1)).toBeCloseTo(room);
  }
});
