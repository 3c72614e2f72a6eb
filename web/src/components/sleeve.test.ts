import { expect, it } from "vitest";
import { drawSleeve } from "./sleeve";

const seeds = Array.from({ length: 300 }, (_, at) => `01J9ZQ4X5V8K2M3N4P${String(at).padStart(8, "0")}`);

it("draws the same facts the same, and different songs differently", () => {
  const covers = seeds.map((seed) => JSON.stringify(drawSleeve({ seed, camelot: "8A", bpm: 120 })));
  expect(seeds.map((seed) => JSON.stringify(drawSleeve({ seed, camelot: "8A", bpm: 120 })))).toEqual(covers);
  expect(new Set(covers).size).toBe(seeds.length);
});

it("uses every motif, each within reach of the square", () => {
  const covers = seeds.map((seed) => drawSleeve({ seed }));
  expect(new Set(covers.map(({ motif }) => motif))).toEqual(new Set(["bars", "rings", "hills", "sun", "dots"]));
  for (const { paths } of covers) {
    const drawn = paths.join("");
    expect(drawn).not.toMatch(/NaN|undefined|Infinity|e-/);
    expect(drawn.length).toBeLessThan(12_000);
  }
});

it("takes its colour from the key: neighbours on the wheel are neighbours in colour", () => {
  const apart = (a: number, b: number) => Math.min(Math.abs(a - b), 360 - Math.abs(a - b));
  for (const seed of seeds) {
    const [here, next, across] = ["8A", "9A", "2A"].map((camelot) => drawSleeve({ seed, camelot }).hue);
    expect(apart(here ?? 0, next ?? 0)).toBe(30);
    expect(apart(here ?? 0, across ?? 0)).toBe(180);
  }
  expect(drawSleeve({ seed: "a", camelot: "8A" }).minor).toBe(true);
  expect(drawSleeve({ seed: "a", camelot: "8B" }).minor).toBe(false);
  expect(drawSleeve({ seed: "a", camelot: "13C" })).toEqual(drawSleeve({ seed: "a" }));
});

it("follows the song's own loudness where it is known", () => {
  const seed = seeds.find((one) => drawSleeve({ seed: one }).motif === "bars") ?? "";
  const [, quiet, loud] = drawSleeve({ seed, bpm: 120, shape: [0, 0, 0, 1] }).paths;
  const [, all] = drawSleeve({ seed, bpm: 120, shape: [0, 0, 0, 0] }).paths;
  // A quarter of the bars is loud.
  expect(loud.split("M").length - 1).toBe(4);
  expect(quiet.split("M").length - 1).toBe(12);
  expect(all.split("M").length - 1).toBe(16);
});
