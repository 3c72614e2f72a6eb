// @vitest-environment node
import { expect, it } from "vitest";
import { Problem } from "@/api/client";
import { newSong, FakeBrowser } from "./fakes";
import { timing } from "./queue";
import { freshEachTest, sent, service, start, until } from "./queue.setup";

freshEachTest();

const DAY = 86_400_000;
const five = () => Array.from({ length: 5 }, (_, at) => newSong(`Song ${at}.mp3`));
const announced = () => service.calls.filter((call) => call === "announce").length;

/** So many announcements are taken; those after get this answer, while it stands. */
function only(count: number, refusal: Problem) {
  const room = { count, refusal };
  service.before = (call) => {
    if (call === "announce" && room.count-- <= 0) throw room.refusal;
  };
  return room;
}

it("a quota that is used up holds every song that is not announced, without asking for each, and says until when", async () => {
  const endsAt = new Date(Date.now() + DAY).toISOString();
  const room = only(2, new Problem(429, "quota_used", "You may add 2 songs a day.", undefined, undefined, endsAt));
  timing.fullFor = 1e6;
  const queue = start();
  await queue.add(five());
  await sent(queue, 2);
  await until(() => expect(queue.pause()).toEqual({ text: "You may add 2 songs a day.", until: Date.parse(endsAt) }));
  expect(announced()).toBeLessThanOrEqual(4);
  expect(queue.views().filter(({ phase }) => phase === "failed")).toEqual([]);
  room.count = 9;
  queue.wake();
  await sent(queue, 5);
  expect(queue.pause()).toBeNull();
});

it("goes on by itself when there is room again", async () => {
  const room = only(0, new Problem(429, "too_many", "You have too many pending uploads."));
  service.oldest = Date.now() - DAY / 2;
  timing.fullFor = 5;
  const queue = start();
  await queue.add(five());
  await until(() => expect(queue.pause()?.until).toBe((service.oldest ?? 0) + DAY));
  room.count = 9;
  await sent(queue, 5);
});

it("another tab says the same, and Retry there tries at once", async () => {
  const room = only(0, new Problem(429, "too_many", "You have too many pending uploads."));
  timing.fullFor = 1e6;
  const browser = new FakeBrowser();
  const queue = start({ browser });
  await queue.add([newSong()]);
  await until(() => expect(queue.pause()).not.toBeNull());
  const other = start({ browser });
  await until(() => expect(other.pause()?.text).toBe("Too many songs wait for their files."));
  room.count = 9;
  await until(() => expect(other.views()).toHaveLength(1));
  other.retry(other.views()[0]?.id ?? "");
  await sent(queue);
});

it("a song that is announced already is sent all the same", async () => {
  only(1, new Problem(429, "too_many", "You have too many pending uploads."));
  service.storage = [503];
  timing.fullFor = 1e6;
  const queue = start();
  await queue.add([newSong("First.mp3"), newSong("Second.mp3")]);
  await sent(queue, 1);
  expect(queue.pause()).not.toBeNull();
});
