interface Says {
  /** Whether a take is under way. */
  going(): boolean;
  /** Why the take has to end, as a sentence; null when nothing was under way and the sound is gone. */
  onDanger(why: string | null): void;
  /** There are other devices. */
  onDevices(): void;
}

/** Watches for what may happen to the microphone, the sound or the tab. The returned function ends it. */
export function watch(
  track: MediaStreamTrack,
  context: AudioContext,
  { going, onDanger, onDevices }: Says,
): () => void {
  const rate = track.getSettings().sampleRate;
  const kept = "The take ends there and is kept.";
  const ends: (() => void)[] = [];
  const on = (target: EventTarget, name: string, does: (event: Event) => void) => {
    target.addEventListener(name, does);
    ends.push(() => target.removeEventListener(name, does));
  };
  on(track, "ended", () => onDanger(`The microphone was unplugged or taken away. ${kept}`));
  on(track, "mute", () => onDanger(`The system muted the microphone. ${kept}`));
  on(navigator.mediaDevices, "devicechange", () => {
    if (track.getSettings().sampleRate !== rate) onDanger(`The microphone changed its sample rate. ${kept}`);
    else onDevices();
  });
  on(context, "statechange", () => {
    if (context.state === "closed" && !going()) onDanger(null);
    else if (context.state !== "running") onDanger(`The browser stopped the sound. ${kept}`);
  });
  on(document, "freeze", () => onDanger(`The browser put the page to sleep. ${kept}`));
  on(globalThis, "beforeunload", (event) => {
    if (going()) event.preventDefault();
  });
  return () => ends.forEach((end) => end());
}
