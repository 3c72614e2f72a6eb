/** Makes a file to take away out of a song's masters, in bounded memory: no DOM, no worker, no React. */
import { keepsPitch, type Stem } from "./engine";
import { addPcm, decibels, type Extent, scaleFor, toPcm, widen } from "./mixdown";
import {
  type Chunk,
  CHUNK_BYTES,
  type Expected,
  type FetchOptions,
  MANIFEST,
  RangeReader,
  RenderError,
} from "./render-fetch";
import type { Store } from "./render-store";
import { join, passThrough, type Stage } from "./render-stretch";
import { HEADER_BYTES, readWavHeader, type WavFormat, wavHeader } from "./wav";

/** A mix-down, or one of the song's files as it is ("vocals.wav", "vocals.mp3"). */
export type Job =
  { kind: "mix"; gains: Record<Stem, number>; speed: number; key: number } | { kind: "file"; file: string };

export interface Tools {
  fetching: Omit<FetchOptions, "onBytes">;
  store: Store;
  /** WAV files of the takes in the mix (`takeMaster`). */
  takes?: Readonly<Record<Stem, Blob>>;
  stretch(speed: number, semitones: number, sampleRate: number): Promise<Stage>;
  /** 0–1, never past what is done. */
  onProgress(fraction: number): void;
}

/** What was made; the bytes lie in the store. */
export interface Made {
  /** By how much all of it was lowered, so that nothing clips. */
  loweredDb: number;
}

/** Frames mixed at a time: about six seconds, a megabyte a stem. */
const STEP = 262_144;
/** Of the progress: making the final file out of what was mixed. */
const LAST_PART = 0.03;

/** Makes one file. Rejects with RenderError, or with the signal's reason. */
export async function render(job: Job, tools: Tools): Promise<Made> {
  const expected = await readManifest(tools);
  if (job.kind === "mix") return mixDown(job, expected, tools);
  let done = 0;
  const reader = new RangeReader(
    job.file,
    { ...tools.fetching, onBytes: (bytes) => tools.onProgress((done += bytes) / (reader.bytes || 1)) },
    expected.get(job.file),
  );
  let at = 0;
  for (let chunk = await reader.next(); chunk; chunk = await reader.next()) {
    tools.store.write(chunk, at);
    at += chunk.length;
  }
  return { loweredDb: 0 };
}

/** What the manifest says of the files; nothing of songs without one, whose files only have to be complete. */
async function readManifest({ fetching }: Tools): Promise<Map<string, Expected>> {
  const reader = new RangeReader(MANIFEST, fetching);
  const parts: Chunk[] = [];
  try {
    for (let chunk = await reader.next(); chunk; chunk = await reader.next()) parts.push(chunk);
    const { files } = JSON.parse(await new Blob(parts).text()) as { files?: Record<string, Expected> };
    return new Map(Object.entries(files ?? {}));
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof RenderError && error.fault === "missing")) return new Map();
    throw error;
  }
}

/** A file read in order, part by part. */
type Source = Pick<RangeReader, "file" | "bytes" | "next">;

/** Reads a file that is here already. */
class BlobReader implements Source {
  private at = 0;

  constructor(
    readonly file: string,
    private readonly blob: Blob,
  ) {}

  get bytes(): number {
    return this.blob.size;
  }

  async next(): Promise<Chunk | null> {
    if (this.at >= this.blob.size) return null;
    const part = await this.blob.slice(this.at, this.at + CHUNK_BYTES).arrayBuffer();
    this.at += part.byteLength;
    return new Uint8Array(part);
  }
}

/** One stem's samples, in order. */
class StemReader {
  private held: Chunk = new Uint8Array();
  format: WavFormat = { channels: 2, sampleRate: 44_100, dataOffset: 0, frames: 0 };

  constructor(
    readonly gain: number,
    readonly reader: Source,
  ) {}

  async open(): Promise<void> {
    this.held = (await this.reader.next()) ?? this.held;
    this.format = readWavHeader(this.held, this.reader.bytes ?? 0);
    if (this.format.channels !== 2) throw new RenderError("broken", `${this.reader.file} is not stereo`);
    this.held = this.held.subarray(this.format.dataOffset);
  }

  /** The next `frames` frames, or what is left. */
  async take(frames: number): Promise<Uint8Array> {
    const parts = [this.held];
    let length = this.held.length;
    while (length < frames * 4) {
      const chunk = await this.reader.next();
      if (!chunk) break;
      parts.push(chunk);
      length += chunk.length;
    }
    const all = parts.length === 1 ? this.held : joinBytes(parts, length);
    this.held = all.subarray(frames * 4);
    return all.subarray(0, frames * 4);
  }

  /** Reads on to the end of the file, because only then its checksum is known. */
  async drain(): Promise<void> {
    while (await this.reader.next());
  }
}

/** Stems that are stretched together: those that keep their pitch go apart where the key is moved. */
interface Group {
  stems: StemReader[];
  stage: Stage;
  ready: Float32Array;
}

