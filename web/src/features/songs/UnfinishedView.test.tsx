import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { createApi, type Song } from "@/api/client";
import { ServicesContext } from "@/api/context";
import type { Live } from "@/api/live";
import { aSong } from "@/api/songs.fake";
import { Toasts } from "@/components/Toasts";
import { SessionContext } from "@/session/context";
import type { Session } from "@/session/session";
import UnfinishedView from "./UnfinishedView";

afterEach(cleanup);

function show(song: Song) {
  const api = createApi("http://api.example", { idToken: () => Promise.resolve("t") }, () => new Promise(() => {}));
  const live = { state: () => "open", onState: () => () => undefined } as unknown as Live;
  const session = { beforeSignOut: () => undefined } as unknown as Session;
  history.replaceState(null, "", `/songs/${song.songId}`);
  render(
    <SessionContext value={session}>
      <ServicesContext value={{ api, live }}>
        <QueryClientProvider client={new QueryClient()}>
          <UnfinishedView song={song} />
          <Toasts />
        </QueryClientProvider>
      </ServicesContext>
    </SessionContext>,
  );
}

const buttons = () =>
  within(screen.getByRole("main"))
    .getAllByRole("button")
    .map((button) => button.textContent);

it("an unreadable song shows its sentence and Delete only", () => {
  // As the API returns it: hardly a field is there.
  const sentence = "This song's record is damaged. You can delete it.";
  show({ songId: "A", status: "UNREADABLE", title: null, errorMessage: sentence } as unknown as Song);
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Unreadable song");
  expect(screen.getByText(sentence)).toBeDefined();
  expect(screen.queryByRole("progressbar")).toBeNull();
  expect(screen.queryByRole("list")).toBeNull();
  expect(buttons()).toEqual(["Delete"]);
  fireEvent.click(screen.getByRole("button", { name: "Delete" }));
  expect(screen.getByText("Deleted “Unreadable song”.")).toBeDefined();
  expect(location.pathname).toBe("/");
});

it("an unreadable song keeps the title that could be read", () => {
  show({ songId: "B", status: "UNREADABLE", title: "Two" } as unknown as Song);
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Two");
  expect(screen.getByText("This song's record is damaged.")).toBeDefined();
});

it.each([
  ["FAILED", ["Retry", "Delete"]],
  ["CANCELLED", ["Retry", "Delete"]],
  ["QUEUED", ["Cancel"]],
] as const)("the page of a %s song has the buttons for it", (status, expected) => {
  show(aSong("C", { title: "Three", status, errorCode: "NO_CAPACITY" }));
  expect(buttons()).toEqual(expected);
});
