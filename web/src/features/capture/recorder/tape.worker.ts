/** Writes a take to the disk away from the page: a page that is busy neither delays nor loses sound. */
import { blockWriter, fileWriter, type TakeWriter } from "../queue/disk";
import { BYTES_A_SAMPLE } from "../queue/model";
import { openStore } from "../queue/store";
import { Stalls } from "./gaps";
import type { Chunk, FromTape, ToTape } from "./protocol";
import { Tape } from "./tape";

const page = globalThis as unknown as {
  postMessage(message: FromTape): void;
  onmessage: ((event: MessageEvent<ToTape>) => void) | null;
};
let tape: Tape | null = null;

page.onmessage = ({ data }) => {
  if (data.do === "open") open(data);
  else if (data.do === "write") {
    recordingId = data.recordingId;
    void tape?.write(data.from);
  } else if (data.do === "hold") void tape?.hold();
  else void tape?.end();
};

/** The place on the disk is made when the take begins: before that nothing is to be kept. */
let recordingId = "";
let place: Promise<TakeWriter> | undefined;

function open({ port, track, ...options }: Extract<ToTape, { do: "open" }>): void {
  const { channels, sampleRate } = options;
  const half = Math.ceil(sampleRate / 2) * channels * BYTES_A_SAMPLE;
  const writer = () =>
    (place ??= fileWriter(recordingId).then(
      async (files) => files ?? blockWriter(await openStore(), recordingId, half),
    ));
  const made = new Tape({
    ...options,
    writer: {
      write: async (...to) => (await writer()).write(...to),
      flush: async () => (await place)?.flush(),
      finish: async (...to) => (await place)?.finish(...to),
    },
    tell: (message) => page.postMessage(message),
    now: () => performance.now() / 1000,
  });
  tape = made;
  port.onmessage = ({ data }: MessageEvent<Chunk>) => void made.chunk(data);
  if (track) compare(track, made, channels, sampleRate).catch(() => undefined);
}

/** The browser's own capture goes to the witness, as 16 bit and with the take's channels. */
async function compare(track: ReadableStream<AudioData>, { witness }: Tape, channels: 1 | 2, rate: number) {
  let frames = 0;
  // Its own time stamps tell what the device itself has lost.
  const stalls = new Stalls(rate, (_, lost) => {
    const { latest } = witness;
    if (latest !== null && latest > 0)
      page.postMessage({ is: "gap", gap: { start: latest, frames: 0, lost, why: "stalled" } });
  });
  const reader = track.getReader();
  for (;;) {
    const { value: data, done } = await reader.read();
    if (done) return;
    // Another rate is converted on the way: then nothing can be compared.
    if (data.sampleRate !== rate) {
      data.close();
      await reader.cancel();
      return;
    }
    const planes = Array.from({ length: data.numberOfChannels }, (_, planeIndex) => {
      const plane = new Float32Array(data.numberOfFrames);
      data.copyTo(plane, { planeIndex, format: "f32-planar" });
      return plane;
    });
    frames += data.numberOfFrames;
    stalls.add(data.timestamp / 1e6, frames);
    data.close();
    witness.track(to16(planes, channels));
  }
}

function to16(planes: readonly Float32Array[], channels: 1 | 2): Int16Array {
  const [left = new Float32Array(), right = left] = planes;
  const samples = new Int16Array(left.length * channels);
  const round = (value: number) => Math.max(-32768, Math.min(32767, Math.round(value * 32768)));
  for (let i = 0; i < left.length; i++) {
    const [a, b] = [left[i] ?? 0, right[i] ?? 0];
    if (channels === 1) samples[i] = round(Math.fround(0.5 * (a + b)));
    else {
      samples[2 * i] = round(a);
      samples[2 * i + 1] = round(b);
    }
  }
  return samples;
}
