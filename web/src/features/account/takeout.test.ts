// @vitest-environment node
import { crc32 } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { createApi } from "@/api/client";
import { filePath, safeName } from "./paths";
import { archiveTarget, folderTarget, type Target } from "./targets";
import { listing, readHoldings, takeOut } from "./takeout";

const tokens = { idToken: () => Promise.resolve("token") };
const row = (songId: string, files: Record<string, string>, title: string | null = "Song") => ({
  song: { songId, title },
  files,
});
type Row = ReturnType<typeof row>;

/** An API whose pages of the export are these, by cursor. */
function service(
  pages: Record<string, { data: Row[]; measurements?: object[]; practice?: object[]; nextCursor: string | null }>,
) {
  const asked: string[] = [];
  const api = createApi("https://api.example", tokens, (request) => {
    const cursor = new URL((request as Request).url).searchParams.get("cursor") ?? "";
    asked.push(cursor);
    const account = { userId: "u", email: "ann@example.com" };
    const body = {
      account,
      measurements: [],
      practice: [],
      urlsExpireAt: "2026-01-31T08:35:00.000Z",
      ...pages[cursor],
    };
    return Promise.resolve(new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } }));
  });
  return { api, asked };
}

/** A target that remembers. */
function memory() {
  const saved = new Map<string, string>();
  const target: Target = {
    save: async (path, content) => void saved.set(path, await content.text()),
    finish: vi.fn(() => Promise.resolve()),
  };
  return { target, saved };
}

const never = new AbortController().signal;
const TWO_PAGES = {
  "": { data: [row("B", { "stems/vocals.flac": "s3://b1", "lyrics.json": "s3://b2" })], nextCursor: "B" },
  B: { data: [row("A", { "song.mp3": "s3://a1" }, "../Täxt: <b>?")], nextCursor: "measurements:" },
  "measurements:": { data: [], measurements: [{ job: "A#current#1", state: "done" }], nextCursor: "practice:" },
  "practice:": { data: [], practice: [{ item: "card#A", ease: 250 }], nextCursor: null },
};