async function mixDown(job: Job & { kind: "mix" }, expected: Map<string, Expected>, tools: Tools): Promise<Made> {
  const { store, fetching } = tools;
  let [bytes, frames, mixed] = [0, 1, 0];
  let total = Infinity;
  const report = () => tools.onProgress((1 - LAST_PART) * (0.5 * Math.min(1, bytes / total) + (0.5 * mixed) / frames));
  const onBytes = (count: number) => {
    bytes += count;
    report();
  };
  const readers = new Map<Stem, StemReader>();
  for (const [stem, gain] of Object.entries(job.gains)) {
    const file = `${stem}.wav`;
    if (gain === 0) continue;
    const take = tools.takes?.[stem];
    const reader = take
      ? new BlobReader(file, take)
      : new RangeReader(file, { ...fetching, onBytes }, expected.get(file));
    readers.set(stem, new StemReader(gain, reader));
  }
  const stems = [...readers.values()];
  await Promise.all(stems.map((stem) => stem.open()));
  const sampleRate = stems[0]?.format.sampleRate ?? 44_100;
  if (stems.some(({ format }) => format.sampleRate !== sampleRate))
    throw new RenderError("broken", "the stems differ in their sample rate");
  total = stems.reduce((sum, { reader }) => sum + (reader instanceof RangeReader ? (reader.bytes ?? 0) : 0), 0) || 1;
  const length = Math.max(0, ...stems.map(({ format }) => format.frames));
  frames = Math.max(1, length);

  const groups = await grouped(readers, job, sampleRate, tools);
  let [written, extent]: [number, Extent] = [0, { high: 0, low: 0 }];
  const emit = () => {
    const count = Math.min(...groups.map(({ ready }) => ready.length));
    if (!count) return;
    const sum = new Float32Array(count);
    for (const group of groups) {
      for (let i = 0; i < count; i++) sum[i] = (sum[i] as number) + (group.ready[i] as number);
      group.ready = group.ready.slice(count);
    }
    extent = widen(extent, sum);
    store.write(new Uint8Array(sum.buffer), written * 4);
    written += count;
  };
  for (let at = 0; at < length; at += STEP) {
    const count = Math.min(STEP, length - at);
    const pcm = new Map(await Promise.all(stems.map(async (stem) => [stem, await stem.take(count)] as const)));
    for (const group of groups) {
      const sum = new Float32Array(count * 2);
      for (const stem of group.stems) addPcm(sum, pcm.get(stem) ?? new Uint8Array(), stem.gain);
      group.ready = join([group.ready, group.stage.push(sum)]);
    }
    emit();
    mixed = at + count;
    report();
    fetching.signal.throwIfAborted();
  }
  await Promise.all(stems.map((stem) => stem.drain()));
  for (const group of groups) group.ready = join([group.ready, group.stage.end()]);
  emit();
  return { loweredDb: await toWav(store, written, extent, sampleRate, tools) };
}

async function grouped(
  readers: Map<Stem, StemReader>,
  { speed, key }: { speed: number; key: number },
  sampleRate: number,
  { stretch }: Tools,
): Promise<Group[]> {
  const all = [...readers.keys()];
  const parts: [Stem[], number][] =
    key === 0
      ? [[all, 0]]
      : [
          [all.filter(keepsPitch), 0],
          [all.filter((stem) => !keepsPitch(stem)), key],
        ];
  return Promise.all(
    parts
      .filter(([stems]) => stems.length)
      .map(async ([stems, semitones]) => ({
        stems: stems.flatMap((stem) => readers.get(stem) ?? []),
        stage: speed === 1 && semitones === 0 ? passThrough() : await stretch(speed, semitones, sampleRate),
        ready: new Float32Array(),
      })),
  );
}

/**
 * Turns the store's 32-bit samples into a 16-bit WAV, in place: what is written stays behind what is read. Only now is
 * it known how loud the loudest is. Returns by how many decibels all of it was lowered.
 */
async function toWav(store: Store, samples: number, extent: Extent, sampleRate: number, tools: Tools) {
  const scale = scaleFor(extent);
  for (let at = 0; at < samples; at += STEP) {
    const block = new Float32Array(Math.min(STEP, samples - at));
    store.read(new Uint8Array(block.buffer), at * 4);
    store.write(toPcm(block, scale), HEADER_BYTES + at * 2);
    tools.onProgress(1 - LAST_PART + (LAST_PART * at) / samples);
    // Lets a cancel in.
    await new Promise((resolve) => setTimeout(resolve));
    tools.fetching.signal.throwIfAborted();
  }
  store.write(wavHeader(samples / 2, { sampleRate }), 0);
  store.truncate(HEADER_BYTES + samples * 2);
  tools.onProgress(1);
  return decibels(scale);
}

function joinBytes(parts: Chunk[], length: number): Chunk {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
