// @vitest-environment node
import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "@/api/client";
import { FakeBrowser, FakeService, newSong, openQueue } from "./fakes";
import { type Queue, timing } from "./queue";
import { openStore, type Store } from "./store";

const usual = { ...timing };
let service: FakeService;
let store: Store;
let databases = 0;
const open: Queue[] = [];
const start = (options: Partial<Parameters<typeof openQueue>[0]> = {}, more = {}) => {
  const queue = openQueue({ service, store, ...options }, more);
  open.push(queue);
  return queue;
};
const until = (check: () => void) => vi.waitFor(check, { timeout: 3000, interval: 2 });
const sent = (queue: Queue, count = 1) =>
  until(() => expect(queue.views().filter(({ phase }) => phase === "sent")).toHaveLength(count));
const first = (queue: Queue) => {
  const [view] = queue.views();
  if (!view) throw new Error("the list is empty");
  return view;
};
const statuses = () => [...service.songs.values()].map(({ status }) => status);

beforeEach(async () => {
  Object.assign(timing, { firstWait: 3, longestWait: 20, between: 2 });
  service = new FakeService();
  store = await openStore(`uploads-${++databases}`);
});
afterEach(() => {
  open.splice(0).forEach((queue) => queue.stop());
  Object.assign(timing, usual);
});

