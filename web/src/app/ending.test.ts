// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Session, SessionState } from "@/session/session";
import { createEnding } from "./ending";

/** The tabs of this test, with a channel of their own. */
let tabs: { listeners: ((event: { data: unknown }) => void)[] }[];
beforeEach(() => {
  tabs = [];
  class FakeChannel {
    listeners: ((event: { data: unknown }) => void)[] = [];
    constructor() {
      tabs.push(this);
    }
    addEventListener(...[, listener]: [string, (event: { data: unknown }) => void]) {
      this.listeners.push(listener);
    }
    postMessage(data: unknown) {
      for (const tab of tabs) if (tab !== this) tab.listeners.forEach((listener) => listener({ data }));
    }
  }
  vi.stubGlobal("BroadcastChannel", FakeChannel);
});
afterEach(() => vi.unstubAllGlobals());

function tab() {
  let state: SessionState = { status: "in", email: "ann@example.com" };
  const listeners: (() => void)[] = [];
  const session = { state: () => state, subscribe: (listener: () => void) => listeners.push(listener) };
  const forgotten = vi.fn<(email: string) => Promise<void>>(() => Promise.resolve());
  const become = (next: SessionState) => {
    state = next;
    listeners.forEach((listener) => listener());
  };
  return { become, forgotten, ending: createEnding(session as unknown as Session, forgotten) };
}

it("a deleted account goes from every tab, once more when the tab has closed what was open", () => {
  const [here, there] = [tab(), tab()];
  here.ending.deleted("ann@example.com");
  for (const { become, forgotten, ending } of [here, there]) {
    expect(forgotten.mock.calls).toEqual([["ann@example.com"]]);
    become({ status: "out" });
    ending.left();
    ending.left();
    expect(forgotten.mock.calls).toEqual([["ann@example.com"], ["ann@example.com"]]);
  }
});

it("a plain sign-out forgets nothing, also not of somebody who signed up again", () => {
  const { become, forgotten, ending } = tab();
  ending.left();
  expect(forgotten).not.toHaveBeenCalled();
  ending.deleted("ann@example.com");
  become({ status: "out" });
  become({ status: "in", email: "ann@example.com" });
  become({ status: "out" });
  ending.left();
  expect(forgotten).toHaveBeenCalledOnce();
});

it("a failure is tried again", async () => {
  const { forgotten, ending } = tab();
  forgotten.mockRejectedValueOnce(new Error("offline"));
  ending.deleted("ann@example.com");
  await Promise.resolve();
  ending.left();
  expect(forgotten).toHaveBeenCalledTimes(2);
});
