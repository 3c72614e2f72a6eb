import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { type ReactNode, Suspense } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { createApi } from "@/api/client";
import { ServicesContext } from "@/api/context";
import type { Live } from "@/api/live";
import { keys } from "@/api/songs";
import { aSong } from "@/api/songs.fake";
import type { Engine } from "@/audio/engine";
import type { Feature } from "@/features/feature";
import { HomePage } from "./HomePage";
import { SignedOutPage } from "./SignedOutPage";
import { SongPage } from "./SongPage";

vi.mock("../features", () => {
  const file = <Props,>(component: (props: Props) => ReactNode) => Promise.resolve({ default: component });
  const panels: Feature = {
    name: "second",
    songPanel: { order: 2, label: "Second", load: () => file(({ song }) => `second of ${song.title}`) },
  };
  const broken: Feature = {
    name: "third",
    songPanel: { order: 3, label: "Third", load: () => Promise.reject(new Error("the file did not arrive")) },
    slots: { karaoke: () => Promise.reject(new Error("the file did not arrive")) },
  };
  const studio: Feature = {
    name: "first",
    songPanel: { order: 1, label: "First", load: () => file(() => "first") },
    slots: {
      studio: () =>
        file(({ panels, karaoke }) => (
          <>
            {panels.map(({ id, label, content }) => (
              <section key={id} aria-label={label}>
                {content({} as Engine)}
              </section>
            ))}
            <section aria-label="Karaoke">{karaoke?.({} as Engine)}</section>
          </>
        )),
      unfinishedSong: () => file((props) => ("song" in props ? props.song.status : "no song")),
      library: () => file(({ header }) => <main>songs {header}</main>),
    },
  };
  return { panels, broken, studio };
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

async function show(page: ReactNode, song = aSong("A")) {
  const api = createApi("http://api.example", { idToken: () => Promise.resolve("t") }, () => new Promise(() => {}));
  const live = { state: () => "open", onState: () => () => undefined } as unknown as Live;
  const queries = new QueryClient();
  queries.setQueryData(keys.song(song.songId), song);
  render(
    <ServicesContext value={{ api, live }}>
      <QueryClientProvider client={queries}>
        <Suspense fallback="loading">{page}</Suspense>
      </QueryClientProvider>
    </ServicesContext>,
  );
  await vi.waitFor(() => expect(screen.queryByText("loading")).toBeNull());
}

it("panels keep their order, and a broken one breaks alone", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const song = {
    ...aSong("A", { title: "One", status: "COMPLETED" }),
    stems: {},
    urlsExpireAt: "2100-01-01T00:00:00Z",
  };
  await show(<SongPage songId="A" singing={false} />, song);
  const shown = screen
    .getAllByRole("region")
    .map((region) => [region.ariaLabel ?? region.getAttribute("aria-label"), region.textContent]);
  const lost = "This part could not be loaded.Reload";
  expect(shown).toEqual([
    ["First", "first"],
    ["Second", "second of One"],
    ["Third", lost],
    ["Karaoke", lost],
  ]);
});

it("a song that is not finished is not shown in the studio", async () => {
  await show(<SongPage songId="A" singing={false} />, aSong("A", { status: "QUEUED" }));
  expect(document.body.textContent).toBe("QUEUED");
});

it("the library needs no header", async () => {
  await show(<HomePage />);
  expect(screen.getByRole("main").textContent).toBe("songs ");
});

it("a page that no feature fills says so", async () => {
  await show(<SignedOutPage local={false} />);
  expect(screen.getByText("This part of the app is not installed.")).toBeDefined();
});
