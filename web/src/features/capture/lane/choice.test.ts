// @vitest-environment node
import { expect, it } from "vitest";
import { BALANCED, gainOf, type Mix } from "@/audio/engine";
import { chosen, MOST_TAKES } from "./choice";

const mix: Mix = { ...BALANCED, takes: ["take:A"], soloed: { "take:A": true }, volumes: { "take:A": 0.5, drums: 0.7 } };

it("a take that goes leaves nothing behind that silences or changes the rest", () => {
  const after = { ...mix, ...chosen(mix, "take:A", false) };
  expect([after.takes, after.soloed, after.volumes]).toEqual([[], {}, { drums: 0.7 }]);
  expect(gainOf(after, "drums")).toBe(0.7);
});

it("a take is chosen once, and the latest few are kept", () => {
  expect(chosen(mix, "take:A", true).takes).toEqual(["take:A"]);
  const many = { ...mix, takes: Array.from({ length: MOST_TAKES }, (_, i) => `take:${i}`) };
  expect(chosen(many, "take:new", true).takes?.at(-1)).toBe("take:new");
  expect(chosen(many, "take:new", true).takes).toHaveLength(MOST_TAKES);
});

it("a solo of a take that is not chosen silences nothing", () => {
  expect(gainOf({ ...mix, takes: [] }, "drums")).toBe(0.7);
  expect(gainOf(mix, "drums")).toBe(0);
  expect(gainOf(mix, "take:A")).toBe(0.5);
});
