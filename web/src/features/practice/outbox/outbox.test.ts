// @vitest-environment node
import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Problem } from "@/api/client";
import type { Card } from "@/api/practice";
import { FakeBrowser } from "@/lib/tabs.fake";
import { forgetPractice } from "./forget";
import { createOutbox, type News, type Outbox, type TabMessage, timing } from "./outbox";
import { DATABASE, type Deed, openStore, type Store, withSpare } from "./store";

const usual = { ...timing };
const ANN = "ann@example.com";
const open: Outbox[] = [];
let store: Store;
let folder = 0;

beforeEach(async () => {
  Object.assign(timing, { firstWait: 2, longestWait: 10, patience: 10_000 });
  store = await openStore(`practice-${folder++}`);
});
afterEach(() => {
  open.splice(0).forEach((outbox) => outbox.stop());
  Object.assign(timing, usual);
});

const grade = (reviewId: string, songId = "A"): Deed => ({
  kind: "grade",
  songId,
  grade: { songId, reviewId, grade: 4, reviewedAt: "2026-01-31T08:00:00Z" },
});
const undo = (reviewId: string, songId = "A"): Deed => ({ kind: "undo", songId, reviewId });
const idOf = (deed: Deed) => (deed.kind === "grade" ? deed.grade.reviewId : `${deed.kind} ${deed.songId}`);

/** A service that counts each id once; `answers` come before its own, in turn: an error, or "lost" for a lost answer. */
class FakeService {
  calls: string[] = [];
  log = new Set<string>();
  answers: (Problem | "lost" | undefined)[] = [];

  send = (deed: Deed): Promise<Card> => {
    this.calls.push(idOf(deed));
    const answer = this.answers.shift();
    if (answer instanceof Problem) return Promise.reject(answer);
    this.log.add(idOf(deed));
    if (answer === "lost") return Promise.reject(offline());
    return Promise.resolve({ songId: deed.songId, version: this.log.size } as Card);
  };
}

const offline = () => new Problem(0, "offline", "No connection.");
const changed = () => new Problem(409, "changed", "Another device changed this card.");

function start(service: FakeService, browser = new FakeBrowser<TabMessage>()) {
  const outbox = createOutbox(ANN, { store, tabs: browser.open(), send: service.send });
  const news: News[] = [];
  outbox.hear((one) => news.push(one));
  outbox.start();
  open.push(outbox);
  return { outbox, news };
}
const until = (check: () => void) => vi.waitFor(check, { timeout: 60_000, interval: 2 });
const empty = async () => expect(await store.all(ANN)).toEqual([]);

test("deeds are sent in their order, and leave the device", async () => {
  const service = new FakeService();
  const { outbox, news } = start(service);
  await outbox.add(grade("R1"));
  await outbox.add(undo("R1"));
  await outbox.add(grade("R2", "B"));
  expect(await outbox.flushed()).toBe(true);
  expect(service.calls).toEqual(["R1", "undo A", "R2"]);
  await until(() => expect(news.map(({ is }) => is)).toEqual(["taken", "taken", "taken"]));
  await empty();
});

test("an answer that got lost is sent again with the same id, and counts once", async () => {
  const service = new FakeService();
  service.answers = ["lost", offline(), "lost"];
  const { outbox } = start(service);
  await outbox.add(grade("R1"));
  await until(() => expect(outbox.state().waiting).toEqual([]));
  expect(service.calls).toEqual(["R1", "R1", "R1", "R1"]);
  expect([...service.log]).toEqual(["R1"]);
});

test("what was not sent survives the page", async () => {
  const dead = new FakeService();
  dead.answers = Array.from({ length: 1000 }, offline);
  const first = start(dead);
  await first.outbox.add(grade("R1"));
  await first.outbox.add(grade("R2", "B"));
  await until(() => expect(first.outbox.state().note).toMatch(/No connection/));
  first.outbox.stop();
  const service = new FakeService();
  start(service);
  await until(() => expect(service.calls).toEqual(["R1", "R2"]));
  await vi.waitFor(empty);
});