describe("taking everything out", () => {
  test("reads all pages, saves all files and the rows", async () => {
    const { api, asked } = service(TWO_PAGES);
    const { target, saved } = memory();
    const steps: string[] = [];
    const missed = await takeOut(
      api,
      target,
      never,
      ({ done, of, path }) => steps.push(`${done}/${of} ${path}`),
      (url) => Promise.resolve(new Response(`content of ${String(url)}`)),
    );
    expect(missed).toEqual([]);
    expect(asked).toEqual(["", "B", "measurements:", "practice:"]);
    expect(Object.fromEntries([...saved].slice(0, 3))).toEqual({
      "Song (B)/stems/vocals.flac": "content of s3://b1",
      "Song (B)/lyrics.json": "content of s3://b2",
      "Täxt b (A)/song.mp3": "content of s3://a1",
    });
    const rows = JSON.parse(saved.get("unplugd.json") ?? "");
    expect(rows.account).toEqual({ userId: "u", email: "ann@example.com" });
    expect(rows.measurements).toEqual([{ job: "A#current#1", state: "done" }]);
    expect(rows.practice).toEqual([{ item: "card#A", ease: 250 }]);
    expect(rows.data[1]).toEqual({ song: TWO_PAGES.B.data[0]?.song, files: { "song.mp3": "Täxt b (A)/song.mp3" } });
    expect(steps[2]).toBe("2/3 Täxt b (A)/song.mp3");
    expect(target.finish).toHaveBeenCalledTimes(1);
  });

  test("asks for links again when they have ended, and says what cannot be read at all", async () => {
    const { api, asked } = service(TWO_PAGES);
    const { target, saved } = memory();
    let first = true;
    const missed = await takeOut(
      api,
      target,
      never,
      () => undefined,
      (url) => {
        if (url === "s3://b1") return Promise.reject(new TypeError("CORS"));
        const status = url === "s3://a1" && first ? 403 : 200;
        if (url === "s3://a1") first = false;
        return Promise.resolve(new Response("x", { status }));
      },
    );
    expect(missed).toEqual([{ path: "Song (B)/stems/vocals.flac", url: "s3://b1" }]);
    expect(asked, "the pages, then the page of each song whose link failed").toEqual([
      "",
      "B",
      "measurements:",
      "practice:",
      "",
      "B",
    ]);
    expect([...saved.keys()]).toEqual(["Song (B)/lyrics.json", "Täxt b (A)/song.mp3", "unplugd.json"]);
  });

  test("a file that was deleted in the meantime is not missed", async () => {
    const pages = { "": { data: [row("A", { "song.mp3": "s3://a1" })], nextCursor: null } };
    const { api } = service(pages);
    const fetcher = () => {
      pages[""] = { data: [], nextCursor: null };
      return Promise.resolve(new Response("", { status: 404 }));
    };
    expect(await takeOut(api, memory().target, never, () => undefined, fetcher)).toEqual([]);
  });

  test("stops when it is cancelled", async () => {
    const stop = new AbortController();
    const { target, saved } = memory();
    const fetcher = () => {
      stop.abort();
      return Promise.reject(new DOMException("", "AbortError"));
    };
    const out = takeOut(service(TWO_PAGES).api, target, stop.signal, () => undefined, fetcher);
    await expect(out).rejects.toMatchObject({ name: "AbortError" });
    expect(saved.size).toBe(0);
    expect(target.finish).not.toHaveBeenCalled();
  });

  test("says so when the disk is full", async () => {
    const target = { ...memory().target, save: () => Promise.reject(new DOMException("", "QuotaExceededError")) };
    const out = takeOut(
      service(TWO_PAGES).api,
      target,
      never,
      () => undefined,
      () => Promise.resolve(new Response("")),
    );
    await expect(out).rejects.toMatchObject({ name: "Problem", code: "unsaved" });
  });

  test("the list is what the API says, in one piece", async () => {
    const holdings = await readHoldings(service(TWO_PAGES).api, never);
    expect(JSON.parse(listing(holdings))).toEqual({
      account: { userId: "u", email: "ann@example.com" },
      data: [...TWO_PAGES[""].data, ...TWO_PAGES.B.data],
      measurements: TWO_PAGES["measurements:"].measurements,
      practice: TWO_PAGES["practice:"].practice,
      urlsExpireAt: "2026-01-31T08:35:00.000Z",
    });
  });

  test("a service that turns in a circle is left", async () => {
    const { api, asked } = service({
      "": { data: [row("B", {})], nextCursor: "B" },
      B: { data: [row("B", {})], nextCursor: "B" },
    });
    expect((await readHoldings(api, never)).rows).toHaveLength(1);
    expect(asked).toHaveLength(2);
  });
});

describe("names", () => {
  test.each([
    ["../../etc/passwd", "etc passwd"],
    ["CON", "x"],
    ["nul.txt", "x"],
    ["  . ", "x"],
    ["a\u0000b\u202Ec", "a b c"],
    ["日本語 🎤", "日本語 🎤"],
    ["x".repeat(200), "x".repeat(80)],
    ["ends with dots...", "ends with dots"],
  ])("%j", (name, safe) => expect(safeName(name, "x")).toBe(safe));

  test.each([
    ["x".repeat(100) + ".mp3", "x".repeat(76) + ".mp3"],
    ["ä. ".repeat(40) + ".original", "ä. ".repeat(23) + "ä.original"],
    ["x".repeat(100) + ".no-suffix-is-so-long", "x".repeat(80)],
  ])("of a file keep its ending: %j", (name, safe) => {
    expect(filePath({ songId: "A", title: null }, name)).toBe(`Untitled (A)/${safe}`);
  });

  test("of a file stay below the song's folder", () => {
    expect(filePath({ songId: "A", title: null }, "../a//b.mp3")).toBe("Untitled (A)/file/a/file/b.mp3");
  });
});

