import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { FakeService, openQueue } from "./fakes";
import { type Queue, timing } from "./queue";
import { openStore, type Store } from "./store";

/** What this test's queues speak to and lie in. */
export let service: FakeService;
export let store: Store;
const usual = { ...timing };
let databases = 0;
const open: Queue[] = [];

/** Every test of the calling file starts with a service and a store of its own, and short waits. */
export function freshEachTest(): void {
  beforeEach(async () => {
    Object.assign(timing, { firstWait: 3, longestWait: 20, between: 2 });
    service = new FakeService();
    store = await openStore(`uploads-${++databases}`);
  });
  afterEach(() => {
    open.splice(0).forEach((queue) => queue.stop());
    Object.assign(timing, usual);
  });
}

/** A queue as a page would open it; it stops with the test. */
export const start = (options: Partial<Parameters<typeof openQueue>[0]> = {}, more = {}) => {
  const queue = openQueue({ service, store, ...options }, more);
  open.push(queue);
  return queue;
};
export const until = (check: () => void) => vi.waitFor(check, { timeout: 3000, interval: 2 });
export const sent = (queue: Queue, count = 1) =>
  until(() => expect(queue.views().filter(({ phase }) => phase === "sent")).toHaveLength(count));
export const first = (queue: Queue) => {
  const [view] = queue.views();
  if (!view) throw new Error("the list is empty");
  return view;
};
export const statuses = () => [...service.songs.values()].map(({ status }) => status);
