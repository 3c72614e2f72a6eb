// @vitest-environment node
import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, it } from "vitest";
import type { Song } from "./client";
import { dropSong, findSong, isFinished, keys, newestSongs, patchSong, putSong, type SongFilter } from "./songs";
import { aSong } from "./songs.fake";

let client: QueryClient;
beforeEach(() => {
  client = new QueryClient();
});

const list = (filter: SongFilter, ...pages: Song[][]) =>
  client.setQueryData(keys.songs(filter), {
    pages: pages.map((data, index) => ({ data, nextCursor: index < pages.length - 1 ? `c${index}` : null })),
    pageParams: pages.map((_, index) => (index ? `c${index - 1}` : undefined)),
  });
const shown = (filter: SongFilter = {}) =>
  client.getQueryData<{ pages: { data: Song[] }[] }>(keys.songs(filter))?.pages.flatMap((page) => page.data) ?? [];
const ids = (filter?: SongFilter) => shown(filter).map(({ songId }) => songId);

describe("patchSong", () => {
  it("reaches every list and the song's page", () => {
    list({}, [aSong("C")], [aSong("B"), aSong("A")]);
    list({ status: "QUEUED" }, [aSong("B")]);
    client.setQueryData(keys.song("B"), aSong("B"));
    patchSong(client, "B", { seq: 7, progress: 50 });
    for (const song of [shown()[1], shown({ status: "QUEUED" })[0], client.getQueryData(keys.song("B"))])
      expect(song).toMatchObject({ songId: "B", seq: 7, progress: 50 });
    expect(shown()[0]?.progress).toBeNull();
  });

  it("never goes back", () => {
    list({}, [aSong("A", { seq: 9, progress: 90 })]);
    patchSong(client, "A", { seq: 8, progress: 80 });
    expect(shown()[0]).toMatchObject({ seq: 9, progress: 90 });
  });

  it("makes no page up", () => {
    patchSong(client, "A", { seq: 1 });
    expect(client.getQueryData(keys.song("A"))).toBeUndefined();
  });
});

describe("putSong", () => {
  it("puts a song where it belongs by age", () => {
    list({}, [aSong("F"), aSong("D")], [aSong("B")]);
    for (const id of ["E", "G", "A", "C"]) putSong(client, aSong(id));
    expect(ids()).toEqual(["G", "F", "E", "D", "C", "B", "A"]);
  });

  it("leaves out a song older than what has been read", () => {
    client.setQueryData(keys.songs(), { pages: [{ data: [aSong("F")], nextCursor: "c" }], pageParams: [undefined] });
    putSong(client, aSong("A"));
    expect(ids()).toEqual(["F"]);
  });

  it("brings it to the list of its status, not to a search", () => {
    list({ status: "COMPLETED" }, []);
    list({ status: "FAILED" }, []);
    list({ q: "x" }, []);
    putSong(client, aSong("A", { status: "COMPLETED" }));
    putSong(client, aSong("A", { status: "COMPLETED" }));
    expect([ids({ status: "COMPLETED" }), ids({ status: "FAILED" }), ids({ q: "x" })]).toEqual([["A"], [], []]);
  });

  it("keeps the links of a finished song whose lyrics are redone", () => {
    client.setQueryData(keys.song("A"), { ...aSong("A", { status: "COMPLETED" }), stems: {} });
    putSong(client, aSong("A", { status: "COMPLETED", lyricsStatus: "QUEUED", seq: 5 }));
    const after = client.getQueryData<Song>(keys.song("A"));
    expect(after?.lyricsStatus).toBe("QUEUED");
    expect(after && isFinished(after)).toBe(true);
  });
});

describe("newestSongs", () => {
  const page = (...data: Song[]) => ({ data, nextCursor: null });
  const of = (...pages: { data: Song[]; nextCursor: null }[]) => ({ pages, pageParams: pages.map(() => undefined) });

  it("looks at the page that is new, not at those that were there", () => {
    const [first, second] = [page(aSong("C")), page(aSong("B"))];
    const third = page(aSong("A", { seq: 1 }), aSong("C", { seq: 0 }));
    const { pages } = newestSongs(of(first, second), of(first, second, third));
    expect([pages[0] === first, pages[1] === second]).toEqual([true, true]);
    expect(pages[2]?.data.map(({ songId, seq }) => [songId, seq])).toEqual([
      ["A", 1],
      ["C", 1],
    ]);
  });

  it.each([
    ["stays when a list with a newer state leaves it out", [5, 3], [6, null], 3],
    ["follows a newer state", [5, 3], [6, 4], 4],
    ["does not go up by an older answer to the same state", [5, 2], [5, 3], 2],
    ["goes down within the same state", [5, 3], [5, 2], 2],
    ["is learnt from a page", [5, null], [5, 7], 7],
    ["may be unknown", [5, null], [5, null], null],
  ] as const)("the position in the queue %s", (_, before, now, shown) => {
    const song = ([seq, queuePosition]: readonly [number, number | null]) => aSong("A", { seq, queuePosition });
    expect(newestSongs(of(page(song(before))), of(page(song(now)))).pages[0]?.data[0]?.queuePosition).toBe(shown);
  });

  it("keeps what is newer in the cache than in a page that was read again", () => {
    const before = of(page(aSong("A", { seq: 5, queuePosition: 2 }), aSong("B", { seq: 5, queuePosition: 3 })));
    const { pages } = newestSongs(before, of(page(aSong("A", { seq: 4 }), aSong("B", { seq: 5 }))));
    expect(pages[0]?.data.map(({ seq, queuePosition }) => [seq, queuePosition])).toEqual([
      [5, 2],
      [5, 3],
    ]);
  });
});

describe("findSong and dropSong", () => {
  it("find the newest copy, and take all away", () => {
    client.setQueryData(keys.song("A"), aSong("A", { seq: 2 }));
    list({}, [aSong("A", { seq: 4 }), aSong("0")]);
    expect(findSong(client, "A")?.seq).toBe(4);
    dropSong(client, "A");
    expect(findSong(client, "A")).toBeUndefined();
    expect(ids()).toEqual(["0"]);
  });
});
