import { expect, it } from "vitest";
import { fromDrop, fromPicker } from "./folder";

const file = (name: string) => new File(["x"], name);
const asFile = (name: string): FileSystemEntry =>
  ({ name, isFile: true, isDirectory: false, file: (give: (one: File) => void) => give(file(name)) }) as never;
const broken = (name: string): FileSystemEntry =>
  ({
    name,
    isFile: true,
    isDirectory: false,
    file: (_: unknown, no: (why: Error) => void) => no(new Error()),
  }) as never;
/** As a browser gives it: two entries at a time, and an empty list at the end. */
const asFolder = (name: string, inside: FileSystemEntry[]): FileSystemEntry =>
  ({
    ...{ name, isFile: false, isDirectory: true },
    createReader() {
      const left = [...inside];
      return { readEntries: (give: (some: FileSystemEntry[]) => void) => give(left.splice(0, 2)) };
    },
  }) as never;
const told = ({ found }: Awaited<ReturnType<typeof fromDrop>>) => found.map((one) => `${one.folder}/${one.file.name}`);

it("finds the files of a dropped folder and of those in it, and names what cannot be read", async () => {
  const music = asFolder("Music", [
    asFile("a.mp3"),
    asFile("b.mp3"),
    broken("locked.mp3"),
    asFile(".DS_Store"),
    asFolder("Deep", [asFile("c.mp3"), asFile("Thumbs.db")]),
    asFolder(".git", [asFile("d.mp3")]),
  ]);
  const gathered = await fromDrop([music, file("e.mp3")]);
  expect(told(gathered)).toEqual(["/e.mp3", "Music/a.mp3", "Music/b.mp3", "Music/Deep/c.mp3"]);
  expect(gathered.unread).toEqual(["Music/locked.mp3"]);
});

it("knows from a chosen folder where each file was", () => {
  const chosen = (path: string) =>
    Object.defineProperty(file(path.split("/").at(-1) ?? ""), "webkitRelativePath", { value: path });
  expect(told(fromPicker(["Music/a.mp3", "Music/Deep/b.mp3", "Music/._a.mp3"].map(chosen)))).toEqual([
    "Music/a.mp3",
    "Music/Deep/b.mp3",
  ]);
});

it("takes files in the order of their paths", async () => {
  const names = ["10 Last.mp3", "2 Middle.mp3", "1 First.mp3"];
  expect(told(await fromDrop([asFolder("Album", names.map(asFile))]))).toEqual([
    "Album/1 First.mp3",
    "Album/2 Middle.mp3",
    "Album/10 Last.mp3",
  ]);
});
