import { createHash } from "node:crypto";
import { expect, test, vi } from "vitest";
import { FOUR_STEMS, SIX_STEMS } from "@/lib/stems.fake";
import type { Stem } from "./engine";
import { type Job, render, type Tools } from "./render";
import { type Links, MANIFEST } from "./render-fetch";
import { memoryStore } from "./render-store";
import { passThrough, stretch } from "./render-stretch";
import { HEADER_BYTES, wavHeader } from "./wav";

type Files = Record<string, Uint8Array<ArrayBuffer>>;

const wav = (samples: Int16Array) =>
  new Uint8Array([...wavHeader(samples.length / 2), ...new Uint8Array(samples.buffer)]);
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const samplesOf = (file: Uint8Array) => new Int16Array(file.slice(HEADER_BYTES).buffer);

function withManifest(files: Files): Files {
  const said = Object.entries(files).map(([name, bytes]) => [
    name,
    { sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length },
  ]);
  return { ...files, [MANIFEST]: encode({ files: Object.fromEntries(said) }) };
}

/** Four stems of noise that never clip together, the same every time. */
function song(frames: number, peak = 8000): Files {
  let seed = 7;
  const next = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const stem = () => wav(Int16Array.from({ length: frames * 2 }, () => Math.round((next() * 2 - 1) * peak)));
  return withManifest(Object.fromEntries(FOUR_STEMS.map((name) => [`${name}.wav`, stem()])));
}

/** A bucket with links that are good until `expire` is called, and faults that a test orders. */
function bucket(files: Files) {
  let [era, ended] = [1, 403];
  const faults: ((file: string) => Response | Error | null)[] = [];
  const asked: string[] = [];
  const links: Links = async (file, refused) => {
    if (refused) era = Math.max(era, 2);
    return `https://s3.example/${file}?era=${refused ? era : linked}`;
  };
  let linked = 1;
  const fetcher: typeof fetch = async (url, init) => {
    const address = new URL(String(url));
    const file = address.pathname.slice(1);
    const range = new Headers(init?.headers).get("Range") ?? "";
    asked.push(`${file} ${range}`);
    const fault = faults.shift()?.(file);
    if (fault instanceof Error) throw fault;
    if (fault) return fault;
    if (Number(address.searchParams.get("era")) < era) return new Response("expired", { status: ended });
    const bytes = files[file];
    if (!bytes) return new Response("", { status: 404 });
    const [from, to] = (/(\d+)-(\d+)/.exec(range) ?? []).slice(1).map(Number) as [number, number];
    if (from >= bytes.length) return new Response("", { status: 416 });
    const part = bytes.slice(from, to + 1);
    const contentRange = `bytes ${from}-${from + part.length - 1}/${bytes.length}`;
    return new Response(part, { status: 206, headers: { "Content-Range": contentRange } });
  };
  return {
    links,
    fetcher,
    faults,
    asked,
    /** Links made before are answered with `status` from now on. */
    expire(status: number) {
      era = 2;
      linked = 1;
      ended = status;
    },
  };
}

const MIX: Job & { kind: "mix" } = {
  kind: "mix",
  gains: Object.fromEntries(FOUR_STEMS.map((stem) => [stem, 1])),
  speed: 1,
  key: 0,
};
const without = (...stems: Stem[]) => ({
  ...MIX,
  gains: { ...MIX.gains, ...Object.fromEntries(stems.map((stem) => [stem, 0])) },
});

async function run(
  job: Job,
  from: ReturnType<typeof bucket>,
  changes: Partial<Tools["fetching"]> = {},
  tools: Partial<Tools> = {},
) {
  const store = memoryStore();
  const progress: number[] = [];
  const made = await render(job, {
    fetching: {
      links: from.links,
      fetcher: from.fetcher,
      signal: new AbortController().signal,
      waits: [1, 1, 1],
      chunkBytes: 1000,
      ...changes,
    },
    store,
    stretch,
    onProgress: (fraction) => progress.push(fraction),
    ...tools,
  });
  return { ...made, file: new Uint8Array(await (await store.finish()).arrayBuffer()), progress };
}