test("another device was faster: sent again at once, and said", async () => {
  const service = new FakeService();
  service.answers = [changed()];
  const { outbox, news } = start(service);
  await outbox.add(grade("R1"));
  await until(() => expect(news).toHaveLength(1));
  expect(news[0]).toMatchObject({ is: "taken", rebased: true });
  expect(service.calls).toEqual(["R1", "R1"]);
});

test("a card that is changed again and again is left for a moment, and loses nothing", async () => {
  const service = new FakeService();
  service.answers = Array.from({ length: 20 }, changed);
  const { outbox, news } = start(service);
  await outbox.add(grade("R1"));
  await until(() => expect(news).toHaveLength(1));
  expect([...service.log]).toEqual(["R1"]);
});

test("what is refused is kept with its reason, and holds up only its own song", async () => {
  const service = new FakeService();
  service.answers = [new Problem(400, "invalid_request", "please check your clock")];
  const { outbox } = start(service);
  await outbox.add(grade("R1"));
  await until(() => expect(outbox.state().waiting[0]?.trouble).toBe("please check your clock"));
  await outbox.add(undo("R1"));
  await outbox.add(grade("R2", "B"));
  await until(() => expect(service.calls).toEqual(["R1", "R2"]));
  outbox.wake(true);
  await until(() => expect(service.calls).toEqual(["R1", "R2", "R1", "undo A"]));
  await vi.waitFor(empty);
});

test("what is refused can be dropped", async () => {
  const service = new FakeService();
  service.answers = [new Problem(400, "invalid_request", "no")];
  const { outbox } = start(service);
  await outbox.add(grade("R1"));
  await until(() => expect(outbox.state().waiting[0]?.trouble).toBe("no"));
  await outbox.dropRefused();
  expect(outbox.state().waiting).toEqual([]);
  await empty();
});

test("a song that is gone is told", async () => {
  const service = new FakeService();
  service.answers = [new Problem(404, "not_found", "no such song")];
  const { outbox, news } = start(service);
  await outbox.add(grade("R1"));
  await until(() => expect(news.map(({ is }) => is)).toEqual(["gone"]));
  await empty();
});

test.each([401, 403, 429, 503])("%i waits and goes on", async (status) => {
  const service = new FakeService();
  service.answers = [new Problem(status, "x", "x")];
  const { outbox } = start(service);
  await outbox.add(grade("R1"));
  await until(() => expect([...service.log]).toEqual(["R1"]));
});

test("of two tabs one sends, both know, and the other goes on when it is closed", async () => {
  const [browser, service] = [new FakeBrowser<TabMessage>(), new FakeService()];
  const one = start(service, browser);
  const two = start(service, browser);
  await two.outbox.add(grade("R1"));
  await until(() => expect(two.news).toHaveLength(1));
  expect(one.news).toHaveLength(1);
  await until(() => expect(two.outbox.state().waiting).toEqual([]));
  expect(service.calls).toEqual(["R1"]);
  one.outbox.stop();
  await two.outbox.add(grade("R2"));
  await until(() => expect(service.calls).toEqual(["R1", "R2"]));
});

test("a device without room keeps answers in memory", async () => {
  const full = withSpare({ ...store, add: () => Promise.reject(new DOMException("full", "QuotaExceededError")) });
  const service = new FakeService();
  service.answers = [offline()];
  const outbox = createOutbox(ANN, { store: full, tabs: null, send: service.send });
  open.push(outbox);
  outbox.start();
  await outbox.add(grade("R1"));
  await outbox.add(grade("R2"));
  await until(() => expect(outbox.state().waiting).toEqual([]));
  expect(service.calls).toEqual(["R1", "R1", "R2"]);
});

test("a deleted account takes its answers with it, and nobody else's", async () => {
  const shared = await openStore(DATABASE);
  await shared.add({ owner: ANN, deed: grade("R1"), trouble: null });
  await shared.add({ owner: "bob@example.com", deed: grade("R2"), trouble: null });
  await forgetPractice(ANN);
  expect(await shared.all(ANN)).toEqual([]);
  expect(await shared.all("bob@example.com")).toHaveLength(1);
});
