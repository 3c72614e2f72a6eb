import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { createApi } from "@/api/client";
import { ServicesContext } from "@/api/context";
import type { Live } from "@/api/live";
import type { RecordingSession } from "@/api/sessions";
import { aSession } from "@/api/sessions.fake";
import { aSong } from "@/api/songs.fake";
import type { Engine } from "@/audio/engine";
import type { SongProps } from "../../feature";
import Score from "./Score";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const STEP = 0.016;
const NOTES = [60, 62, 64, 62, 67, 65].map((midi, i) => {
  const start = 1 + 0.5 * i + (i > 2 ? 1 : 0);
  return { start, end: start + 0.45, midi, cents: 0 };
});
const WORDS = [
  { text: "First line", start: 1, end: 2.5, words: [] },
  { text: "Second line", start: 3.5, end: 5, words: [] },
];

/** What is sung of NOTES: all of it so many ms late, the second line so many semitones off. */
const sing = (late = 0, off = 0) =>
  Array.from({ length: 400 }, (_, i) => {
    const note = NOTES.find(({ start, end }) => i * STEP - late / 1000 >= start && i * STEP - late / 1000 < end);
    return note ? note.midi + (note.start > 3 ? off : 0) : null;
  });

interface Given {
  take?: Partial<RecordingSession>;
  song?: object;
  midi?: unknown;
  notes?: object[];
  words?: object[] | null;
  broken?: boolean;
}

function show({ take, song, midi = sing(), notes = NOTES, words = WORDS, broken = false }: Given = {}) {
  const session = aSession("R", {
    status: "READY",
    songId: "A",
    offsetMs: 0,
    pitchStatus: "DONE",
    pitchUrl: "https://s3.example/pitch",
    ...take,
  });
  const service = { broken };
  vi.stubGlobal("fetch", () =>
    Promise.resolve(service.broken ? new Response("", { status: 403 }) : Response.json({ step: STEP, midi })),
  );
  const answer = (request: Request) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/sessions/")) return Response.json(session);
    if (pathname.endsWith("/measurements")) {
      const melody = { value: { notes }, edited: [], locked: [] };
      return Response.json({ songId: "A", measures: { melody: notes.length ? melody : null } });
    }
    if (words) return Response.json({ segments: words, offsetMs: 0, nudges: {} });
    return Response.json({ error: "not_found", message: "There are no lyrics." }, { status: 404 });
  };
  const fetcher = ((request: Request) => Promise.resolve(answer(request))) as unknown as typeof fetch;
  const api = createApi("http://api.example", { idToken: () => Promise.resolve("t") }, fetcher);
  const live = { state: () => "open", onState: () => () => undefined } as unknown as Live;
  const engine = {
    position: () => 0,
    state: () => ({ playing: "paused" }),
    seek: vi.fn(),
    subscribe: () => () => undefined,
  };
  const onMove = vi.fn();
  const props = {
    song: { ...aSong("A"), measuredAt: "2026-01-01T00:00:00Z", ...song } as SongProps["song"],
    engine: engine as unknown as Engine,
  };
  render(
    <ServicesContext value={{ api, live }}>
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <Score {...props} take={session} onMove={onMove} />
      </QueryClientProvider>
    </ServicesContext>,
  );
  const open = screen.queryByRole("button", { name: "How did it go?" });
  if (open) fireEvent.click(open);
  return { engine, onMove, service };
}

const lines = async () => within(await screen.findByRole("list", { name: "Line by line" })).getAllByRole("button");
const figure = (name: string) => screen.getByText(name, { selector: "dt" }).parentElement?.textContent;

it("shows pitch and timing of the whole and of each line, and jumps to a line", async () => {
  const { engine } = show({ midi: sing(0, 0.4) });
  const [first, second] = await lines();
  expect(first?.textContent).toBe("First line100 %In tune · On time");
  expect(second?.textContent).toContain("About 40 cents high: aim a little lower · On time");
  expect(figure("Timing")).toContain("On time");
  fireEvent.click(second as HTMLElement);
  expect(engine.seek).toHaveBeenCalledWith(2.5);
});

it("offers to move a take whose lines are all late by the same", async () => {
  const { onMove } = show({ midi: sing(80) });
  fireEvent.click(await screen.findByRole("button", { name: /Move the take \d+ ms earlier/ }));
  expect(Math.abs((onMove.mock.calls[0]?.[0] as number) + 80)).toBeLessThanOrEqual(8);
  expect(figure("In tune")).toContain("100 %");
});

it("compares phrases where the song has no words", async () => {
  show({ words: null });
  expect((await lines()).map((one) => one.textContent?.slice(0, 9))).toEqual(["From 0:01", "From 0:03"]);
});

it.each<[string, Given, RegExp]>([
  ["is being measured", { take: { pitchStatus: "WAITING" } }, /is being measured/],
  ["failed", { take: { pitchStatus: "FAILED" } }, /could not be measured.*The take itself is as it was/],
  ["is from before", { take: { pitchStatus: null } }, /before takes were measured/],
  ["has a song that was not measured", { song: { measuredAt: null } }, /song was not measured yet/],
  ["has a song without a melody", { notes: [] }, /No melody was heard/],
  ["is outside the song", { take: { offsetMs: 90_000 } }, /outside the song’s melody/],
  ["has a file that is none", { midi: "what?" }, /could not be loaded/],
])("says why there is no score: it %s", async (_, given, why) => {
  show(given);
  await waitFor(() => expect(screen.getByRole("status").textContent).toMatch(why));
});

it("reads what was sung again where the link was refused", async () => {
  const { service } = show({ broken: true });
  const again = await screen.findByRole("button", { name: "Try again" });
  service.broken = false;
  fireEvent.click(again);
  expect(await lines()).toHaveLength(2);
});

it("is not there for another song's take, or one that is not ready", () => {
  show({ take: { songId: "B" } });
  expect(screen.queryByRole("region", { name: "Score" })).toBeNull();
  cleanup();
  show({ take: { status: "JOINING" } });
  expect(screen.queryByRole("region", { name: "Score" })).toBeNull();
});