const sum = (files: Files, stems: readonly Stem[]) =>
  stems
    .map((stem) => samplesOf(files[`${stem}.wav`] ?? new Uint8Array()))
    .reduce((all, one) => all.map((sample, i) => sample + (one[i] ?? 0)));

test.each([0, 1, 239, 240, 241, 5000])(
  "%i frames: all at full gain is the sum of the stems to the bit",
  async (frames) => {
    const files = song(frames);
    const { file, loweredDb, progress } = await run(MIX, bucket(files));
    expect(file).toEqual(wav(sum(files, FOUR_STEMS)));
    expect(loweredDb).toBe(0);
    expect(progress.at(-1)).toBe(1);
    expect(Math.max(0, ...progress)).toBe(1);
  },
);

test("more than one step is as exact", async () => {
  const files = song(300_000);
  const { file } = await run(without("vocals"), bucket(files), { chunkBytes: 300_001 });
  expect(Buffer.compare(file, wav(sum(files, ["drums", "bass", "other"])))).toBe(0);
});

test("what is muted is not even loaded", async () => {
  const from = bucket(song(500));
  await run(without("vocals", "bass"), from);
  expect(new Set(from.asked.map((line) => line.split(" ")[0]))).toEqual(new Set([MANIFEST, "drums.wav", "other.wav"]));
});

test("too loud is lowered, and by how much is said", async () => {
  const files = song(2000, 32_000);
  const parts = FOUR_STEMS.map((stem) => [...samplesOf(files[`${stem}.wav`] as Uint8Array)]);
  const exact = (parts[0] ?? []).map((_, i) => parts.reduce((all, part) => all + (part[i] ?? 0), 0));
  const scale = Math.min(32_767 / Math.max(...exact), 32_768 / -Math.min(...exact));
  expect(scale).toBeLessThan(0.5);
  const { file, loweredDb } = await run(MIX, bucket(files));
  expect(loweredDb).toBeCloseTo(-20 * Math.log10(scale), 6);
  expect(file).toEqual(wav(Int16Array.from(exact, (sample) => Math.round(sample * scale))));
});

test("a stem that is shorter ends in silence", async () => {
  const files = withManifest({ ...song(100), "bass.wav": wav(Int16Array.of(5, 6)) });
  const { file } = await run(MIX, bucket(files));
  expect(samplesOf(file).length).toBe(200);
  expect(file).toEqual(wav(sum({ ...files }, ["drums", "other", "vocals"]).map((one, i) => one + ([5, 6][i] ?? 0))));
});

test("a file comes as it is", async () => {
  const files = withManifest({ "vocals.mp3": crypto.getRandomValues(new Uint8Array(3333)) });
  expect((await run({ kind: "file", file: "vocals.mp3" }, bucket(files))).file).toEqual(files["vocals.mp3"]);
});

test("a chunk that is lost, cut off or answered with 503 is fetched again, and only it", async () => {
  const files = song(700);
  const from = bucket(files);
  const waiting = vi.fn();
  const cut = () => new Response("x", { status: 206, headers: { "Content-Range": "bytes 0-999/2844" } });
  from.faults.push(
    () => null, // the manifest
    () => new TypeError("Failed to fetch"),
    () => new Response("", { status: 503 }),
    cut,
  );
  const { file, progress } = await run(MIX, from, { onWaiting: waiting });
  expect(file).toEqual(wav(sum(files, FOUR_STEMS)));
  expect(waiting.mock.calls.map(([now]) => now)).toContain(true);
  expect(waiting.mock.lastCall).toEqual([false]);
  expect(Math.max(...progress)).toBe(1);
  expect(from.asked.filter((line) => line === "vocals.wav bytes=1000-1999")).toHaveLength(1);
});

test("a network that stays away is said at last", async () => {
  const from = bucket(song(10));
  for (let i = 0; i < 10; i++) from.faults.push(() => new TypeError("Failed to fetch"));
  await expect(run(MIX, from)).rejects.toMatchObject({ fault: "connection" });
});

