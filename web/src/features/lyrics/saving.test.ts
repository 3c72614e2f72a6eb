import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type LyricsChange, Problem, type Song } from "@/api/client";
import { linesNotIn } from "./ConflictDialog";
import { draftOf } from "./draft";
import { lyrics } from "./feature";
import { dropDraft, storedDraft, storeDraft } from "./draftStore";
import { base64 } from "@/lib/lyricsFile";
import { OffsetSaver } from "./offsetSaver";

const conflict = (current: number) =>
  new Problem(409, "conflict", "Changed.", [{ field: "version", problem: "", current }]);
const saved = ({ version }: LyricsChange) => ({ lyricsVersion: version + 1 }) as Song;

describe("OffsetSaver", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const tell = () => ({ saved: vi.fn(), failed: vi.fn<(error: Error, again: () => void) => void>() });

  it("saves the last of many moves, once", async () => {
    const [save, listener] = [vi.fn(async (change: LyricsChange) => saved(change)), tell()];
    const saver = new OffsetSaver(listener);
    for (const ms of [50, 100, 150]) saver.move(ms, 4, save);
    await vi.runAllTimersAsync();
    expect(save.mock.calls).toEqual([[{ version: 4, offsetMs: 150 }]]);
    expect(listener.saved).toHaveBeenCalledOnce();
    await saver.flush();
    expect(save).toHaveBeenCalledOnce();
  });

  it("saves what was moved during a call after it, on the version that the call made", async () => {
    const saver = new OffsetSaver(tell());
    const save = vi.fn(async (change: LyricsChange) => {
      if (change.offsetMs === 50) saver.move(100, 4, save);
      return saved(change);
    });
    saver.move(50, 4, save);
    await vi.runAllTimersAsync();
    expect(save.mock.calls.map(([change]) => change)).toEqual([
      { version: 4, offsetMs: 50 },
      { version: 5, offsetMs: 100 },
    ]);
  });

  it("sets it again over somebody else's change", async () => {
    const listener = tell();
    const save = vi.fn(async (change: LyricsChange) => {
      if (change.version < 9) throw conflict(9);
      return saved(change);
    });
    new OffsetSaver(listener).move(50, 4, save);
    await vi.runAllTimersAsync();
    expect(save).toHaveBeenLastCalledWith({ version: 9, offsetMs: 50 });
    expect(listener.failed).not.toHaveBeenCalled();
  });

  it("says when it cannot be saved, and saves it on the next try", async () => {
    const listener = tell();
    const save = vi.fn(async (change: LyricsChange) => saved(change));
    save.mockRejectedValueOnce(new Problem(0, "offline", "No connection."));
    new OffsetSaver(listener).move(50, 4, save);
    await vi.runAllTimersAsync();
    expect(listener.failed).toHaveBeenCalledOnce();
    expect(listener.saved).not.toHaveBeenCalled();
    listener.failed.mock.calls[0]?.[1]();
    await vi.runAllTimersAsync();
    expect(listener.saved).toHaveBeenCalledOnce();
  });
});

describe("an unsaved draft", () => {
  const base = { segments: [{ text: "<b>a", words: [] }], nudges: {} } as never;
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    localStorage.clear();
  });

  it("is found again, until its owner drops it", () => {
    const stored = { by: "tab 1", owner: "ann", base, draft: draftOf(base) };
    expect(storedDraft("s")).toBeNull();
    expect(storeDraft("s", stored)).toBe(true);
    expect(storedDraft("s")).toEqual(stored);
    dropDraft("s", "tab 2");
    expect(storedDraft("s")).not.toBeNull();
    dropDraft("s", "tab 1");
    expect(storedDraft("s")).toBeNull();
  });

  it("that cannot be read is none", () => {
    for (const text of ["{", "null", "7", "{}", '{"draft": {"lines": 3}}']) {
      localStorage.setItem("unplugd.lyricsDraft.s", text);
      expect(storedDraft("s")).toBeNull();
    }
  });

  it("goes with its owner, another's stays, and what tells no owner goes too", async () => {
    localStorage.setItem("unplugd.theme", "dark");
    localStorage.setItem("unplugd.lyricsDraft.broken", "{");
    for (const owner of ["ann", "bob"]) storeDraft(`of-${owner}`, { by: "tab", owner, base, draft: draftOf(base) });
    await lyrics.forget?.("ann");
    expect(Object.keys(localStorage).sort()).toEqual(["unplugd.lyricsDraft.of-bob", "unplugd.theme"]);
  });

  it("is refused, not thrown, where there is no room", () => {
    const setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    vi.stubGlobal("localStorage", { setItem });
    expect(storeDraft("s", { by: "x", owner: "ann", base, draft: draftOf(base) })).toBe(false);
  });

  it("is kept by the tab, and goes after a save, where the browser allows no storage", () => {
    const refuse = () => {
      throw new DOMException("blocked", "SecurityError");
    };
    vi.spyOn(globalThis, "localStorage", "get").mockImplementation(refuse);
    const stored = { by: "tab", owner: "ann", base, draft: draftOf(base) };
    storeDraft("s", stored);
    expect(storedDraft("s")).toEqual(stored);
    dropDraft("s");
    expect(storedDraft("s")).toBeNull();
    vi.restoreAllMocks();
    vi.stubGlobal("localStorage", { length: 0, getItem: () => null, removeItem: refuse });
    expect(() => dropDraft("s")).not.toThrow();
  });
});

it("shows of two versions the lines that the other lacks, each as often", () => {
  const lines = (...texts: string[]) => texts.map((text) => ({ text, words: [] }));
  expect(linesNotIn(lines("a", "b", "b", "c"), lines("b", "c", "d"))).toEqual(["a", "b"]);
  expect(linesNotIn([], lines("a"))).toEqual([]);
});

it("writes bytes as base64, also many", () => {
  expect(base64(new Uint8Array([255, 254, 0, 65]))).toBe("//4AQQ==");
  expect(atob(base64(new Uint8Array(1_000_000).fill(7)))).toHaveLength(1_000_000);
});
