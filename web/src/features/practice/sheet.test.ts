// @vitest-environment node
import { expect, test } from "vitest";
import { parts, wholeSheet } from "./sheet";

test("the pages of the log are one file", async () => {
  const pages: Record<string, { csv: string; nextCursor: string | null }> = {
    "": { csv: "id,cid\r\n1,A\r\n", nextCursor: "A" },
    A: { csv: "2,B\r\n", nextCursor: null },
  };
  const read = (cursor = "") => Promise.resolve(pages[cursor] ?? { csv: "", nextCursor: null });
  expect(await wholeSheet(read)).toBe("id,cid\r\n1,A\r\n2,B\r\n");
});

test("a long file goes in parts, each with the names, and lines keep their numbers", () => {
  const rows = Array.from({ length: 4500 }, (_, i) => `${i},A,3`);
  const found = parts(["id,cid,ease", ...rows, ""].join("\n"));
  expect(found.map(({ before }) => before)).toEqual([0, 2000, 4000]);
  expect(found.map(({ csv }) => csv.split("\r\n").length)).toEqual([2002, 2002, 502]);
  expect(found[2]?.csv.startsWith("id,cid,ease\r\n4000,A,3\r\n")).toBe(true);
});

test.each(["", "id,cid,ease\r\n", 'id,cid,ease\n1,"A\nB",3\n'])("%j is one part", (text) => {
  expect(parts(text)).toHaveLength(1);
});
