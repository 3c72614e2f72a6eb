/** Records takes: the microphone, the tape's worker and the song together. One a tab, and one over all tabs. */
import { SAMPLE_RATE } from "@/audio/frames";
import { keepWindow } from "../queue/keep";
import { MAX_MINUTES, type Recording, windowFrames, windowSecondsOf } from "../queue/model";
import { recordingLock } from "../queue/useQueue";
import { type Camera, openCamera } from "./camera";
import { mergeGaps } from "./gaps";
import { guessedLatency, knownLatency, measureLatency } from "./late";
import { captureTo, listInputs, openMicrophone, showTrack } from "./microphone";
import type { FromTape, ToTape } from "./protocol";
import { mayBegin, mayGoOn, secondsLeft } from "./room";
import { Along } from "./along";
import type { Meter, Place, RecorderState } from "./state";
import { watch } from "./watch";

const WAVE = 600;
const LOCK = "unplugd.recorder";

export type Recorder = ReturnType<typeof createRecorder>;

export function createRecorder() {
  let state: RecorderState = {
    ...{ phase: "off", trouble: null, songId: null, inputs: [], input: null, channels: 1, camera: false, monitor: 0 },
    ...{ latencyMs: 0, measured: false, testing: false, gaps: [], minutesLeft: null },
  };
  const listeners = new Set<() => void>();
  const meter: Meter = { peak: 0, clipped: false, frames: 0, wave: [] };
  let place: Place | null = null;
  let lent: { context: AudioContext; giveBack(): void } | null = null;
  let stream: MediaStream | null = null;
  let source: AudioNode | null = null;
  let monitor: GainNode | null = null;
  let camera: Camera | null = null;
  let tape: Worker | null = null;
  let along: Along | null = null;
  let take: Recording | null = null;
  const closers: (() => void)[] = [];
  let release: (() => void) | null = null; // of the one recorder of all tabs
  let unlock: (() => void) | null = null;
  let kept = 0; // windows that are complete
  let keeps: Promise<void> = Promise.resolve(); // until all of them are on the queue's list
  let second = -1; // of the latest picture
  let ended: ((frames: number) => void) | null = null;
  let attempt = 0;

  function tell(change: Partial<RecorderState>) {
    state = { ...state, ...change };
    listeners.forEach((listener) => listener());
  }
  const phase = (): RecorderState["phase"] => state.phase;
  const going = () => state.phase === "recording" || state.phase === "paused" || state.phase === "ending";
  const say = (message: ToTape, transfer: Transferable[] = []) => tape?.postMessage(message, transfer);

  /** The microphone opens and its level shows; nothing is kept yet. Has to come from a gesture. */
  async function open(at: Place): Promise<void> {
    if (state.phase !== "off") return;
    place = at;
    const mine = ++attempt;
    tell({ phase: "opening", trouble: null, songId: at.songId, gaps: [] });
    try {
      release ??= await beTheOne();
      lent = at.engine ? await at.engine.lend() : await ownContext();
      await listenIn();
      if (mine !== attempt) throw new Error("closed");
      tell({ phase: "ready" });
    } catch (error) {
      if (mine !== attempt) return;
      close();
      tell({ trouble: error instanceof Error ? error.message : String(error) });
    }
  }

  /** One recorder over all tabs. Rejects with a sentence where another tab has it. */
  function beTheOne(): Promise<() => void> {
    return new Promise((resolve, reject) => {
      void navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
        if (lock) return new Promise<void>((done) => resolve(done));
        reject(new Error("Another tab has the recorder open. Close it there first."));
      });
    });
  }

  async function ownContext() {
    const context = new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: "interactive" });
    await context.resume();
    return { context, giveBack: () => void context.close() };
  }

  async function listenIn() {
    const context = lent?.context;
    if (!context) return;
    const { input, channels } = state;
    stream = await openMicrophone({ input, channels, rate: context.sampleRate, camera: state.camera });
    const [track] = stream.getAudioTracks();
    const [picture] = stream.getVideoTracks();
    if (!track) throw new Error("The microphone gives no sound.");
    if (picture) camera = openCamera(picture);
    const settings = track.getSettings();
    source = context.createMediaStreamSource(stream);
    monitor = new GainNode(context, { gain: state.monitor });
    source.connect(monitor).connect(context.destination);
    tape = new Worker(new URL("./tape.worker.ts", import.meta.url), { type: "module" });
    tape.onmessage = ({ data }: MessageEvent<FromTape>) => void onTape(data);
    tape.onerror = () =>
      broken("The recorder stopped. What it had written is kept. Check your connection and try again.");
    const { port1, port2 } = new MessageChannel();
    const shown = showTrack(track);
    const format = { channels, sampleRate: context.sampleRate, maxFrames: MAX_MINUTES * 60 * context.sampleRate };
    const windows = windowFrames({ windowSeconds: windowSecondsOf(channels), sampleRate: SAMPLE_RATE });
    say(
      { do: "open", ...format, windowFrames: windows, port: port1, track: shown },
      shown ? [port1, shown as unknown as Transferable] : [port1],
    );
    const stopCapture = await captureTo(source, channels, port2);
    const ends = watch(track, context, {
      going,
      onDanger: (why) => (why === null ? close() : endBy(why)),
      onDevices: () => void listInputs().then((inputs) => state.phase !== "off" && tell({ inputs })),
    });
    closers.push(stopCapture, ends);
    const id = settings.deviceId ?? input;
    const known = knownLatency(pairOf(id ?? ""));
    tell({
      inputs: await listInputs(),
      input: id,
      measured: known !== null,
      latencyMs: known ?? guessedLatency(context),
    });
    const left = await secondsLeft({ channels, sampleRate: context.sampleRate });
    tell({ minutesLeft: Number.isFinite(left) ? Math.floor(left / 60) : null });
  }

  const pairOf = (input: string) =>
    `${input} ${(lent?.context as (AudioContext & { sinkId?: string }) | undefined)?.sinkId ?? ""}`;

  async function onTape(message: FromTape) {
    if (message.is === "level") {
      meter.peak = Math.max(message.peak, meter.peak * 0.7);
      meter.clipped ||= message.clipped > 0;
      meter.frames = message.frames;
      if (message.writing) {
        meter.wave.push(message.peak);
        if (meter.wave.length > WAVE) meter.wave.shift();
        along?.follow(message.frames, message.frame);
        void takePicture();
      }
    } else if (message.is === "gap") {
      if (!take) return;
      take.gaps = mergeGaps([...take.gaps, message.gap]);
      tell({ gaps: take.gaps });
      await place?.keeping.store.change(take.id, { gaps: take.gaps }).catch(() => undefined);
    } else if (message.is === "window") {
      kept = message.windowIndex + 1;
      if (!take || !place) return;
      const [row, { store, queue }] = [take, place.keeping];
      keeps = keeps.then(() => keepWindow(store, row, message.windowIndex).catch(() => undefined));
      await keeps;
      queue.added();
      if (!mayGoOn(await secondsLeft(row))) endBy("This device has no more room. The take ends there and is kept.");
    } else if (message.is === "stopped")
      endBy(
        message.why === "long"
          ? `A take lasts ${MAX_MINUTES} minutes at most. It ends there and is kept.`
          : "This device keeps no more. The take ends there and is kept.",
      );
    else if (message.is === "held") along?.held(message.frames);
    else if (message.is === "ended") ended?.(message.frames);
  }

  async function takePicture() {
    if (!camera || !take || !place) return;
    const now = Math.floor(meter.frames / take.sampleRate);
    if (now === second) return;
    second = now;
    const { id, windowSeconds } = take;
    const jpeg = await camera.picture();
    // The files of complete windows are as they were announced.
    if (jpeg && Math.floor(now / windowSeconds) >= kept)
      await place.keeping.store.addPicture(id, now, jpeg).catch(() => undefined);
  }

  /** Begins a take: after a bar of clicks with `countIn`, and along with the song where there is one. */
  async function record(countIn: boolean): Promise<void> {
    if (state.phase !== "ready" || !place || !lent) return;
    const { keeping, engine, songId } = place;
    const { context } = lent;
    const { channels } = state;
    const sampleRate = context.sampleRate as 44100;
    const mine = attempt;
    meter.wave.length = 0;
    meter.clipped = false;
    tell({ phase: "starting", trouble: null, gaps: [] });
    try {
      if (!mayBegin(await secondsLeft({ channels, sampleRate })))
        throw new Error("This device has no room for two minutes of sound. Make some room, then try again.");
      // Some browsers ask the person; the take does not wait for that.
      navigator.storage?.persist?.().catch(() => false);
      const id = crypto.randomUUID();
      unlock = await lockFor(id);
      along = engine && new Along(engine, context, alongSays(id));
      const from = along ? await along.begin(countIn) : null;
      if (mine !== attempt || phase() !== "starting") return along?.close();
      const now = Date.now();
      take = {
        ...{ id, owner: keeping.owner, title: titleOf(now), songId, camera: camera !== null, startedAt: now },
        ...{ sampleRate, channels, windowSeconds: windowSecondsOf(channels), state: "recording", frames: null },
        ...{ windowsDone: 0, gaps: [], offsetMs: from ? Math.round(1000 * from.second - state.latencyMs) : 0 },
        ...{ ending: null, sessionId: null, askedAt: null, closed: false, trouble: null },
      };
      [kept, second] = [0, -1];
      await keeping.store.add(take);
      say({ do: "write", recordingId: id, from: from?.frame ?? null });
      keeping.queue.added();
      tell({ phase: "recording" });
    } catch (error) {
      along?.close();
      along = null;
      unlock?.();
      unlock = null;
      if (mine === attempt && phase() === "starting")
        tell({ phase: "ready", trouble: error instanceof Error ? error.message : "The take could not begin." });
    }
  }

  async function lockFor(id: string): Promise<() => void> {
    let done: () => void = () => undefined;
    await new Promise<void>((held) => {
      void navigator.locks.request(recordingLock(id), () => {
        held();
        return new Promise<void>((resolve) => (done = resolve));
      });
    });
    return done;
  }

  /** What happens to a take when its song stops, goes on, or is moved. */
  const alongSays = (recordingId: string) => ({
    onStop() {
      if (state.phase !== "recording") return;
      say({ do: "hold" });
      tell({ phase: "paused" });
    },
    onGoesOn(from: number) {
      if (state.phase !== "paused") return;
      say({ do: "write", recordingId, from });
      tell({ phase: "recording" });
    },
    onEnd: (why: string) => endBy(why),
  });

  function pause() {
    if (state.phase !== "recording") return;
    if (along) along.pause();
    else {
      say({ do: "hold" });
      tell({ phase: "paused" });
    }
  }

  async function resume() {
    if (state.phase !== "paused" || !take) return;
    if (along) await along.resume();
    else {
      say({ do: "write", recordingId: take.id, from: null });
      tell({ phase: "recording" });
    }
  }

  const endBy = (why: string) => {
    if (going()) void end(why);
    else if (state.phase !== "off") {
      close();
      tell({ trouble: why });
    }
  };

  /** Nothing writes any more: the queue finds on the disk what there is of the take. */
  function broken(why: string) {
    take = null;
    shut();
    release?.();
    release = null;
    tell({ trouble: why });
  }

  /** The take is complete. It is kept, and goes to the library by itself. */
  async function end(why: string | null = null): Promise<void> {
    if (state.phase === "starting") {
      along?.close();
      along = null;
      unlock?.();
      unlock = null;
      return tell({ phase: "ready" });
    }
    if ((state.phase !== "recording" && state.phase !== "paused") || !take || !place) return;
    const { store, queue } = place.keeping;
    const { id } = take;
    tell({ phase: "ending" });
    along?.close();
    along = null;
    const frames = await new Promise<number>((resolve) => {
      ended = resolve;
      say({ do: "end" });
    });
    ended = null;
    await keeps;
    await store.change(id, { state: "ended", frames, gaps: take.gaps, ending: why }).catch(() => undefined);
    take = null;
    unlock?.();
    unlock = null;
    queue.added();
    const at = place;
    shut();
    if (!why) return open(at);
    release?.();
    release = null;
    tell({ trouble: why });
  }

  /** The microphone is let go. A take that goes on ends first. */
  function close(): void {
    if (going() && take) return void end().then(close);
    shut();
    release?.();
    release = null;
  }

  function shut(): void {
    attempt += 1;
    along?.close();
    along = null;
    unlock?.();
    unlock = null;
    closers.splice(0).forEach((closer) => closer());
    monitor?.disconnect();
    source?.disconnect();
    stream?.getTracks().forEach((track) => track.stop());
    camera?.close();
    tape?.terminate();
    lent?.giveBack();
    [lent, stream, source, monitor, camera, tape, place] = [null, null, null, null, null, null, null];
    meter.peak = 0;
    meter.frames = 0;
    tell({ phase: "off", testing: false, trouble: null });
  }

  /** Opens the microphone again with other wishes. */
  async function change(wish: Partial<Pick<RecorderState, "input" | "channels" | "camera">>): Promise<void> {
    const at = place;
    if (state.phase !== "ready" || !at) return;
    shut();
    tell(wish);
    await open(at);
  }

  return {
    state: () => state,
    meter,
    camera: () => camera,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ...{ open, record, pause, resume, close, change },
    end: () => end(),
    setMonitor(level: number) {
      if (monitor) monitor.gain.value = level;
      tell({ monitor: level });
    },
    clearClip: () => void (meter.clipped = false),
    /** Plays a tone and listens for it: how late sound comes back. */
    async test(): Promise<void> {
      if (state.phase !== "ready" || !lent || !source || state.testing) return;
      tell({ testing: true, trouble: null });
      const ms = await measureLatency(lent.context, source, pairOf(state.input ?? "")).catch(() => null);
      if (ms === null)
        tell({
          testing: false,
          trouble:
            "The test tone was not heard clearly. Hold a headphone to the microphone, turn it up and test again.",
        });
      else tell({ testing: false, latencyMs: ms, measured: true });
    },
  };
}

const titleOf = (at: number) =>
  `Take of ${new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" }).format(at)}`;

let only: Recorder | undefined;
/** The recorder of this tab. */
export const theRecorder = (): Recorder => (only ??= createRecorder());
