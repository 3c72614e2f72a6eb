// @vitest-environment node
import { Music2 } from "lucide-react";
import { expect, it } from "vitest";
import { inOrder, lookOf } from "./stems";

it("six stems come in the order of the mixer", () => {
  expect(inOrder(["vocals", "piano", "other", "guitar", "bass", "drums"])).toEqual([
    "drums",
    "bass",
    "guitar",
    "piano",
    "other",
    "vocals",
  ]);
});

it("a stem that the page does not know comes last, under its own name", () => {
  expect(inOrder(["strings", "vocals", "brass_section"])).toEqual(["vocals", "brass_section", "strings"]);
  expect(lookOf("brass_section")).toEqual({ label: "Brass section", colour: "var(--muted)", icon: Music2 });
  expect(lookOf("constructor").label).toBe("Constructor");
});

it("every known stem has a look of its own", () => {
  const looks = ["drums", "bass", "guitar", "piano", "other", "vocals"].map(lookOf);
  for (const of of ["label", "colour", "icon"] as const) expect(new Set(looks.map((look) => look[of])).size).toBe(6);
});