// 400 is what S3 says when the role that signed a link ended before the link (ExpiredToken).
test.each([400, 401, 403, 410])("links that ended on the way (%i) are requested again, at once", async (status) => {
  const files = song(2000);
  const from = bucket(files);
  const waiting = vi.fn();
  from.faults.push(...Array.from({ length: 12 }, () => () => null), () => (from.expire(status), null));
  const { file } = await run(MIX, from, { onWaiting: waiting });
  expect(file).toEqual(wav(sum(files, FOUR_STEMS)));
  expect(waiting).not.toHaveBeenCalled();
});

test("fresh links that are refused are not asked for forever", async () => {
  const from = bucket(song(10));
  for (let i = 0; i < 10; i++) from.faults.push(() => new Response("", { status: 403 }));
  await expect(run(MIX, from)).rejects.toMatchObject({ fault: "refused" });
});

test("links cannot be had for a while: it waits as for the files", async () => {
  const files = song(10);
  const from = bucket(files);
  const { RenderError } = await import("./render-fetch");
  let away = 2;
  const links: Links = async (...asked) => {
    if (away-- > 0) throw new RenderError("connection", "offline");
    return from.links(...asked);
  };
  expect((await run(MIX, from, { links })).file).toEqual(wav(sum(files, FOUR_STEMS)));
});

test("what is not what the manifest says is not handed out", async () => {
  const files = song(700);
  const wrong = (files["bass.wav"] as Uint8Array<ArrayBuffer>).slice();
  wrong[2500] = (wrong[2500] ?? 0) ^ 1;
  await expect(run(MIX, bucket({ ...files, "bass.wav": wrong }))).rejects.toMatchObject({ fault: "changed" });
  const longer = new Uint8Array([...(files["bass.wav"] ?? []), 0]);
  await expect(run({ kind: "file", file: "bass.wav" }, bucket({ ...files, "bass.wav": longer }))).rejects.toMatchObject(
    { fault: "changed" },
  );
});

test("a song without a manifest, or with a broken one, is taken by its sizes", async () => {
  const bare = Object.fromEntries(Object.entries(song(300)).filter(([name]) => name !== MANIFEST));
  expect((await run(MIX, bucket(bare))).file).toEqual(wav(sum(bare, FOUR_STEMS)));
  const broken = { ...bare, [MANIFEST]: new TextEncoder().encode("{") };
  expect((await run(MIX, bucket(broken))).file).toEqual(wav(sum(bare, FOUR_STEMS)));
});

test("a file that is gone, and one that is no WAV", async () => {
  const rest = Object.fromEntries(Object.entries(song(10)).filter(([name]) => name !== "bass.wav"));
  await expect(run(MIX, bucket(rest))).rejects.toMatchObject({ fault: "missing" });
  await expect(run(MIX, bucket(withManifest({ ...rest, "bass.wav": encode("x") })))).rejects.toThrow("WAV");
});

test("a cancel ends it at any point, also while it waits for the network", async () => {
  for (const after of [0, 1, 3, 7]) {
    const from = bucket(song(2000));
    const stop = new AbortController();
    for (let i = 0; i < after; i++) from.faults.push(() => null);
    from.faults.push(() => (stop.abort(), new TypeError("aborted")));
    await expect(run(MIX, from, { signal: stop.signal })).rejects.toMatchObject({ name: "AbortError" });
  }
  const from = bucket({});
  const stop = new AbortController();
  from.faults.push(() => new TypeError("Failed to fetch"));
  const onWaiting = () => setTimeout(() => stop.abort());
  await expect(run(MIX, from, { signal: stop.signal, waits: [60_000], onWaiting })).rejects.toMatchObject({
    name: "AbortError",
  });
});

/** A sine in both channels. */
const sine = (hz: number, seconds: number) =>
  Int16Array.from({ length: Math.round(seconds * 44_100) * 2 }, (_, i) =>
    Math.round(9000 * Math.sin((2 * Math.PI * hz * (i >> 1)) / 44_100)),
  );
const silent = (seconds: number) => wav(new Int16Array(Math.round(seconds * 44_100) * 2));

/** How often the left channel turns positive a second, between two seconds of the file. */
function pitch(file: Uint8Array, from: number, to: number): number {
  const samples = samplesOf(file);
  let turns = 0;
  for (let i = Math.round(from * 44_100); i < to * 44_100; i++)
    if ((samples[i * 2 - 2] as number) < 0 && (samples[i * 2] as number) >= 0) turns++;
  return turns / (to - from);
}

