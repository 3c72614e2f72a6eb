import { expect, it, vi } from "vitest";
import { watch } from "./watch";

function open({ going = true } = {}) {
  const settings = { sampleRate: 44_100 };
  const track = Object.assign(new EventTarget(), { getSettings: () => ({ ...settings }) });
  const context = Object.assign(new EventTarget(), { state: "running" });
  const mediaDevices = new EventTarget();
  vi.stubGlobal("navigator", { mediaDevices });
  const says = { going: () => going, onDanger: vi.fn(), onDevices: vi.fn() };
  const end = watch(track as unknown as MediaStreamTrack, context as unknown as AudioContext, says);
  return { track, context, mediaDevices, settings, says, end };
}

it.each([
  ["the device is unplugged", "unplugged", ({ track }) => track.dispatchEvent(new Event("ended"))],
  ["the device is muted", "muted", ({ track }) => track.dispatchEvent(new Event("mute"))],
  [
    "the sample rate changes",
    "sample rate",
    ({ settings, mediaDevices }) => {
      settings.sampleRate = 16_000;
      mediaDevices.dispatchEvent(new Event("devicechange"));
    },
  ],
  [
    "the sound is stopped, as by a call or a locked screen",
    "stopped the sound",
    ({ context }) => {
      context.state = "suspended";
      context.dispatchEvent(new Event("statechange"));
    },
  ],
  ["the tab freezes", "to sleep", () => document.dispatchEvent(new Event("freeze"))],
] satisfies [string, string, (made: ReturnType<typeof open>) => void][])(
  "when %s the take ends and is kept",
  (_, word, happen) => {
    const made = open();
    happen(made);
    expect(made.says.onDanger).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(word));
    expect(made.says.onDanger.mock.calls[0]?.[0]).toMatch("The take ends there and is kept.");
    made.end();
    happen(made);
    expect(made.says.onDanger).toHaveBeenCalledOnce();
  },
);

it("a second device changes nothing but the list", () => {
  const { mediaDevices, says, end } = open();
  mediaDevices.dispatchEvent(new Event("devicechange"));
  expect(says.onDanger).not.toHaveBeenCalled();
  expect(says.onDevices).toHaveBeenCalledOnce();
  end();
});

it.each([true, false])("closing the page is warned of while a take is under way: %s", (going) => {
  const { end } = open({ going });
  const event = new Event("beforeunload", { cancelable: true });
  dispatchEvent(event);
  expect(event.defaultPrevented).toBe(going);
  end();
});

it("leaving the song without a take closes the microphone without a word", () => {
  const { context, says, end } = open({ going: false });
  context.state = "closed";
  context.dispatchEvent(new Event("statechange"));
  expect(says.onDanger).toHaveBeenCalledExactlyOnceWith(null);
  end();
});
