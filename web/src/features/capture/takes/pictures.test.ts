// @vitest-environment node
import { expect, it } from "vitest";
import { splitPictures } from "./pictures";

const jpeg = (...inside: number[]) => [0xff, 0xd8, 0xff, ...inside, 0xff, 0xd9];
const split = (...bytes: number[]) => splitPictures(Uint8Array.from(bytes)).map((one) => [...one]);

it("pictures are cut from their start to their end", () => {
  expect(split(...jpeg(1), ...jpeg(2, 0xff, 0x00, 3))).toEqual([jpeg(1), jpeg(2, 0xff, 0x00, 3)]);
});

it("what is no whole picture is left out", () => {
  expect(split()).toEqual([]);
  expect(split(1, 2, 0xff, 0xd9, ...jpeg(4), 0xff, 0xd8, 0xff, 5)).toEqual([jpeg(4)]);
});