describe("sending", () => {
  it("announces, puts and is done, at most two at a time", async () => {
    let at = 0;
    let most = 0;
    const transfer: typeof service.transfer = async (...all) => {
      most = Math.max(most, ++at);
      await new Promise((resolve) => setTimeout(resolve, 5));
      at -= 1;
      return service.transfer(...all);
    };
    const onArrived = vi.fn();
    const queue = start({}, { transfer, onArrived });
    await queue.add(["a.mp3", "b.mp3", "c.mp3", "d.mp3"].map((name) => newSong(name)));
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

  it("after a lost answer asks for a fresh link, and is told 412", async () => {
    service.storage = ["lost"];
    const queue = start();
    await queue.add([newSong()]);
    await sent(queue);
    expect(service.calls).toEqual(["announce", "put", "renew", "put"]);
    expect(service.songs.size).toBe(1);
  });

  it("after a lost answer needs no second put when the song is already in line", async () => {
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
    [415, "unsupported_type", "audio/x is not a type we take.", "none"],
    [429, "too_many", "Too many uploads of yours have been announced.", "retry"],
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

  it("announces anew what expired after a day, with its words", async () => {
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

  it("does not bring back a song that was deleted meanwhile, unless asked", async () => {
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

describe("what is said of a song", () => {
  it("goes with the announcement, and later changes after it", async () => {
    service.storage = ["hang"];
    const queue = start();
    const details = { title: "One", artist: "Band", language: "en" };
    await queue.add([newSong("a.mp3", { details })]);
    await until(() => expect(first(queue).sentBytes).toBeGreaterThan(0));
    queue.edit(first(queue).id, { title: "Two" });
    await until(() => expect([...service.songs.values()]).toMatchObject([{ title: "Two", artist: "Band" }]));
    expect(first(queue).phase).toBe("waiting");
  });

  it("is told again when the first try fails, also after the file has arrived", async () => {
    const queue = start();
    await queue.add([newSong()]);
    await sent(queue);
    let failures = 2;
    service.before = (call) => {
      if (call === "change" && failures-- > 0) throw new Problem(0, "offline", "No connection.");
    };
    queue.edit(first(queue).id, { title: "Late" });
    await until(() => expect([...service.songs.values()]).toMatchObject([{ title: "Late" }]));
    await sent(queue);
    expect(service.calls.filter((call) => call === "put")).toHaveLength(1);
  });

  it("gives the words before the file", async () => {
    const queue = start();
    await queue.add([newSong("a.mp3", { words: { text: "la la" } })]);
    await sent(queue);
    expect(service.calls).toEqual(["announce", "words", "put"]);
    expect(first(queue)).toMatchObject({ wordsAre: "saved", wordsTrouble: null });
  });

  it("sends the song without words that are refused, and keeps them to be corrected", async () => {
    service.before = (call) => {
      if (call === "words")
        throw new Problem(400, "invalid_request", "The lyrics cannot be read.", [
          { field: "text", problem: "line 3: a time that goes backwards" },
        ]);
    };
    const queue = start();
    await queue.add([newSong("a.mp3", { words: { text: "[00:99]la" } })]);
    await sent(queue);
    expect(first(queue)).toMatchObject({ wordsAre: "refused", words: { text: "[00:99]la" } });
    expect(first(queue).wordsTrouble).toMatch("line 3");
    service.before = () => undefined;
    queue.giveWords(first(queue).id, { text: "la" });
    await until(() => expect([...service.songs.values()]).toMatchObject([{ words: "la", lyricsVersion: 1 }]));
  });

  it("replaces words whose answer was lost", async () => {
    let lost = true;
    service.after = (call) => {
      if (call === "words" && lost) {
        lost = false;
        throw new Problem(0, "offline", "No connection.");
      }
    };
    const queue = start();
    await queue.add([newSong("a.mp3", { words: { text: "la" } })]);
    await sent(queue);
    expect([...service.songs.values()]).toMatchObject([{ words: "la", lyricsVersion: 2 }]);
  });
});

describe("cancelling leaves nothing", () => {
  const empty = async (queue: Queue) => {
    await until(async () => {
      expect(queue.views()).toEqual([]);
      expect(service.songs.size).toBe(0);
      expect(await store.load("ann@example.com")).toEqual([]);
    });
  };

  it("while it waits for its turn", async () => {
    service.storage = ["hang", "hang"];
    const queue = start();
    await queue.add([newSong("a.mp3"), newSong("b.mp3"), newSong("c.mp3")]);
    await until(() => expect(queue.views().filter(({ sentBytes }) => sentBytes)).toHaveLength(2));
    queue.cancel(queue.views()[2]?.id ?? "");
    await until(async () => expect(await store.load("ann@example.com")).toHaveLength(2));
    expect(service.songs.size).toBe(2);
  });

  it("while it is being announced", async () => {
    let go = () => {};
    service.after = (call) => (call === "announce" ? new Promise((resolve) => (go = resolve)) : undefined);
    const queue = start();
    await queue.add([newSong()]);
    await until(() => expect(service.songs.size).toBe(1));
    queue.cancel(first(queue).id);
    expect(queue.views()).toEqual([]);
    go();
    await empty(queue);
    expect(service.calls).not.toContain("put");
  });

  it("while it is being sent", async () => {
    service.storage = ["hang"];
    const queue = start();
    await queue.add([newSong()]);
    await until(() => expect(first(queue).sentBytes).toBeGreaterThan(0));
    queue.cancel(first(queue).id);
    await empty(queue);
  });

  it("when it has just arrived and is in line", async () => {
    service.storage = ["hang"];
    const queue = start();
    await queue.add([newSong()]);
    await until(() => expect(first(queue).sentBytes).toBeGreaterThan(0));
    service.arrive("song-1");
    queue.cancel(first(queue).id);
    await empty(queue);
    expect(service.calls.slice(-3)).toEqual(["remove", "stop", "remove"]);
  });

  it("while it waits for the network, and when the answer had been lost", async () => {
    Object.assign(timing, { firstWait: 60_000, longestWait: 60_000 });
    service.after = (call) => {
      if (call === "announce") throw new Problem(0, "offline", "No connection.");
    };
    const queue = start();
    await queue.add([newSong()]);
    await until(() => expect(first(queue).note).not.toBeNull());
    queue.cancel(first(queue).id);
    await empty(queue);
  });

  it("after it failed", async () => {
    service.before = () => {
      throw new Problem(415, "unsupported_type", "No.");
    };
    const queue = start();
    await queue.add([newSong()]);
    await until(() => expect(first(queue).phase).toBe("failed"));
    queue.cancel(first(queue).id);
    await empty(queue);
  });

  it("also when the page goes before the service has heard of it", async () => {
    service.storage = ["hang"];
    const before = start();
    await before.add([newSong()]);
    await until(() => expect(first(before).sentBytes).toBeGreaterThan(0));
    service.before = (call) => {
      if (call === "remove") throw new Problem(0, "offline", "No connection.");
    };
    before.cancel(first(before).id);
    await until(() => expect(service.calls).toContain("remove"));
    before.stop();
    service.before = () => undefined;
    await empty(start());
  });
});

describe("what outlives the page", () => {
  it("goes on after a crash, as the same song", async () => {
    service.storage = ["hang"];
    const before = start();
    await before.add([newSong("a.mp3"), newSong("b.mp3")]);
    await until(() => expect(service.songs.size).toBe(2));
    await until(() => expect(service.calls.filter((call) => call === "put")).toHaveLength(2));
    before.stop();
    const queue = start();
    await until(() => expect(statuses()).toEqual(["QUEUED", "QUEUED"]));
    await until(() => expect(queue.views().every(({ phase }) => phase === "sent")).toBe(true));
    expect(service.songs.size).toBe(2);
  });

  it("goes on after a crash between announcing and its answer", async () => {
    service.after = (call) => (call === "announce" ? new Promise(() => undefined) : undefined);
    await start().add([newSong()]);
    await until(() => expect(service.songs.size).toBe(1));
    service.after = () => undefined;
    const queue = start({ browser: new FakeBrowser() });
    await sent(queue);
    expect(statuses()).toEqual(["QUEUED"]);
  });

  it("asks for a file that the device has lost", async () => {
    service.storage = ["hang"];
    const before = start();
    await before.add([newSong()]);
    await until(() => expect(service.calls).toContain("put"));
    before.stop();
    const queue = start({ store: { ...store, file: async () => undefined } });
    await until(() => expect(queue.views()[0]?.trouble?.way).toBe("choose"));
  });

  it("without room goes on in the page, and says so", async () => {
    const full = { ...store, add: () => Promise.reject(new DOMException("full", "QuotaExceededError")) };
    service.storage = ["hang"];
    const queue = start({ store: full });
    await queue.add([newSong()]);
    await until(() => expect(first(queue)).toMatchObject({ kept: false, active: true }));
  });

  it("without any store goes on in the page", async () => {
    const queue = start({ store: null });
    await queue.add([newSong()]);
    await sent(queue);
    expect(first(queue).kept).toBe(false);
  });

  it("is nobody else's", async () => {
    service.storage = ["hang"];
    const ann = start();
    await ann.add([newSong()]);
    await until(() => expect(service.calls).toContain("put"));
    ann.stop();
    const calls = service.calls.length;
    const bob = start({ owner: "bob@example.com" });
    await bob.add([newSong("bob.mp3")]);
    await sent(bob);
    expect(bob.views()).toHaveLength(1);
    expect(service.calls.slice(calls)).toEqual(["announce", "put"]);
    expect(await store.load("ann@example.com")).toHaveLength(1);
  });
});

describe("two tabs", () => {
  it("one sends, and both show it", async () => {
    const browser = new FakeBrowser();
    const [one, two] = [start({ browser }), start({ browser })];
    service.storage = ["hang"];
    await two.add([newSong("a.mp3")]);
    await until(() => expect(first(two)).toMatchObject({ name: "a.mp3", active: true }));
    expect(first(two).sentBytes).toBeGreaterThan(0);
    expect(one.views()).toHaveLength(1);
    expect(service.calls).toEqual(["announce", "put"]);
  });

  it("the second takes over when the first is closed, as the same song", async () => {
    const browser = new FakeBrowser();
    const [one, two] = [start({ browser }), start({ browser })];
    service.storage = ["hang"];
    await one.add([newSong()]);
    await until(() => expect(first(two).sentBytes).toBeGreaterThan(0));
    one.stop();
    await sent(two);
    expect(statuses()).toEqual(["QUEUED"]);
  });

  it("the second can cancel, edit and retry what the first sends", async () => {
    const browser = new FakeBrowser();
    start({ browser });
    const two = start({ browser });
    service.storage = ["hang", 0];
    await two.add([newSong()]);
    await until(() => expect(first(two).sentBytes).toBeGreaterThan(0));
    two.edit(first(two).id, { title: "New" });
    await until(() => expect(first(two).details.title).toBe("New"));
    two.cancel(first(two).id);
    await until(() => expect(two.views()).toEqual([]));
    await until(() => expect(service.songs.size).toBe(0));
  });

  it("the second sends by itself only what could not be kept", async () => {
    const browser = new FakeBrowser();
    start({ browser });
    const full = { ...store, add: () => Promise.reject(new DOMException("full", "QuotaExceededError")) };
    const two = start({ browser, store: full });
    await two.add([newSong()]);
    await sent(two);
    expect(service.calls).toEqual(["announce", "put"]);
  });
});
