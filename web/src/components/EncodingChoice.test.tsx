import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, it } from "vitest";
import type { Encoding } from "@/lib/lyricsFile";
import { EncodingChoice } from "./EncodingChoice";

afterEach(cleanup);

const RUSSIAN = new Uint8Array([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]); // "Привет" in Windows-1251

function Page() {
  const [encoding, setEncoding] = useState<Encoding | null>(null);
  return <EncodingChoice bytes={RUSSIAN} value={encoding} onChange={setEncoding} />;
}

it("shows how the file reads in each encoding, and offers none that it cannot be", () => {
  render(<Page />);
  const choice = screen.getByLabelText<HTMLSelectElement>("What is the file written in?");
  const offered = [...choice.options].map(({ text }) => text);
  expect(offered).toContain("Привет · Cyrillic (Windows-1251)");
  expect(offered.join()).not.toContain("UTF-8");
  expect(choice.value).toBe("");
  fireEvent.change(choice, { target: { value: "windows-1251" } });
  expect(screen.getByText("Привет")).toBeTruthy();
});
