import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createApi, type Song } from "@/api/client";
import { ServicesContext } from "@/api/context";
import type { Live } from "@/api/live";
import { aSong } from "@/api/songs.fake";
import { toast } from "@/components/Toasts";
import { SessionContext } from "@/session/context";
import type { Session } from "@/session/session";
import { SongRow } from "./SongRow";
import { Unmeasured } from "./Unmeasured";

vi.mock("@/components/Toasts", () => ({ toast: vi.fn() }));

const bodies: unknown[] = [];
let answer: () => Response;
const started = () => Response.json({ id: "J", source: "current", state: "waiting", songs: 3, estimatedCostUsd: 0 });

beforeEach(() => {
  bodies.length = 0;
  answer = started;
});
afterEach(() => {
  cleanup();
  vi.mocked(toast).mockClear();
});

function show(what: React.ReactNode) {
  const fetch = async (input: RequestInfo | URL) => {
    bodies.push(await new Request(input).json());
    return answer();
  };
  const api = createApi("http://api.example", { idToken: () => Promise.resolve("t") }, fetch);
  const live = { state: () => "open", onState: () => () => undefined } as unknown as Live;
  const session = { beforeSignOut: () => undefined } as unknown as Session;
  render(
    <SessionContext value={session}>
      <ServicesContext value={{ api, live }}>
        <QueryClientProvider client={new QueryClient()}>{what}</QueryClientProvider>
      </ServicesContext>
    </SessionContext>,
  );
}

const plain = (songId: string, change: Partial<Song> = {}) => aSong(songId, { status: "COMPLETED", ...change });
const songs = [
  plain("D"),
  plain("C"),
  plain("B", { measuredAt: "2026-01-31T08:20:00.000Z" }),
  aSong("A", { status: "FAILED" }),
];
const said = () => vi.mocked(toast).mock.calls.at(-1)?.[0];

it("offers to measure the finished songs that were not, and asks once", async () => {
  show(<Unmeasured songs={songs} more={false} />);
  expect(screen.getByRole("note").textContent).toContain("2 songs have no tempo and key yet.");
  fireEvent.click(screen.getByRole("button", { name: "Measure 2 songs" }));
  await vi.waitFor(() => expect(screen.queryByRole("note")).toBeNull());
  expect(bodies).toEqual([{ scope: { library: true }, source: "current", platforms: null }]);
  expect(said()).toMatch(/^Measuring in the background/);
});

it("does not name a number that it does not know, and offers nothing where all is measured", () => {
  show(<Unmeasured songs={songs.slice(1)} more />);
  expect(screen.getByRole("note").textContent).toContain("1 song and perhaps older ones have no tempo and key yet.");
  expect(screen.getByRole("button", { name: "Measure all songs" })).toBeDefined();
  cleanup();
  show(<Unmeasured songs={songs.slice(2)} more />);
  expect(screen.queryByRole("note")).toBeNull();
});

it("says why nothing is measured, and lets the person ask again", async () => {
  answer = () => Response.json({ error: "invalid_request", message: "There is nothing to measure." }, { status: 400 });
  show(<Unmeasured songs={songs} more={false} />);
  fireEvent.click(screen.getByRole("button", { name: "Measure 2 songs" }));
  await vi.waitFor(() => expect(said()).toBe("This could not be measured. There is nothing to measure."));
  answer = () => Response.json({ id: "J", source: "current", state: "done", songs: 3, estimatedCostUsd: 0 });
  await vi.waitFor(() => fireEvent.click(screen.getByRole("button", { name: "Measure 2 songs" })));
  await vi.waitFor(() => expect(said()).toMatch(/^Nothing was left to measure/));
});

it("a song that was not measured can be, from its row", async () => {
  show(<SongRow song={plain("D", { title: "One" })} onRename={vi.fn()} onDelete={vi.fn()} onChooseFile={vi.fn()} />);
  fireEvent.keyDown(screen.getByRole("button", { name: "More about One" }), { key: "Enter" });
  fireEvent.click(screen.getByRole("menuitem", { name: "Measure tempo and key" }));
  await vi.waitFor(() => expect(bodies).toEqual([{ scope: { songIds: ["D"] }, source: "current", platforms: null }]));
});

it("a refusal that something can be bought against says so, and leads there", async () => {
  const body = {
    error: "payment_required",
    message: "This needs a subscription.",
    checkoutUrl: "https://pay.example/1",
  };
  answer = () => Response.json(body, { status: 402 });
  const go = vi.fn();
  vi.stubGlobal("location", { assign: go });
  show(<Unmeasured songs={songs} more={false} />);
  fireEvent.click(screen.getByRole("button", { name: "Measure 2 songs" }));
  await vi.waitFor(() => expect(said()).toBe("This could not be measured. This needs a subscription."));
  const { action } = vi.mocked(toast).mock.calls.at(-1)?.[1] ?? {};
  expect(action?.label).toBe("Subscribe");
  action?.onSelect();
  expect(go).toHaveBeenCalledWith("https://pay.example/1");
  vi.unstubAllGlobals();
});

it("does not offer what is being measured already", () => {
  const waiting = (["QUEUED", "PROCESSING"] as const).map((measureStatus, i) => plain(`${i}`, { measureStatus }));
  show(<Unmeasured songs={waiting} more={false} />);
  expect(screen.queryByRole("note")).toBeNull();
});
