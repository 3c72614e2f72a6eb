import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { createApi } from "@/api/client";
import { ServicesContext } from "@/api/context";
import type { Live } from "@/api/live";
import { aSong } from "@/api/songs.fake";
import type { Engine } from "@/audio/engine";
import type { SongProps } from "../feature";
import ChordLane from "./ChordLane";
import MusicPanel from "./MusicPanel";

afterEach(cleanup);

const MACHINE = {
  beats: {
    anchors: [{ t: 0, beat: 0, bpm: 120 }],
    downbeats: [0, 2, 4, 6],
    meter: 4,
    confidence: 0.3,
  },
  key: { tonic: "C", mode: "minor", confidence: 0.2, second: "Eb major" },
  chords: [
    { start: 0, end: 4, label: "C:min" },
    { start: 4, end: 8, label: "Ab:maj" },
  ],
  sections: [
    { start: 0, end: 4, label: "A" },
    { start: 4, end: 8, label: "B" },
  ],
  loudness: null,
  melody: null,
};
type Name = keyof typeof MACHINE;

/** What was sent, and a service that puts a person's fields over the machine's. */
function show(machine: object = MACHINE, refuse = false) {
  const sent: { method: string; measure: string; body: { value: object; lock: boolean } | null }[] = [];
  const own: Partial<Record<Name, { value: object; lock: boolean }>> = {};
  const view = (measure: Name) => {
    const value = (machine as typeof MACHINE)[measure];
    const edit = own[measure];
    if (!value && !edit) return null;
    if (!edit) return { value, edited: [], locked: [] };
    const names = Array.isArray(edit.value) ? [measure] : Object.keys(edit.value);
    const merged = Array.isArray(edit.value) ? edit.value : { ...value, confidence: undefined, ...edit.value };
    return { value: merged, edited: names, locked: edit.lock ? names : [] };
  };
  const answer = async (request: Request) => {
    const measure = new URL(request.url).pathname.split("/")[4] as Name | undefined;
    if (!measure) {
      const names = Object.keys(MACHINE) as Name[];
      const measures = Object.fromEntries(names.map((name) => [name, view(name)]));
      return Response.json({ songId: "A", measuredAt: "2026-01-01T00:00:00Z", measures });
    }
    if (refuse) return Response.json({ error: "try_again", message: "Please try again." }, { status: 503 });
    const body = request.method === "PUT" ? ((await request.json()) as { value: object; lock: boolean }) : null;
    sent.push({ method: request.method, measure, body });
    own[measure] = body ?? undefined;
    return Response.json({ songId: "A", measure, measured: view(measure) });
  };
  const fetcher = ((request: Request) => answer(request)) as unknown as typeof fetch;
  const api = createApi("http://api.example", { idToken: () => Promise.resolve("t") }, fetcher);
  const song = { ...aSong("A"), durationSec: 8, measuredAt: "2026-01-01T00:00:00Z" } as SongProps["song"];
  let state = { playing: "paused", mix: { key: 0 } };
  const listeners = new Set<() => void>();
  const engine = {
    at: 0,
    position: () => engine.at,
    state: () => state,
    seek: vi.fn(),
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    become(change: object) {
      state = { ...state, ...change };
      listeners.forEach((listener) => listener());
    },
  };
  const props = { song, engine: engine as unknown as Engine };
  render(
    <ServicesContext value={{ api, live: {} as Live }}>
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <MusicPanel {...props} />
        <ChordLane {...props} />
      </QueryClientProvider>
    </ServicesContext>,
  );
  return { sent, engine };
}

const card = async (name: string) => within(await screen.findByRole("region", { name }));
const says = async (name: string, text: string) => {
  const value = (await card(name)).getByRole("status");
  await waitFor(() => expect(value.textContent).toContain(text));
};

it("half and double send a locked grid, and back is a DELETE", async () => {
  const { sent } = show();
  const tempo = await card("Tempo");
  fireEvent.click(tempo.getByRole("button", { name: "Half: 60" }));
  await says("Tempo", "60 bpm, 4 beats in a bar Yours");
  expect(sent[0]).toMatchObject({ method: "PUT", measure: "beats", body: { lock: true } });
  expect(Object.keys(sent[0]?.body?.value ?? {}).sort()).toEqual(["anchors", "downbeats", "meter"]);
  fireEvent.click(tempo.getByRole("button", { name: /Back to what was heard/ }));
  await says("Tempo", "120 bpm");
  expect(sent.at(-1)).toEqual({ method: "DELETE", measure: "beats", body: null });
});

