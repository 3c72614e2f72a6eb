// @vitest-environment node
import { describe, expect, it, vi } from "vitest";
import { Problem } from "@/api/client";
import { newSong } from "./fakes";
import { timing } from "./queue";
import { first, freshEachTest, sent, service, start, statuses, store, until } from "./queue.setup";

freshEachTest();

describe("sending", () => {
  it("announces, puts and is done, at most two at a time", async () => {
    let at = 0;
    let most = 0;
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const transfer: typeof service.transfer = async (...all) => {
      most = Math.max(most, ++at);
      await released;
      at -= 1;
      return service.transfer(...all);
    };
    const onArrived = vi.fn();
    const queue = start({}, { transfer, onArrived });
    await queue.add(["a.mp3", "b.mp3", "c.mp3", "d.mp3"].map((name) => newSong(name)));
    await until(() => expect(at).toBe(2));
    release();
    await sent(queue, 4);
    expect(most).toBe(2);
    expect(onArrived).toHaveBeenCalledTimes(4);
    expect(statuses()).toEqual(["QUEUED", "QUEUED", "QUEUED", "QUEUED"]);
    queue.views().forEach(({ id }) => queue.dismiss(id));
    await until(async () => expect(await store.load("ann@example.com")).toEqual([]));
    expect(queue.views()).toEqual([]);
  });

  it("takes 412 for success: the file is there", async () => {
    service.storage = [412];
    const queue = start();
    await queue.add([newSong()]);
    await sent(queue);
    expect(service.calls).toEqual(["announce", "put"]);
  });

  it("after a lost answer asks for a fresh link, and gets 412", async () => {
    service.storage = ["lost"];
    const queue = start();
    await queue.add([newSong()]);
    await sent(queue);
    expect(service.calls).toEqual(["announce", "put", "renew", "put"]);
    expect(service.songs.size).toBe(1);
  });

  it("after a lost answer needs no second put when the song is already queued", async () => {
    service.storage = [0];
    service.onTransfer = ({ songId }) => service.arrive(songId);
    const queue = start();
    await queue.add([newSong()]);
    await sent(queue);
    expect(service.calls).toEqual(["announce", "put", "renew", "look"]);
  });

  it("gets a fresh link when the old one has expired", async () => {
    service.storage = [403];
    const queue = start();
    await queue.add([newSong()]);
    await sent(queue);
    expect(service.calls).toEqual(["announce", "put", "renew", "put"]);
  });

  it("gives up on a file that the storage refuses again and again", async () => {
    service.storage = [403, 403, 403];
    const queue = start();
    await queue.add([newSong()]);
    await until(() => expect(first(queue).trouble).toMatchObject({ way: "choose" }));
  });

  it("waits without a connection for as long as it takes, and goes on by Retry at once", async () => {
    Object.assign(timing, { firstWait: 60_000, longestWait: 60_000 });
    service.storage = [0];
    const queue = start();
    await queue.add([newSong()]);
    await until(() => expect(first(queue).note).toMatch(/^No connection\./));
    expect(first(queue)).toMatchObject({ active: false, phase: "waiting" });
    queue.retry(first(queue).id);
    await sent(queue);
  });

  it("goes on when the network is back", async () => {
    Object.assign(timing, { firstWait: 60_000, longestWait: 60_000 });
    service.before = () => {
      throw new Problem(0, "offline", "No connection.");
    };
    const queue = start();
    await queue.add([newSong()]);
    await until(() => expect(first(queue).note).toMatch(/^No connection\./));
    service.before = () => undefined;
    queue.wake();
    await sent(queue);
  });

  it("says that the service is busy, and waits", async () => {
    let refusals = 3;
    const notes = new Set<string | null>();
    service.before = () => {
      if (refusals-- > 0) throw new Problem(429, "too_many_requests", "Slow down.");
    };
    const queue = start();
    queue.subscribe(() => notes.add(queue.views()[0]?.note ?? null));
    await queue.add([newSong()]);
    await sent(queue);
    expect([...notes]).toContain("The service is busy. Tries again by itself.");
  });

  it.each([
    [413, "too_large", "The file is larger than 50 MB.", "none"],
    [415, "unsupported_type", "audio/x is not a supported type.", "none"],
  ])("says why the service refuses: %i %s", async (status, code, message, way) => {
    service.before = () => {
      throw new Problem(status, code, message);
    };
    const queue = start();
    await queue.add([newSong()]);
    await until(() => expect(first(queue)).toMatchObject({ phase: "failed", trouble: { text: message, way } }));
    expect(service.calls).toEqual(["announce"]);
  });

  it("gives up on a service that stays broken, until Retry", async () => {
    let broken = true;
    service.before = () => {
      if (broken) throw new Problem(500, "internal", "Oops.");
    };
    const queue = start();
    await queue.add([newSong()]);
    await until(() => expect(first(queue)).toMatchObject({ phase: "failed", trouble: { way: "retry" } }));
    broken = false;
    queue.retry(first(queue).id);
    await sent(queue);
  });

  it("a failure of one does not hold up the others", async () => {
    service.before = (call) => {
      if (call === "announce" && service.calls.length === 1) throw new Problem(413, "too_large", "Too large.");
    };
    const queue = start();
    await queue.add([newSong("a.mp3"), newSong("b.mp3"), newSong("c.mp3")]);
    await sent(queue, 2);
    expect(queue.views().filter(({ phase }) => phase === "failed")).toHaveLength(1);
  });

  it("asks for a file that can no longer be read", async () => {
    const queue = start({ store: null });
    const song = newSong();
    song.file.slice = () => {
      throw new DOMException("changed", "NotReadableError");
    };
    await queue.add([song]);
    await until(() =>
      expect(first(queue).trouble).toEqual({ text: expect.stringMatching("Choose it again"), way: "choose" }),
    );
    expect(service.calls).toEqual([]);
  });

  it("finds a song whose announcement got no answer, and makes no second one", async () => {
    let lost = true;
    service.after = (call) => {
      if (call === "announce" && lost) {
        lost = false;
        throw new Problem(0, "offline", "No connection.");
      }
    };
    const queue = start();
    await queue.add([newSong()]);
    await sent(queue);
    expect(service.songs.size).toBe(1);
  });

  it("announces again what expired after a day, with its lyrics", async () => {
    service.storage = ["hang"];
    const before = start({ now: () => 0 });
    await before.add([newSong("a.mp3", { words: { text: "la la" } })]);
    await until(() => expect(first(before).sentBytes).toBeGreaterThan(0));
    before.stop();
    service.songs.clear();
    const queue = start({ now: () => 25 * 3_600_000 });
    await sent(queue);
    expect([...service.songs.values()]).toMatchObject([{ songId: "song-2", status: "QUEUED", words: "la la" }]);
  });

  it("does not bring back a song that was deleted in between, unless asked", async () => {
    service.storage = ["hang"];
    const before = start();
    await before.add([newSong()]);
    await until(() => expect(first(before).sentBytes).toBeGreaterThan(0));
    before.stop();
    service.songs.clear();
    const queue = start();
    await until(() => expect(queue.views()[0]?.trouble?.text).toMatch("deleted"));
    queue.retry(first(queue).id);
    await sent(queue);
  });
});
