// @vitest-environment node
import { describe, expect, it, vi } from "vitest";
import { BALANCED, type Engine, type EngineState } from "@/audio/engine";
import { Along } from "./along";

const RATE = 44_100;

/** A song whose position and clock the test sets. `early`: its second at the context's frame 0. */
function song({ loop = null as EngineState["loop"], speed = 1 } = {}) {
  const listeners = new Set<() => void>();
  let state: EngineState = { playing: "paused", loop, mix: { ...BALANCED, speed }, trouble: null };
  const context = { currentTime: 10, sampleRate: RATE } as AudioContext & { currentTime: number };
  const at = { early: 0, position: 0, sought: [] as number[], counted: [] as unknown[] };
  const become = (change: Partial<EngineState>) => {
    state = { ...state, ...change };
    [...listeners].forEach((listener) => listener());
  };
  const engine = {
    state: () => state,
    subscribe: (listener: () => void) => (listeners.add(listener), () => listeners.delete(listener)),
    position: () => at.position,
    play: async (options: unknown) => (at.counted.push(options), become({ playing: "buffering" })),
    pause: () => become({ playing: "paused" }),
    seek: (second: number) => at.sought.push(second),
    setLoop: (loop: EngineState["loop"]) => become({ loop }),
    setMix: (mix: object) => become({ mix: { ...state.mix, ...mix } }),
    leaving: (frame: number) => (state.playing === "playing" ? at.early + frame / RATE : null),
  } as unknown as Engine;
  const says = { onStop: vi.fn(), onGoesOn: vi.fn(), onEnd: vi.fn() };
  return { engine, context, at, become, says, along: new Along(engine, context, says), state: () => state };
}

async function begun(options?: Parameters<typeof song>[0]) {
  const made = song(options);
  made.at.position = 12;
  const begin = made.along.begin(true);
  // At frame 441,000 the song's second 12.1 leaves the page.
  made.at.early = 2.1;
  made.become({ playing: "playing" });
  return { ...made, from: await begin };
}

describe("a take along with a song", () => {
  it("begins a quarter of a second before the place where the song starts, to the sample", async () => {
    const { from, at } = await begun();
    expect(from).toEqual({ second: 11.75, frame: Math.round(441_000 - 0.35 * RATE) });
    expect(at.counted).toEqual([{ countIn: true }]);
  });

  it("rests while the song loads, and goes on where it was", async () => {
    const { along, become, at, says, context } = await begun();
    along.follow(20_000, 441_000 - Math.round(0.35 * RATE) + 20_000);
    become({ playing: "buffering" });
    expect(says.onStop).toHaveBeenCalledOnce();
    along.held(22_050); // the song's second 12.25
    context.currentTime = 20;
    at.early = 12.35 - 20; // now 0.1 s behind that
    become({ playing: "playing" });
    expect(says.onGoesOn).toHaveBeenCalledExactlyOnceWith(Math.round(20 * RATE - 0.1 * RATE));
    expect(says.onEnd).not.toHaveBeenCalled();
  });

  it("plays two seconds again after a pause, and writes only what comes after them", async () => {
    const { along, become, at, says, context } = await begun();
    along.pause();
    expect(says.onStop).toHaveBeenCalledOnce();
    along.held(5 * RATE); // the song's second 16.75
    await along.resume();
    expect(at.sought).toEqual([14.75]);
    context.currentTime = 30;
    at.early = 14.8 - 30;
    become({ playing: "playing" });
    expect(says.onGoesOn).toHaveBeenCalledExactlyOnceWith(Math.round(30 * RATE + 1.95 * RATE));
  });

  it("ends when the song is moved, while it plays or rests", async () => {
    const playing = await begun();
    playing.along.follow(RATE, playing.from.frame + RATE);
    expect(playing.says.onEnd).not.toHaveBeenCalled();
    playing.at.early += 0.06;
    playing.along.follow(2 * RATE, playing.from.frame + 2 * RATE);
    expect(playing.says.onEnd).toHaveBeenCalledWith("The song was moved. The take ends there and is kept.");
    const resting = await begun();
    resting.become({ playing: "paused" });
    resting.along.held(RATE);
    resting.at.early += 60;
    resting.become({ playing: "playing" });
    expect(resting.says.onEnd).toHaveBeenCalledOnce();
    expect(resting.says.onGoesOn).not.toHaveBeenCalled();
  });

  it("ends with the song", async () => {
    const { become, says } = await begun();
    become({ playing: "ended" });
    expect(says.onEnd).toHaveBeenCalledWith("The song is over. The take is kept.");
  });

  it("does not begin where the song does not start", async () => {
    const { along, become } = song();
    const begin = along.begin(false);
    become({ playing: "paused", trouble: "No connection." });
    await expect(begin).rejects.toThrow("No connection.");
  });

  it("takes speed and loop away for the take, and gives them back", async () => {
    const loop = { start: 1, end: 2 };
    const { along, state } = await begun({ loop, speed: 0.8 });
    expect(state()).toMatchObject({ loop: null, mix: { speed: 1 } });
    along.close();
    expect(state()).toMatchObject({ playing: "paused", loop, mix: { speed: 0.8 } });
  });
});