it("a bar begins at the beat next to the playhead; only the downbeats are sent", async () => {
  const { sent, engine } = show();
  engine.at = 0.6;
  fireEvent.click((await card("Tempo")).getByRole("button", { name: "A bar begins here" }));
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]?.body?.value).toEqual({ downbeats: [0.5, 2.5, 4.5, 6.5] });
});

it("another meter is sent with its bars", async () => {
  const { sent } = show();
  fireEvent.change((await card("Tempo")).getByLabelText("Beats in a bar"), { target: { value: "3" } });
  await says("Tempo", "3 beats in a bar");
  expect(sent[0]?.body?.value).toEqual({ meter: 3, downbeats: [0, 1.5, 3, 4.5, 6, 7.5] });
});

it("taps while the song plays set its tempo; while it rests they say what to do", async () => {
  const { sent, engine } = show();
  const tempo = await card("Tempo");
  const tap = tempo.getByRole("button", { name: "Tap the beat" });
  fireEvent.click(tap);
  expect(tempo.getByText("Play the song, then tap along.")).toBeDefined();
  act(() => engine.become({ playing: "playing" }));
  for (const at of [1, 1.6, 2.2, 2.8, 3.4]) {
    engine.at = at;
    // A pointer's press counts once, not again as it is let go.
    fireEvent.pointerDown(tap);
    fireEvent.click(tap);
  }
  fireEvent.click(tempo.getByRole("button", { name: "Use 100" }));
  await says("Tempo", "100 bpm");
  expect(sent[0]?.body?.value).toMatchObject({ anchors: [{ beat: 0, bpm: 100 }], meter: 4 });
  expect((sent[0]?.body?.value as { downbeats: number[] }).downbeats).toContain(1);
});

it("a doubtful key names the other one, and a press takes it", async () => {
  const { sent } = show();
  const key = await card("Key");
  expect(key.getByText("Not sure: it could also be E♭ major.")).toBeDefined();
  fireEvent.click(key.getByRole("button", { name: "Use E♭ major" }));
  await says("Key", "E♭ major Yours");
  expect(sent[0]).toEqual({
    method: "PUT",
    measure: "key",
    body: { value: { tonic: "Eb", mode: "major" }, lock: true },
  });
  expect(key.queryByText(/Not sure/)).toBeNull();
});

it("a lock keeps what was heard, and can be opened", async () => {
  const { sent } = show();
  const key = await card("Key");
  fireEvent.click(key.getByRole("button", { name: /^Lock/ }));
  const locked = await key.findByRole("button", { name: /^Locked/ });
  expect(locked.getAttribute("aria-pressed")).toBe("true");
  fireEvent.click(locked);
  await waitFor(() => expect(sent.map(({ body }) => body?.lock)).toEqual([true, false]));
});

it("parts can be named", async () => {
  const { sent } = show();
  const field = (await card("Parts")).getByLabelText("Part at 0:04");
  fireEvent.change(field, { target: { value: " Chorus " } });
  fireEvent.keyDown(field, { key: "Enter" });
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]?.body?.value).toEqual([MACHINE.sections[0], { start: 4, end: 8, label: "Chorus" }]);
});

it("a refusal is told, and the value stays", async () => {
  show(MACHINE, true);
  fireEvent.change((await card("Key")).getByLabelText("Mode"), { target: { value: "major" } });
  expect((await screen.findByRole("alert")).textContent).toContain("Please try again.");
  await says("Key", "C minor");
});

it("where nothing was heard, a person can still say what it is", async () => {
  const { sent } = show({ ...MACHINE, beats: null, key: null, sections: null });
  await says("Tempo", "Not known");
  expect((await card("Tempo")).getByText("No beat was heard. Tap along to set it.")).toBeDefined();
  fireEvent.change((await card("Key")).getByLabelText("Key note"), { target: { value: "A" } });
  await says("Key", "A major");
  expect(sent).toHaveLength(1);
});

it("the lane's chords follow the key control", async () => {
  const { engine } = show();
  const lane = await card("Chords");
  await waitFor(() => expect(lane.getByTestId("chord-now").textContent).toContain("Cm"));
  act(() => engine.become({ mix: { key: 2 } }));
  expect(lane.getByTestId("chord-now").textContent).toBe("DmNow D minor");
  fireEvent.click(lane.getByRole("button", { name: "B flat major" }));
  expect(engine.seek).toHaveBeenCalledWith(4);
});
