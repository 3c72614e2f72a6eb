// @vitest-environment node
import { expect, it } from "vitest";
import { type Api, Problem } from "@/api/client";
import { aSong } from "@/api/songs.fake";
import { type Known, readKnown, sameBytes } from "./duplicates";
import { first, freshEachTest, sent, service, start } from "./queue.setup";
import { importFiles, type Report } from "./importing";

freshEachTest();

/** An mp3 by its first bytes; `sound` is what tells it from others. */
const mp3 = (name: string, sound = name, length = 60) =>
  new File([new Uint8Array([0xff, 0xfb, 0x90, 0]), sound.padEnd(length)], name, { lastModified: 1 });
const found = (...files: [file: File, folder?: string][]) => ({
  found: files.map(([file, folder = "Music"]) => ({ file, folder })),
  unread: [],
});
const NONE_KNOWN = (): Promise<Known> => Promise.resolve(() => false);

async function bring(
  gathered: Parameters<typeof importFiles>[0],
  { wholeFolder = true, readKnown = NONE_KNOWN, queue = start() } = {},
) {
  const reports: Report[] = [];
  const ports = { queue, readKnown, onReport: (report: Report) => reports.push(report) };
  const secondsOf = () => Promise.resolve(100);
  await importFiles(gathered, wholeFolder, { language: null, model: "auto" }, { ...ports, secondsOf });
  const last = reports.at(-1);
  if (!last) throw new Error("nothing was reported");
  return { queue, last, reports };
}

it("takes a folder: songs with the words beside them; what is no music is skipped by name, a bad file holds up nothing", async () => {
  const unreadable = Object.defineProperty(mp3("locked.mp3"), "slice", {
    value: () => ({ arrayBuffer: () => Promise.reject(new Error("gone")) }),
  });
  const { queue, last, reports } = await bring(
    found(
      [unreadable],
      [mp3("01.mp3", "one")],
      [new File(["[00:01.00]La"], "01.lrc")],
      [mp3("01.mp3", "other"), "Music/Deep"],
      [new File(["text"], "broken.mp3")],
      [new File([], "empty.mp3")],
      [new File(["pixels"], "cover.jpg")],
      [new File(["[00:01.00]La"], "alone.lrc"), "Music/Words"],
    ),
  );
  expect(last).toMatchObject({ checking: 0, added: 2, known: [], skipped: ["Music/cover.jpg", "alone.lrc"] });
  expect(last.refusals.map(({ name }) => name).sort()).toEqual(["broken.mp3", "empty.mp3", "locked.mp3"]);
  expect(reports[0]?.checking).toBe(5);
  await sent(queue, 2);
  expect([...service.songs.values()].map(({ words }) => words).sort()).toEqual(["[00:01.00]La", null]);
});

it("refuses by name what is no music when it was chosen by itself", async () => {
  const { last } = await bring(found([new File(["pixels"], "cover.jpg"), ""]), { wholeFolder: false });
  expect(last.skipped).toEqual([]);
  expect(last.refusals[0]?.why).toContain("is not a kind of file we take");
});

it("leaves out what the library has and what comes twice, so that they can be added all the same", async () => {
  const library = [
    aSong("A", { title: "Have it", fileSizeBytes: 64, status: "COMPLETED" }),
    aSong("B", { title: "Failed", fileSizeBytes: 64, status: "FAILED" }),
  ];
  const pages = [
    { data: library, nextCursor: "more" },
    { data: [aSong("C", { title: "Older", fileSizeBytes: 64, status: "QUEUED" })], nextCursor: null },
  ];
  const api = { GET: () => Promise.resolve({ data: pages.shift() }) } as unknown as Api;
  const { queue, last } = await bring(
    found(
      [mp3("Have it.mp3")],
      [mp3("Failed.mp3")],
      [mp3("have it.mp3", "longer", 61)],
      [mp3("OLDER.mp3")],
      [mp3("New.mp3", "same sound")],
      [mp3("New again.mp3", "same sound"), "Music/Copies"],
    ),
    { readKnown: () => readKnown(api) },
  );
  expect(last.known.map(({ file }) => file.name).sort()).toEqual(["Have it.mp3", "New again.mp3", "OLDER.mp3"]);
  await sent(queue, 3);
  await queue.add(last.known);
  await sent(queue, 6);
});

it("takes all where the library cannot be read, and once more what is on its way is left alone", async () => {
  service.storage = ["hang", "hang"];
  const files = () => found([mp3("One.mp3")], [mp3("Two.mp3")]);
  const offline = () => Promise.reject(new Problem(0, "offline", "No connection."));
  const { queue, last } = await bring(files(), { readKnown: offline });
  expect(last.added).toBe(2);
  const again = await bring(files(), { queue }).then(({ last }) => last);
  expect(again).toMatchObject({ added: 0, known: [] });
  expect(again.refusals.map(({ why }) => why)).toEqual(Array(2).fill("is already on its way. Nothing to do."));
  expect(first(queue).name).toBe("One.mp3");
});

it("compares files to the byte", async () => {
  const large = (end: string) => new Blob(["x".repeat(1_500_000), end]);
  expect(await sameBytes(large("a"), large("a"))).toBe(true);
  expect(await sameBytes(large("a"), large("b"))).toBe(false);
  expect(await sameBytes(large("a"), large("aa"))).toBe(false);
});