const tones = withManifest({
  "drums.wav": wav(sine(300, 2)),
  "other.wav": wav(sine(440, 2)),
  "bass.wav": silent(2),
  "vocals.wav": silent(2),
});
const big = { chunkBytes: 100_000 };

test("six stems are mixed as four are", async () => {
  const six = withManifest(
    Object.fromEntries(
      SIX_STEMS.map((stem, index) => [`${stem}.wav`, wav(new Int16Array(2000).fill(100 * (index + 1)))]),
    ),
  );
  const gains = Object.fromEntries(SIX_STEMS.map((stem) => [stem, stem === "guitar" ? 0 : 1]));
  const { file } = await run({ ...MIX, gains }, bucket(six));
  // 100 + 200 + 400 + 500 + 600, without the guitar's 300.
  expect(file).toEqual(wav(new Int16Array(2000).fill(1800)));
});

test("half the speed is twice the length, at the same pitch", async () => {
  const { file } = await run({ ...without("drums"), speed: 0.5 }, bucket(tones), big);
  expect(samplesOf(file).length / 2).toBe(4 * 44_100);
  expect(Math.abs(pitch(file, 0.5, 3.5) / 440 - 1)).toBeLessThan(0.01);
});

test("the key moves what sings, and drums stay to the bit", async () => {
  const moved = await run({ ...without("drums"), key: 2 }, bucket(tones), big);
  // A semitone is 6 %.
  expect(Math.abs(pitch(moved.file, 0.3, 1.7) / (440 * 2 ** (2 / 12)) - 1)).toBeLessThan(0.01);
  expect(samplesOf(moved.file).length / 2).toBe(2 * 44_100);
  const drums = await run({ ...without("other", "bass", "vocals"), key: 2 }, bucket(tones), big);
  expect(Buffer.compare(drums.file, tones["drums.wav"] as Uint8Array)).toBe(0);
});

test("a click stays in its place through speed and key", async () => {
  const click = new Int16Array(2 * 44_100 * 2);
  for (let i = 0; i < 400; i++) click[2 * 44_100 + i] = i % 4 < 2 ? 20_000 : -20_000;
  const files = withManifest({ ...tones, "other.wav": wav(click) });
  for (const [speed, key] of [
    [1, 3],
    [1.5, 0],
    [0.75, -4],
  ] as const) {
    const { file } = await run({ ...without("drums"), speed, key }, bucket(files), big);
    let [weight, place] = [0, 0];
    samplesOf(file).forEach((one, i) => {
      weight += one * one;
      place += one * one * (i >> 1);
    });
    expect(Math.abs(place / weight / 44_100 - 1 / speed), `${speed} ${key}`).toBeLessThan(0.02);
  }
});

test("nothing to stretch is nothing, and a stage that only passes on holds nothing back", async () => {
  const stage = await stretch(0.5, 0, 44_100);
  expect(stage.end()).toHaveLength(0);
  expect(passThrough().end()).toHaveLength(0);
});

test("a take is mixed in from its own file, and keeps its pitch with the rhythm", async () => {
  const files = song(5000);
  const from = bucket(files);
  const master = wav(Int16Array.from({ length: 10_000 }, (_, i) => (i % 2000) - 1000));
  const takes = { "take:A": new Blob([master]) };
  const job = { ...MIX, gains: { ...MIX.gains, "take:A": 1 } };
  const mixed = await run(job, from, {}, { takes });
  const expected = sum(files, FOUR_STEMS).map((sample, i) => sample + (samplesOf(master)[i] ?? 0));
  expect(samplesOf(mixed.file)).toEqual(expected);
  expect(from.asked.filter((file) => file.startsWith("take"))).toEqual([]);

  const stages: [number, number][] = [];
  const alone = { ...without("drums", "bass", "other", "vocals"), key: 3 };
  await run(
    { ...alone, gains: { ...alone.gains, "take:A": 1 } },
    from,
    {},
    {
      takes,
      stretch: async (speed: number, semitones: number) => {
        stages.push([speed, semitones]);
        return passThrough();
      },
    },
  );
  expect(stages).toEqual([]);
});
