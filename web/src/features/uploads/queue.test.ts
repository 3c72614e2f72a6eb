// @vitest-environment node
import { describe, expect, it } from "vitest";
import { Problem } from "@/api/client";
import { FakeBrowser, newSong } from "./fakes";
import { type Queue, timing } from "./queue";
import { first, freshEachTest, sent, service, start, statuses, store, until } from "./queue.setup";

freshEachTest();

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

  it("is sent again when the first try fails, also after the file has arrived", async () => {
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

  it("when it has just arrived and is queued", async () => {
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

  it("belongs to one person", async () => {
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
    await until(() => expect(first(two).sentBytes).toBeGreaterThan(0)); // sent by the other tab, after it began
    expect(first(two)).toMatchObject({ name: "a.mp3", active: true });
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
