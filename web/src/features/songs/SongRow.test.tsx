import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { Song } from "@/api/client";
import { createApi } from "@/api/client";
import { ServicesContext } from "@/api/context";
import { aSong } from "@/api/songs.fake";
import type { Live } from "@/api/live";
import { SessionContext } from "@/session/context";
import type { Session } from "@/session/session";
import { SongRow } from "./SongRow";

afterEach(cleanup);

function show(song: Song) {
  const api = createApi("http://api.example", { idToken: () => Promise.resolve("t") }, () => new Promise(() => {}));
  const live = { state: () => "open", onState: () => () => undefined } as unknown as Live;
  const session = { beforeSignOut: () => undefined } as unknown as Session;
  const onDelete = vi.fn();
  render(
    <SessionContext value={session}>
      <ServicesContext value={{ api, live }}>
        <QueryClientProvider client={new QueryClient()}>
          <SongRow song={song} onRename={vi.fn()} onDelete={onDelete} onChooseFile={vi.fn()} />
        </QueryClientProvider>
      </ServicesContext>
    </SessionContext>,
  );
  return { onDelete };
}

const openMenu = (title: string) => {
  fireEvent.keyDown(screen.getByRole("button", { name: `More about ${title}` }), { key: "Enter" });
  return screen.getAllByRole("menuitem").map((item) => item.textContent);
};

it("a song whose row is unreadable says so and can only be deleted", async () => {
  // As the API lists it: hardly a field is there.
  const unreadable = { songId: "A", status: "UNREADABLE", title: null, errorMessage: "This song's record is damaged." };
  const { onDelete } = show(unreadable as unknown as Song);
  expect(screen.getByText("Unreadable song")).toBeDefined();
  expect(screen.getByText("This song's record is damaged.")).toBeDefined();
  expect(screen.queryByRole("link")).toBeNull();
  expect(openMenu("Unreadable song")).toEqual(["Delete"]);
  fireEvent.click(screen.getByRole("menuitem", { name: "Delete" }));
  await vi.waitFor(() => expect(onDelete).toHaveBeenCalledWith(unreadable));
});

it("a song that failed can be opened, renamed, retried and deleted", () => {
  show(aSong("A", { title: "One", status: "FAILED", errorCode: "NO_CAPACITY" }));
  expect(screen.getByRole("link", { name: "One" })).toBeDefined();
  expect(openMenu("One")).toEqual(["Open", "Details", "Rename…", "Retry", "Delete"]);
});
