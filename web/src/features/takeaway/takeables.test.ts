// @vitest-environment node
import { expect, test } from "vitest";
import { BALANCED, type Mix } from "@/audio/engine";
import { FOUR_STEMS, SIX_STEMS } from "@/lib/stems.fake";
import { allBut, megabytes, part, wordsOf, yourMix } from "./takeables";

const SONG = { title: "Song", artist: "Band", durationSec: 180 };
const mix = (change: Partial<Mix>): Mix => ({ ...BALANCED, ...change });
const muted = (...stems: string[]) => Object.fromEntries(stems.map((stem) => [stem, true]));

test("your mix is what is heard: faders, mutes and solos, speed and key, without the master", () => {
  const volumes = { ...BALANCED.volumes, bass: 1.2 };
  const one = yourMix(SONG, FOUR_STEMS, mix({ volumes, muted: muted("drums"), master: 0.3, speed: 0.5, key: -2 }));
  expect(one.job).toEqual({ kind: "mix", gains: { drums: 0, bass: 1.2, other: 1, vocals: 1 }, speed: 0.5, key: -2 });
  expect(one.name).toBe("Band - Song (my mix, speed 50%, key -2).wav");
  expect(one.bytes).toBe(44 + 360 * 44_100 * 4);
  expect(one.loads).toBe(3 * (44 + 180 * 44_100 * 4));
  const solo = yourMix(SONG, FOUR_STEMS, mix({ soloed: muted("vocals") }));
  expect(solo.job).toMatchObject({ gains: { drums: 0, bass: 0, other: 0, vocals: 1 } });
});

test("names tell mixes apart", () => {
  expect(yourMix(SONG, FOUR_STEMS, BALANCED).name).toBe("Band - Song (mix).wav");
  expect(yourMix(SONG, FOUR_STEMS, mix({ muted: muted("vocals") })).name).toBe("Band - Song (karaoke).wav");
  expect(yourMix(SONG, FOUR_STEMS, mix({ muted: muted("bass") })).name).toBe("Band - Song (my mix).wav");
  expect(yourMix(SONG, FOUR_STEMS, mix({ key: 3 })).name).toBe("Band - Song (mix, key +3).wav");
  expect(allBut(SONG, FOUR_STEMS, "vocals").name).toBe("Band - Song (karaoke).wav");
  expect(allBut(SONG, FOUR_STEMS, "drums").name).toBe("Band - Song (without drums).wav");
  expect(part(SONG, "other", "mp3").name).toBe("Band - Song (other).mp3");
});

test("words say what is in it", () => {
  expect(wordsOf(FOUR_STEMS, BALANCED)).toBe("All parts as they are");
  expect(wordsOf(FOUR_STEMS, mix({ muted: muted("vocals"), volumes: { ...BALANCED.volumes, bass: 0.8 } }))).toBe(
    "Drums, Bass 80%, Other · without vocals",
  );
  expect(wordsOf(FOUR_STEMS, mix({ speed: 0.75, key: 2 }))).toBe(
    "All parts as they are · speed 75% · key +2, drums as they are",
  );
  expect(wordsOf(FOUR_STEMS, mix({ muted: muted("drums", "bass", "other", "vocals") }))).toContain(
    "Everything is muted",
  );
});

test("a song of six stems is named and mixed by all six", () => {
  expect(yourMix(SONG, SIX_STEMS, mix({ muted: muted("vocals") })).name).toBe("Band - Song (karaoke).wav");
  expect(yourMix(SONG, SIX_STEMS, mix({ muted: muted("guitar") })).job).toMatchObject({
    gains: { drums: 1, bass: 1, guitar: 0, piano: 1, other: 1, vocals: 1 },
  });
  expect(wordsOf(SIX_STEMS, mix({ muted: muted("guitar") }))).toBe(
    "Drums, Bass, Piano, Other, Vocals · without guitar",
  );
  expect(allBut(SONG, SIX_STEMS, "piano")).toMatchObject({
    name: "Band - Song (without piano).wav",
    loads: 5 * (44 + 180 * 44_100 * 4),
  });
});

test("sizes are round", () => {
  expect([0, 44, 950_000, 2_900_000, 31_752_044].map(megabytes)).toEqual([
    "0.1 MB",
    "0.1 MB",
    "0.9 MB",
    "2.9 MB",
    "32 MB",
  ]);
  expect(part({ ...SONG, durationSec: null }, "bass", "wav").bytes).toBe(44);
});
