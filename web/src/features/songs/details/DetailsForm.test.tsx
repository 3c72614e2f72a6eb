import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { createApi } from "@/api/client";
import { ServicesContext } from "@/api/context";
import type { Live } from "@/api/live";
import { keys } from "@/api/songs";
import { aSong } from "@/api/songs.fake";
import { SessionContext } from "@/session/context";
import type { Session } from "@/session/session";
import { DetailsForm } from "./DetailsForm";

afterEach(cleanup);

function show(answer: (body: unknown) => Response) {
  const song = aSong("A", { title: "One", artist: "Ann", album: "First", year: 1998 });
  const sent: unknown[] = [];
  const api = createApi("http://api.example", { idToken: () => Promise.resolve("t") }, async (request) => {
    const body: unknown = await (request as Request).json();
    sent.push(body);
    return answer({ ...song, ...(body as object) });
  });
  const client = new QueryClient();
  client.setQueryData(keys.song("A"), song);
  const session = { beforeSignOut: () => undefined } as unknown as Session;
  render(
    <SessionContext value={session}>
      <ServicesContext value={{ api, live: {} as Live }}>
        <QueryClientProvider client={client}>
          <DetailsForm song={song} />
        </QueryClientProvider>
      </ServicesContext>
    </SessionContext>,
  );
  const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
  const save = () => fireEvent.click(screen.getByRole("button", { name: "Save" }));
  return { sent, client, type, save };
}

it("sends only what was changed, an emptied field as null, and shows it everywhere", async () => {
  const { sent, client, type, save } = show((body) => Response.json(body));
  expect(screen.getByRole("button", { name: "Save" }).hasAttribute("disabled")).toBe(true);
  type("Album", " Second ");
  type("Year", "");
  type("Genre", "Rock");
  save();
  await vi.waitFor(() => expect(screen.getByText("Saved.")).toBeDefined());
  expect(sent).toEqual([{ album: "Second", year: null, genre: "Rock" }]);
  expect(client.getQueryData(keys.song("A"))).toMatchObject({
    title: "One",
    album: "Second",
    year: null,
    genre: "Rock",
  });
});

it("sends nothing that it knows to be wrong, and keeps what was typed when the service refuses", async () => {
  const refusal = { error: "conflict", message: "The song has gone." };
  const { sent, type, save } = show(() => Response.json(refusal, { status: 409 }));
  type("Title", " ");
  type("Year", "98th");
  save();
  expect(screen.getAllByRole("alert").map((alert) => alert.textContent)).toEqual([
    "Give the song a title.",
    "Write a year of four digits, such as 1998.",
  ]);
  expect(sent).toEqual([]);
  type("Title", "Two");
  type("Year", "1999");
  save();
  await vi.waitFor(() => expect(screen.getByText("The song has gone.")).toBeDefined());
  expect((screen.getByLabelText("Title") as HTMLInputElement).value).toBe("Two");
});