describe("targets", () => {
  test("a folder gets the files in their places", async () => {
    const written: string[] = [];
    const folder = (path: string): unknown => ({
      getDirectoryHandle: (name: string) => Promise.resolve(folder(`${path}${name}/`)),
      getFileHandle: (name: string) =>
        Promise.resolve({
          createWritable: () =>
            Promise.resolve(
              new WritableStream({
                write: (chunk) => void written.push(path + name + new TextDecoder().decode(chunk)),
              }),
            ),
        }),
    });
    const target = folderTarget(folder("") as FileSystemDirectoryHandle);
    await target.save("Song (A)/stems/a.txt", new Response("=words"), never);
    expect(written).toEqual(["Song (A)/stems/a.txt=words"]);
  });

  test("archives are cut before they get too big, and hold whole files", async () => {
    const saved: { name: string; bytes: Uint8Array }[] = [];
    const pending: Promise<unknown>[] = [];
    const target = archiveTarget((content, name) => {
      pending.push(content.arrayBuffer().then((buffer) => saved.push({ name, bytes: new Uint8Array(buffer) })));
    }, 100);
    await target.save("ä/1.txt", new Response("123456789"), never);
    await target.save("2.txt", new Response("x".repeat(90)), never);
    await target.finish(never);
    await Promise.all(pending);
    expect(saved.map(({ name }) => name)).toEqual(["unplugd-1.zip", "unplugd-2.zip"]);
    expect(saved.map(({ bytes }) => unzipped(bytes))).toEqual([
      { "ä/1.txt": "123456789" },
      { "2.txt": "x".repeat(90) },
    ]);
  });

  test("an archive that cannot be written is said in words", async () => {
    const save = vi.fn();
    const target = archiveTarget(save);
    const unreadable = new Blob(["1"]);
    unreadable.stream = () => new ReadableStream({ start: (stream) => stream.error(new TypeError("no space")) });
    await target.save("1.txt", { blob: () => Promise.resolve(unreadable) } as Response, never);
    await expect(target.finish(never)).rejects.toMatchObject({ name: "Problem", code: "unsaved" });
    expect(save).not.toHaveBeenCalled();
  });

  test("recordings are saved too, and get fresh links from their own pages", async () => {
    const take = (link: string) => ({ session: { sessionId: "R", title: null }, files: { "take.flac": link } });
    const pages: Record<string, { data: unknown[]; nextCursor: string | null }> = {
      "": { data: [row("A", {})], nextCursor: "session:" },
      "session:": { data: [take("s3://old")], nextCursor: null },
    };
    const { api, asked } = service(pages as Parameters<typeof service>[0]);
    const { target, saved } = memory();
    const missed = await takeOut(
      api,
      target,
      never,
      () => undefined,
      (url) => {
        pages["session:"] = { data: [take("s3://new")], nextCursor: null };
        return Promise.resolve(new Response("sound", { status: String(url) === "s3://old" ? 403 : 200 }));
      },
    );
    expect(missed).toEqual([]);
    expect(asked).toEqual(["", "session:", "session:"]);
    expect(saved.get("Recording (R)/take.flac")).toBe("sound");
    expect(saved.get("unplugd.json")).toContain('"sessionId": "R"');
  });

  test("a cancelled export saves no archive", async () => {
    const save = vi.fn();
    const target = archiveTarget(save);
    await target.save("1.txt", new Response("1"), never);
    await expect(target.finish(AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
    expect(save).not.toHaveBeenCalled();
  });
});

/** The stored files of a ZIP by its directory, with their checksums checked. */
function unzipped(bytes: Uint8Array): Record<string, string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = (from: number, length: number) => new TextDecoder().decode(bytes.subarray(from, from + length));
  const end = bytes.length - 22;
  expect(view.getUint32(end, true)).toBe(0x06054b50);
  const files: Record<string, string> = {};
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    expect(view.getUint32(at, true)).toBe(0x02014b50);
    const [crc, size, nameLength] = [
      view.getUint32(at + 16, true),
      view.getUint32(at + 24, true),
      view.getUint16(at + 28, true),
    ];
    const local = view.getUint32(at + 42, true);
    expect(view.getUint32(local, true)).toBe(0x04034b50);
    const content = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    expect(crc32(bytes.subarray(content, content + size))).toBe(crc);
    files[text(at + 46, nameLength)] = text(content, size);
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return files;
}
