import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { Route, Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import { createApi } from "@/api/client";
import { ServicesContext } from "@/api/context";
import type { Live } from "@/api/live";
import { aSong } from "@/api/songs.fake";
import { SessionContext } from "@/session/context";
import type { Session } from "@/session/session";
import DetailsPage from "./DetailsPage";

afterEach(cleanup);

const song = aSong("A", { title: "One", artist: "Ann", status: "COMPLETED", artworkAt: "2026-01-31T08:15:00.000Z" });
const details = {
  ...{ songId: "A", trackNumber: 3, trackTotal: 11, replayGain: { trackGainDb: -7.25, trackPeak: 0.988 } },
  artwork: { smallUrl: "http://pictures.example/64", largeUrl: "http://pictures.example/512", width: 9, height: 9 },
};
const take = (sessionId: string, songId: string | null) => ({ sessionId, songId });
const answers: Record<string, unknown> = {
  "/songs/A": song,
  "/songs/A/details": details,
  "/sessions": { data: [take("C", "A"), take("B", null), take("AA", "A")], nextCursor: null },
};

it("shows what is known of a song, its own picture, how many takes it has, and what can be edited", async () => {
  const api = createApi("http://api.example", { idToken: () => Promise.resolve("t") }, (request) =>
    Promise.resolve(Response.json(answers[new URL((request as Request).url).pathname])),
  );
  const live = { state: () => "open", onState: () => () => undefined } as unknown as Live;
  const session = { beforeSignOut: () => undefined } as unknown as Session;
  const { container } = render(
    <SessionContext value={session}>
      <ServicesContext value={{ api, live }}>
        <QueryClientProvider client={new QueryClient()}>
          <Router hook={memoryLocation({ path: "/details/A" }).hook}>
            <Route path="/details/:songId">
              <DetailsPage />
            </Route>
          </Router>
        </QueryClientProvider>
      </ServicesContext>
    </SessionContext>,
  );
  expect((await screen.findByRole("heading", { level: 1 })).textContent).toBe("One");
  for (const text of ["3 of 11", "−7.25 dB, peak 0.988", "2 takes", "WebP"])
    expect(await screen.findByText(text)).toBeDefined();
  for (const label of ["Title", "Artist", "Album", "Genre", "Year"]) expect(screen.getByLabelText(label)).toBeDefined();
  await expect.poll(() => container.querySelector("img")?.src).toBe("http://pictures.example/512");
});
