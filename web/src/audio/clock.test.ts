// @vitest-environment node
import { expect, it } from "vitest";
import { SongClock } from "./clock";
import type { Report } from "./protocol";

const report = (frame: number, song: number, speed: number): Report => ({
  ...{ type: "report", phase: "playing", head: 0 },
  ...{ frame, song, speed, stream: song + 10 },
});

it("goes on from the last report, and knows what was before it", () => {
  const clock = new SongClock();
  expect(clock.at(5)).toBeNull();
  clock.add(report(100, 1000, 1));
  clock.add(report(200, 5000, 0.5)); // a jump
  clock.add(report(300, 5050, 0)); // a stop
  expect(clock.at(50)?.song).toBe(1000); // before all that is known
  expect(clock.at(150)).toEqual({ song: 1050, stream: 1060 });
  expect(clock.at(250)?.song).toBe(5025);
  expect(clock.at(9999)?.song).toBe(5050);
});

it("turns with the loop before that is reported, but not behind it", () => {
  const clock = new SongClock();
  clock.add(report(100, 1000, 1));
  const loop = { start: 900, end: 1010 };
  expect(clock.at(109, loop)?.song).toBe(1009);
  expect(clock.at(110, loop)).toEqual({ song: 900, stream: 1020 });
  expect(clock.at(225, loop)?.song).toBe(905);
  expect(clock.at(110, { start: 0, end: 1000 })?.song).toBe(1010);
});

it("takes back what was said about a frame that is reported again", () => {
  const clock = new SongClock();
  clock.add(report(100, 1000, 1));
  clock.add(report(100, 2000, 1));
  expect(clock.at(100)?.song).toBe(2000);
});
