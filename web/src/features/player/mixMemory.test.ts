import { beforeEach, expect, test } from "vitest";
import { BALANCED } from "@/audio/engine";
import { FOUR_STEMS, SIX_STEMS } from "@/lib/stems.fake";
import { player } from "./feature";
import { recall, remember, type Remembered, UNTOUCHED } from "./mixMemory";

const KEY = "unplugd.mix.song";
const each = <T>(value: T) => Object.fromEntries(FOUR_STEMS.map((stem) => [stem, value]));
const practised: Remembered = {
  mix: {
    ...BALANCED,
    volumes: { drums: 0.4, bass: 1, other: 1.5, vocals: 0 },
    muted: { ...each(false), vocals: true },
    soloed: { ...each(false), bass: true },
    speed: 0.75,
    key: -3,
  },
  loop: { start: 10, end: 20.5 },
  countIn: true,
  click: { on: true, volume: 0.6 },
  snap: false,
};

beforeEach(() => localStorage.clear());

test("what was kept comes back", () => {
  remember("song", practised, 1);
  expect(recall({ songId: "song", durationSec: 60, stems: FOUR_STEMS })).toEqual(practised);
  expect(recall({ songId: "another", durationSec: 60, stems: FOUR_STEMS })).toEqual(UNTOUCHED);
});

test("an untouched mix takes no room", () => {
  remember("song", practised, 1);
  remember("song", UNTOUCHED, 2);
  expect(localStorage.getItem(KEY)).toBeNull();
});

test.each(["", "null", "{", "[]", "7", '"x"', "{}", '{"version":2,"speed":0.5}'])("nothing is made of %s", (raw) => {
  localStorage.setItem(KEY, raw);
  expect(recall({ songId: "song", durationSec: 60, stems: FOUR_STEMS })).toEqual(UNTOUCHED);
});

test("each corrupt value is replaced, the others hold", () => {
  const corrupt = {
    version: 1,
    volumes: { drums: "loud", bass: -1, other: 9, vocals: 0.5 },
    muted: { drums: "yes", vocals: true },
    soloed: null,
    master: null,
    speed: 0.333,
    key: 40,
    loop: { start: 5, end: 5.1 },
    countIn: 1,
    click: { on: 1, volume: 9 },
    snap: 0,
  };
  localStorage.setItem(KEY, JSON.stringify(corrupt));
  expect(recall({ songId: "song", durationSec: 60, stems: FOUR_STEMS })).toEqual({
    mix: {
      ...BALANCED,
      volumes: { drums: 1, bass: 0, other: 1.5, vocals: 0.5 },
      muted: { ...each(false), vocals: true },
      soloed: each(false),
      speed: 0.5,
      key: 6,
    },
    loop: null,
    countIn: false,
    click: { on: false, volume: 1.5 },
    snap: true,
  });
});

test("a song that is separated again has the stems it has now", () => {
  remember("song", { ...UNTOUCHED, mix: { ...BALANCED, soloed: { guitar: true }, volumes: { guitar: 0.5 } } }, 1);
  expect(recall({ songId: "song", durationSec: 60, stems: FOUR_STEMS }).mix.soloed).toEqual(each(false));
  const { mix } = recall({ songId: "song", durationSec: 60, stems: SIX_STEMS });
  expect([mix.soloed.guitar, mix.soloed.piano, mix.volumes.guitar, mix.volumes.piano]).toEqual([true, false, 0.5, 1]);
});

test("a loop is held to the song's length", () => {
  remember("song", practised, 1);
  expect(recall({ songId: "song", durationSec: 15, stems: FOUR_STEMS }).loop).toEqual({ start: 10, end: 15 });
  expect(recall({ songId: "song", durationSec: 5, stems: FOUR_STEMS }).loop).toBeNull();
});

test("the latest two hundred songs are kept, and nothing else is touched", () => {
  localStorage.setItem("unplugd.theme", "dark");
  localStorage.setItem("unplugd.mix.broken", "{");
  for (let song = 0; song < 205; song++) remember(`song-${song}`, practised, 1000 + song);
  const kept = Object.keys(localStorage).filter((key) => key.startsWith("unplugd.mix."));
  expect(kept).toHaveLength(200);
  expect(localStorage.getItem("unplugd.mix.broken")).toBeNull();
  expect(recall({ songId: "song-4", durationSec: 60, stems: FOUR_STEMS })).toEqual(UNTOUCHED);
  expect(recall({ songId: "song-5", durationSec: 60, stems: FOUR_STEMS })).toEqual(practised);
  expect(localStorage.getItem("unplugd.theme")).toBe("dark");
});

test("all mixes can be forgotten, and nothing else", async () => {
  localStorage.setItem("unplugd.theme", "dark");
  for (const song of ["a", "b", "c"]) remember(song, practised, 1);
  await player.forget?.("ann@example.com");
  expect(Object.keys(localStorage)).toEqual(["unplugd.theme"]);
});

test("a full storage loses the mix and nothing more", () => {
  const full = Object.assign(Object.create(localStorage) as Storage, {
    setItem: () => {
      throw new DOMException("", "QuotaExceededError");
    },
  });
  expect(() => remember("song", practised, 1, full)).not.toThrow();
});
