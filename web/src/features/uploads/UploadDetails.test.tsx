import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { base64 } from "@/lib/lyricsFile";
import type { UploadView, Words } from "./model";
import { UploadDetails } from "./UploadDetails";

afterEach(cleanup);

const RUSSIAN: Words = { file: base64(new Uint8Array([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2])), name: "song.lrc" };
const upload = (words: Words, trouble: string): UploadView =>
  ({
    name: "song.mp3",
    details: { title: null, artist: null, language: null },
    words,
    wordsAre: "refused",
    wordsTrouble: trouble,
  }) as UploadView;

it("asks what a refused file is written in, and sends it again with the answer", () => {
  const onWords = vi.fn();
  render(<UploadDetails upload={upload(RUSSIAN, "It is not Unicode.")} onEdit={vi.fn()} onWords={onWords} />);
  expect(screen.getByText(/“song.lrc” is not taken. It is not Unicode./)).toBeTruthy();
  const choice = screen.getByLabelText<HTMLSelectElement>("What is the file written in?");
  expect([...choice.options].map(({ text }) => text)).toContain("Привет · Cyrillic (Windows-1251)");
  fireEvent.change(choice, { target: { value: "windows-1251" } });
  expect(onWords).toHaveBeenCalledWith({ ...RUSSIAN, encoding: "windows-1251" });
});

it("asks nothing about words that were refused for another reason", () => {
  const words = { text: "[00:61.00]la", name: "song.lrc" };
  render(<UploadDetails upload={upload(words, "line 1: no time.")} onEdit={vi.fn()} onWords={vi.fn()} />);
  expect(screen.getByText(/“song.lrc” is not taken. line 1: no time./)).toBeTruthy();
  expect(screen.queryByLabelText("What is the file written in?")).toBeNull();
});

it("offers every kind of lyrics file", () => {
  const { container } = render(<UploadDetails upload={upload(RUSSIAN, "")} onEdit={vi.fn()} onWords={vi.fn()} />);
  expect(container.querySelector("input[type=file]")?.getAttribute("accept")).toContain(".ttml,.lrc,.ass");
});
