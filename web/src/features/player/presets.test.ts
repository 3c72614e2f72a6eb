// @vitest-environment node
import { expect, test } from "vitest";
import { BALANCED, gainOf } from "@/audio/engine";
import { FOUR_STEMS, SIX_STEMS } from "@/lib/stems.fake";
import { isActive, mixOf, type Preset } from "./presets";

const preset = (drums: number, bass: number, other: number, vocals: number): Preset => ({
  id: "x",
  name: "X",
  description: "",
  volumes: { drums, bass, other, vocals },
});
const karaoke = preset(1, 1, 1, 0);

test("a preset sounds as its volumes say, regardless of earlier mutes and solos", () => {
  const before = {
    ...BALANCED,
    muted: { ...BALANCED.muted, drums: true },
    soloed: { ...BALANCED.soloed, vocals: true },
  };
  const half = preset(0, 0.5, 1, 0);
  const mix = { ...before, ...mixOf(half, FOUR_STEMS) };
  expect(FOUR_STEMS.map((stem) => gainOf(mix, stem))).toEqual([0, 0.5, 1, 0]);
});

test("a silenced stem is one press away", () => {
  const { muted, volumes } = mixOf(karaoke, FOUR_STEMS);
  expect(muted.vocals).toBe(true);
  expect(volumes.vocals).toBe(1);
});

test("the active preset is the one that is heard", () => {
  const muted = { ...BALANCED, muted: { ...BALANCED.muted, vocals: true } };
  const down = { ...BALANCED, volumes: { ...BALANCED.volumes, vocals: 0 } };
  expect([muted, down].map((mix) => isActive(karaoke, mix, FOUR_STEMS))).toEqual([true, true]);
  expect(isActive(karaoke, BALANCED, FOUR_STEMS)).toBe(false);
  expect(isActive(preset(0, 0, 0, 1), { ...BALANCED, soloed: { vocals: true } }, FOUR_STEMS)).toBe(true);
});

test("a stem that a preset does not name sounds as the rest does", () => {
  const singerOnly = { ...BALANCED, ...mixOf(preset(0, 0, 0, 1), SIX_STEMS) };
  expect(SIX_STEMS.map((stem) => gainOf(singerOnly, stem))).toEqual([0, 0, 0, 0, 0, 1]);
  expect(isActive(preset(0, 0, 0, 1), singerOnly, SIX_STEMS)).toBe(true);
  const band = { ...BALANCED, ...mixOf(karaoke, SIX_STEMS) };
  expect(SIX_STEMS.map((stem) => gainOf(band, stem))).toEqual([1, 1, 1, 1, 1, 0]);
});
