import { useEffect, useRef, useState } from "react";
import { data, Problem, type Song } from "@/api/client";
import { useApi } from "@/api/context";
import { fetchSong, type FinishedSong, isFinished } from "@/api/songs";
import { STEMS } from "@/audio/engine";
import { startRender } from "@/audio/render-client";
import { MANIFEST, RenderError, type RenderFault } from "@/audio/render-fetch";
import type { FileLinks } from "@/audio/render.worker";
import { fileName } from "./names";
import { type LyricsFile, megabytes, type Takeable } from "./takeables";

/** Where the one thing that is being taken stands; `id` is the row that shows it. */
export type Taking =
  | { at: "idle" }
  | { at: "working"; id: string; fraction: number | null; waiting: boolean; secondsLeft: number | null }
  | { at: "done"; id: string; name: string; bytes: number; loweredDb: number; again(): void }
  | { at: "failed"; id: string; message: string; again(): void };

const TYPES: Record<string, string> = { wav: "audio/wav", mp3: "audio/mpeg", json: "application/json" };
/** How long (ms) a download's address is kept: the browser has begun to read long before. */
const REVOKE_AFTER = 60_000;

/** Takes one file away at a time, and says where it stands. What goes on ends with the panel. */
export function useTaking(song: FinishedSong & Song) {
  const api = useApi();
  const [taking, setTaking] = useState<Taking>({ at: "idle" });
  const stop = useRef<AbortController | null>(null);
  const working = taking.at === "working";

  useEffect(() => () => stop.current?.abort(), []);
  useEffect(() => {
    if (!working) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [working]);

  async function run(id: string, again: () => void, make: (signal: AbortSignal) => Promise<Omit<Saved, "id">>) {
    if (stop.current) return;
    const mine = new AbortController();
    stop.current = mine;
    setTaking({ at: "working", id, fraction: null, waiting: false, secondsLeft: null });
    try {
      const { file, name, loweredDb } = await make(mine.signal);
      mine.signal.throwIfAborted();
      download(file, name);
      setTaking({ at: "done", id, name, bytes: file.size, loweredDb, again: () => download(file, name) });
    } catch (error) {
      if (mine.signal.aborted) setTaking({ at: "idle" });
      else setTaking({ at: "failed", id, message: messageOf(error), again });
    } finally {
      stop.current = null;
    }
  }

  function take(one: Takeable): void {
    void run(
      one.id,
      () => take(one),
      async (signal) => {
        const pace = paceOf();
        const onProgress = ({ fraction, waiting }: { fraction: number; waiting: boolean }) =>
          setTaking({ at: "working", id: one.id, fraction, waiting, secondsLeft: pace(fraction) });
        const links = async ({ fresh = false } = {}) =>
          linksOf(fresh ? await freshSong(() => fetchSong(api, song.songId, signal)) : song);
        const { file, loweredDb } = await startRender(one.job, { links, onProgress, signal }).catch(
          (error: unknown) => {
            // The samples are kept at twice their final size until the loudest is known.
            if (error instanceof RenderError && error.fault === "space") throw new NoSpace(one.bytes * 2);
            throw error;
          },
        );
        return { file, name: one.name, loweredDb };
      },
    );
  }

  function takeLyrics({ format, what, ending }: LyricsFile): void {
    void run(
      "lyrics",
      () => takeLyrics({ format, what, ending } as LyricsFile),
      async (signal) => {
        const params = { path: { songId: song.songId }, query: { format } };
        const file = await data(api.GET("/songs/{songId}/lyrics", { params, parseAs: "blob", signal }));
        return { file, name: fileName(song, what, ending), loweredDb: 0 };
      },
    );
  }

  return { taking, take, takeLyrics, cancel: () => stop.current?.abort() };
}

interface Saved {
  id: string;
  file: Blob;
  name: string;
  loweredDb: number;
}

class NoSpace extends Error {
  constructor(readonly bytes: number) {
    super("no space");
  }
}

function download(file: Blob, name: string): void {
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "text/plain;charset=utf-8";
  const address = URL.createObjectURL(file.slice(0, file.size, type));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), REVOKE_AFTER);
}

function linksOf(song: FinishedSong): FileLinks {
  const links: FileLinks = { [MANIFEST]: song.manifestUrl };
  for (const stem of STEMS) {
    links[`${stem}.wav`] = song.stems[stem].url;
    links[`${stem}.mp3`] = song.stems[stem].streamUrl;
  }
  return links;
}

/** A song with links that have just been made; what stands in the way as RenderError. */
async function freshSong(ask: () => Promise<Song>): Promise<FinishedSong> {
  try {
    const song = await ask();
    if (isFinished(song)) return song;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { status, message } = error;
    if (status === 0 || status === 429 || status >= 500) throw new RenderError("connection", message);
    if (status !== 404) throw new RenderError("refused", message);
  }
  throw new RenderError("missing", "the song is not there any more");
}

/** Seconds that are left by the pace so far; null until that says something. */
export function paceOf(now: () => number = () => performance.now()) {
  const began = now();
  return (fraction: number): number | null => {
    const seconds = (now() - began) / 1000;
    return seconds < 3 || fraction < 0.02 ? null : (seconds / fraction) * (1 - fraction);
  };
}

const WORDS: Record<RenderFault, string> = {
  connection: "The connection was lost and did not come back. Check your network, then try again.",
  refused: "The service refused to hand out this song's files. Reload the page, then try again.",
  missing: "This file is not there any more. Reload the page to see what the song has now.",
  changed: "What arrived is not what was made; perhaps the song was processed anew. Reload the page, then try again.",
  space: "There is not enough free space on this device. Free some, then try again.",
  busy: "Another tab is saving something. Wait until it is done or cancel it there, then try again.",
  broken: "Something went wrong while the file was made. Try again, or save the parts one by one.",
};

function messageOf(error: unknown): string {
  if (error instanceof NoSpace)
    return `There is not enough free space on this device: about ${megabytes(error.bytes)} are needed. Free some, then try again.`;
  if (error instanceof RenderError) return WORDS[error.fault];
  // "Needs times" and the like: the API's own words say what to do.
  if (error instanceof Problem) return error.message;
  return WORDS.broken;
}
