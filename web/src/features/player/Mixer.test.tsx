import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createApi } from "@/api/client";
import { ServicesContext } from "@/api/context";
import type { Live } from "@/api/live";
import { gainOf } from "@/audio/engine";
import { FOUR_STEMS, SIX_STEMS } from "@/lib/stems.fake";
import { fakeEngine, type FakeEngine } from "./fakeEngine";
import { Mixer } from "./Mixer";
import { createPlayer, type Player } from "./player";
import { PlayerContext } from "./usePlayer";

beforeEach(() => {
  localStorage.clear();
  // The canvases of the waveforms and meters are not drawn here.
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  );
});
let player: Player;
afterEach(() => {
  cleanup();
  player.close();
  vi.unstubAllGlobals();
});

/** As the API serves it: presets know four stems. */
const VOCALS_ONLY = {
  id: "vocals",
  name: "Vocals only",
  description: "",
  volumes: { drums: 0, bass: 0, other: 0, vocals: 1 },
};

function show(stems: string[]): FakeEngine {
  let engine = fakeEngine({ durationSec: 60, stems });
  const source = { songId: "a", durationSec: 60, stems, streams: () => Promise.reject(new Error("not asked")) };
  player = createPlayer(source, { make: (given) => (engine = fakeEngine(given)) });
  const answer = () => Promise.resolve(Response.json({ data: [VOCALS_ONLY] }));
  const api = createApi("http://api.example", { idToken: () => Promise.resolve("t") }, answer);
  render(
    <ServicesContext value={{ api, live: {} as Live }}>
      <QueryClientProvider client={new QueryClient()}>
        <PlayerContext value={player}>
          <Mixer waveforms={null} choosing={false} onChosen={() => undefined} />
        </PlayerContext>
      </QueryClientProvider>
    </ServicesContext>,
  );
  return engine;
}

const strips = () => screen.getAllByRole("group").map((group) => group.getAttribute("aria-label"));

it.each([
  [FOUR_STEMS, ["Drums", "Bass", "Other", "Vocals"]],
  [SIX_STEMS, ["Drums", "Bass", "Guitar", "Piano", "Other", "Vocals"]],
  [
    ["drums", "strings"],
    ["Drums", "Strings"],
  ],
])("a song with %j has a strip for each", (stems, labels) => {
  show(stems);
  expect(strips()).toEqual(["Presets", ...labels]);
});

it("six stems are muted and soloed one by one, and a preset covers all six", async () => {
  const engine = show(SIX_STEMS);
  const heard = () => SIX_STEMS.filter((stem) => gainOf(engine.state().mix, stem) > 0);
  fireEvent.click(screen.getByRole("button", { name: "Mute guitar" }));
  expect(heard()).toEqual(["drums", "bass", "piano", "other", "vocals"]);
  fireEvent.click(screen.getByRole("button", { name: "Solo piano" }));
  expect(heard()).toEqual(["piano"]);
  fireEvent.click(await screen.findByRole("button", { name: "Vocals only" }));
  expect(heard()).toEqual(["vocals"]);
  await waitFor(() =>
    expect(screen.getByRole("button", { name: "Vocals only" }).getAttribute("aria-pressed")).toBe("true"),
  );
});
