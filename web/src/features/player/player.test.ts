import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Engine } from "@/audio/engine";
import { FOUR_STEMS } from "@/lib/stems.fake";
import { fakeEngine, type FakeEngine } from "./fakeEngine";
import { makeGrid } from "@/audio/grid";
import { UNKNOWN } from "./music";
import { createPlayer, type Player } from "./player";

const open: Player[] = [];
let engine: FakeEngine;

function start(songId = "song"): Player {
  const source = { songId, durationSec: 100, stems: FOUR_STEMS, streams: () => Promise.reject(new Error("not asked")) };
  const player = createPlayer(source, { make: (given): Engine => (engine = fakeEngine(given)) });
  open.push(player);
  return player;
}

beforeEach(() => localStorage.clear());
afterEach(() => {
  open.splice(0).forEach((player) => player.close());
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("one press plays, the next pauses, and after the end it plays again", () => {
  const { controls } = start();
  controls.toggle();
  expect(engine.state().playing).toBe("playing");
  controls.toggle();
  expect(engine.state().playing).toBe("paused");
  engine.become({ playing: "ended" });
  controls.toggle();
  expect(engine.state().playing).toBe("playing");
});

test("while it loads, the same press means pause", () => {
  const { controls } = start();
  engine.become({ playing: "buffering" });
  controls.toggle();
  expect(engine.state().playing).toBe("paused");
});

test("play counts in when the switch says so", () => {
  const { controls, countIn } = start();
  controls.play();
  countIn.set(true);
  controls.play();
  expect(engine.played).toEqual([{ countIn: false }, { countIn: true }]);
});

test("nothing goes beyond the song", () => {
  const { controls } = start();
  controls.skip(-5);
  expect(engine.at).toBe(0);
  controls.seek(1e9);
  expect(engine.at).toBe(100);
});

test("the ends of the loop are set at the playhead, in either order", () => {
  const { controls } = start();
  engine.at = 30;
  controls.loopFromHere();
  expect(engine.state().loop).toEqual({ start: 30, end: 100 });
  engine.at = 40;
  controls.loopToHere();
  expect(engine.state().loop).toEqual({ start: 30, end: 40 });
  engine.at = 50;
  controls.loopFromHere();
  expect(engine.state().loop).toEqual({ start: 50, end: 100 });
  engine.at = 10;
  controls.loopToHere();
  expect(engine.state().loop).toEqual({ start: 0, end: 10 });
});

test("a dragged loop may be drawn backwards; a jitter ends it", () => {
  const { controls } = start();
  controls.loop({ start: 20, end: -3 });
  expect(engine.state().loop).toEqual({ start: 0, end: 20 });
  controls.loop({ start: 20, end: 20.2 });
  expect(engine.state().loop).toBeNull();
});

/** Bars of two seconds from 0 on, and two sections. */
function measured(): Player {
  const player = start();
  const grid = makeGrid({ anchors: [{ t: 0, beat: 0, bpm: 120 }], downbeats: [0], meter: 4 }, 100);
  const sections = [
    { start: 0, end: 16, label: "A" },
    { start: 16, end: 100, label: "B" },
  ];
  player.music.set({ grid, sections, level: 0.5, levelled: true, expected: false });
  return player;
}

test("where the bars are known a loop snaps to them, unless that is switched off", () => {
  const { controls, snap } = measured();
  controls.loop({ start: 9.2, end: 13.4 });
  expect(engine.state().loop).toEqual({ start: 10, end: 14 });
  engine.at = 20.7;
  controls.loopFromHere();
  expect(engine.state().loop).toEqual({ start: 20, end: 100 });
  engine.at = 23.4;
  controls.loopToHere();
  expect(engine.state().loop).toEqual({ start: 20, end: 24 });
  snap.set(false);
  controls.loop({ start: 9.2, end: 13.4 });
  expect(engine.state().loop).toEqual({ start: 9.2, end: 13.4 });
});

test("jumps by bars and by sections", () => {
  const { controls } = measured();
  const after = (jump: () => void) => {
    jump();
    return engine.at;
  };
  engine.at = 4.5;
  expect(after(() => controls.bar(1))).toBe(6);
  expect(after(() => controls.bar(-1))).toBe(4);
  expect(after(() => controls.section(1))).toBe(16);
  expect(after(() => controls.section(1))).toBe(16);
  expect(after(() => controls.section(-1))).toBe(0);
});

test("jumps stay where they are while nothing is known of the song", () => {
  const { controls } = start();
  engine.at = 4.5;
  controls.bar(1);
  controls.section(1);
  expect(engine.at).toBe(4.5);
});

test("the click and the even loudness go to the engine and are remembered, each where it belongs", () => {
  const player = measured();
  expect(engine.guide).toMatchObject({ click: 0, level: 0.5 });
  player.click.set({ on: true, volume: 0.7 });
  player.even.set(false);
  expect(engine.guide).toMatchObject({ grid: player.music.get().grid, click: 0.7, level: 1 });
  player.close();
  const again = measured();
  expect(engine.guide).toMatchObject({ click: 0.7, level: 1 });
  again.reset();
  expect(engine.guide).toMatchObject({ click: 0, level: 1 });
  again.even.set(true);
  expect(engine.guide.level).toBe(0.5);
  again.music.set(UNKNOWN);
  expect(engine.guide).toEqual({ grid: null, click: 0, level: 1 });
});

test("speed goes in exact steps of five percent and stops at its ends", () => {
  const { controls } = start();
  controls.speed(-1);
  controls.speed(-1);
  controls.speed(-1);
  expect(engine.state().mix.speed).toBe(0.85);
  for (let press = 0; press < 30; press++) controls.speed(1);
  expect(engine.state().mix.speed).toBe(1.5);
  controls.speed(0);
  expect(engine.state().mix.speed).toBe(1);
});

test("the key stops at six semitones", () => {
  const { controls } = start();
  for (let press = 0; press < 9; press++) controls.key(-1);
  expect(engine.state().mix.key).toBe(-6);
  controls.key(0);
  expect(engine.state().mix.key).toBe(0);
});

test("a song's mix is there again the next time, and reset forgets it", () => {
  const first = start();
  first.controls.mute("vocals");
  first.controls.speed(-2);
  first.controls.loop({ start: 10, end: 20 });
  first.countIn.set(true);
  first.close();

  const second = start();
  expect(engine.state().mix.muted.vocals).toBe(true);
  expect(engine.state().mix.speed).toBe(0.9);
  expect(engine.state().loop).toEqual({ start: 10, end: 20 });
  expect(second.countIn.get()).toBe(true);
  expect(second.isUntouched()).toBe(false);
  second.reset();
  expect(second.isUntouched()).toBe(true);
  second.close();
  expect(localStorage).toHaveLength(0);
});

test("a page that is swept away keeps the mix too", () => {
  start().controls.mute("drums");
  dispatchEvent(new Event("pagehide"));
  expect(localStorage.getItem("unplugd.mix.song")).toContain('"drums":true');
});

test("a browser that allows no storage and no other tabs plays, and the tab remembers the mix", () => {
  const refuse = () => {
    throw new DOMException("Access is denied for this document.", "SecurityError");
  };
  vi.spyOn(globalThis, "localStorage", "get").mockImplementation(refuse);
  vi.stubGlobal("BroadcastChannel", refuse);
  const first = start();
  first.controls.play();
  expect(engine.state().playing).toBe("playing");
  first.controls.mute("bass");
  first.close();
  start();
  expect(engine.state().mix.muted.bass).toBe(true);
});

test("a start here pauses the other tab, and only that", async () => {
  const here = start("one");
  const hereEngine = engine;
  const there = start("two");
  const thereEngine = engine;
  there.controls.play();
  here.controls.play();
  await vi.waitFor(() => expect(thereEngine.state().playing).toBe("paused"));
  expect(hereEngine.state().playing).toBe("playing");
});

test("a refused start is said, until it plays", async () => {
  const player = start();
  const { play } = engine;
  engine.play = () => Promise.reject(new DOMException("", "NotAllowedError"));
  player.controls.play();
  await vi.waitFor(() => expect(player.refusal.get()).toContain("Press play again"));
  engine.play = play;
  player.controls.play();
  expect(player.refusal.get()).toBeNull();
});

test("closing closes the engine", () => {
  start().close();
  expect(engine.closed).toBe(true);
});
