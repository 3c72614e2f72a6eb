// @vitest-environment node
import "fake-indexeddb/auto";
import { QueryClient } from "@tanstack/react-query";
import { expect, it, vi } from "vitest";
import { createApi } from "@/api/client";
import type { Session, SessionState } from "@/session/session";
import { uploads } from "./feature";
import { newSong } from "./fakes";
import type { Upload } from "./model";
import { openStore } from "./store";
import { queueOf } from "./useUploads";

const { put } = vi.hoisted(() => ({ put: vi.fn(() => Promise.resolve(200)) }));
vi.mock("@/lib/transfer", () => ({ put }));

const left = (id: string, owner: string): Upload => ({
  ...{ id, owner, name: "Song.mp3", sizeBytes: 100, contentType: "audio/mpeg", addedAt: 1 },
  ...{ details: { title: null, artist: null, language: null }, saved: { title: null, artist: null, language: null } },
  ...{ model: "auto", words: null, wordsAre: "unsent", wordsTrouble: null, announcedAt: null, songId: null },
  ...{ phase: "waiting", trouble: null, kept: true },
});

/** The browser's locks, for one tab. */
const locks = { request: (_: string, __: object, work: () => Promise<void>) => work() };

it("what an earlier page left is sent without any view of it, and only its owner's", async () => {
  vi.stubGlobal("navigator", { locks });
  vi.stubGlobal("addEventListener", vi.fn());
  vi.stubGlobal("removeEventListener", vi.fn());
  const store = await openStore();
  await store.add(left("mine", "ann@example.com"), newSong().file);
  await store.add(left("theirs", "bob@example.com"), newSong().file);
  let state: SessionState = { status: "in", email: "ann@example.com" };
  const listeners = new Set<() => void>();
  const session = {
    state: () => state,
    subscribe: (listener: () => void) => (listeners.add(listener), () => listeners.delete(listener)),
    idToken: () => Promise.resolve("t"),
  } as unknown as Session;
  const asked: string[] = [];
  const api = createApi("http://api.example", session, async (input) => {
    asked.push(`${(input as Request).method} ${new URL((input as Request).url).pathname}`);
    return Response.json({ songId: "song-1", uploadUrl: "https://storage.test/1", headers: {}, expiresIn: 900 });
  });
  const queue = await queueOf("ann@example.com", session, api, new QueryClient());
  expect(await queueOf("ann@example.com", session, api, new QueryClient())).toBe(queue);
  await vi.waitFor(() => expect(queue.views()).toMatchObject([{ id: "mine", phase: "sent" }]));
  expect(asked).toEqual(["POST /songs/upload-url"]);
  expect(put).toHaveBeenCalledOnce();
  state = { status: "out" };
  listeners.forEach((listener) => listener());
});

it("forgetting one person's leaves another's", async () => {
  const store = await openStore();
  for (const [id, owner] of [
    ["a", "ann"],
    ["b", "ann"],
    ["c", "bob"],
  ] as const)
    await store.add(left(id, owner), newSong().file);
  await uploads.forget?.("ann");
  expect(await store.load("ann")).toEqual([]);
  expect(await store.file("a")).toBeUndefined();
  expect(await store.load("bob")).toHaveLength(1);
  expect(await store.file("c")).toBeDefined();
});
