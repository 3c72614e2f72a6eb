import { useEffect, useSyncExternalStore } from "react";
import { type Api, data, Problem, type Song } from "@/api/client";
import { useApi } from "@/api/context";
import { fetchSong, type FinishedSong, isFinished } from "@/api/songs";
import type { Engine } from "@/audio/engine";
import { startRender } from "@/audio/render-client";
import { MANIFEST, RenderError } from "@/audio/render-fetch";
import type { FileLinks } from "@/audio/render.worker";
import { takeMaster } from "@/audio/take-mix";
import { useSession } from "@/session/context";
import { fileName } from "@/lib/fileNames";
import type { LyricsFile, Takeable } from "./takeables";
import { type Order, taker } from "./taker";

/** Downloads a song's files, one at a time, with the state of the current one. */
export function useTaking(song: FinishedSong & Song, engine: Pick<Engine, "takes" | "durationSec">) {
  const api = useApi();
  const session = useSession();
  const taking = useSyncExternalStore(taker.subscribe, taker.current);
  useEffect(() => taker.watch(song.songId), [song.songId]);

  function start(order: Order): void {
    // What one person began is not handed to the next.
    const make: Order["make"] = (...given) => {
      const leave = session.subscribe(() => session.state().status === "out" && taker.cancel());
      return order.make(...given).finally(leave);
    };
    void taker.take({ ...order, make });
  }

  /** The takes that are heard in a mix. */
  const takesIn = (job: Takeable["job"]) =>
    job.kind === "mix" ? engine.takes().filter(({ stem }) => (job.gains[stem] ?? 0) > 0) : [];

  function take({ id, name, bytes, job }: Takeable): void {
    const takes = takesIn(job);
    start({
      songId: song.songId,
      id,
      name,
      // The samples of a mix take twice their final size until the loudest is known.
      needs: job.kind === "mix" ? bytes * 2 : bytes,
      make: (signal, onProgress) =>
        startRender(job, {
          links: async ({ fresh = false } = {}) => linksOf(fresh ? await freshSong(api, song.songId, signal) : song),
          takes: async () => {
            const masters = takes.map(
              async (source) => [source.stem, await takeMaster(source, engine.durationSec, signal)] as const,
            );
            return Object.fromEntries(await Promise.all(masters));
          },
          onProgress,
          signal,
        }),
    });
  }

  function takeLyrics({ format, what, ending }: LyricsFile): void {
    const params = { path: { songId: song.songId }, query: { format } };
    start({
      songId: song.songId,
      id: "lyrics",
      name: fileName(song, what, ending),
      needs: 0,
      make: async (signal) => ({
        file: await data(api.GET("/songs/{songId}/lyrics", { params, parseAs: "blob", signal })),
        loweredDb: 0,
      }),
    });
  }

  return { taking, songId: song.songId, take, takeLyrics, cancel: taker.cancel };
}

function linksOf(song: FinishedSong): FileLinks {
  const links: FileLinks = { [MANIFEST]: song.manifestUrl };
  for (const [stem, { url, streamUrl }] of Object.entries(song.stems)) {
    links[`${stem}.wav`] = url;
    links[`${stem}.mp3`] = streamUrl;
  }
  return links;
}

/** The song with links that have just been made. Rejects with RenderError. */
async function freshSong(api: Api, songId: string, signal: AbortSignal): Promise<FinishedSong> {
  try {
    const song = await fetchSong(api, songId, signal);
    if (isFinished(song)) return song;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { status, message } = error;
    if (status === 0 || status === 429 || status >= 500) throw new RenderError("connection", message);
    if (status !== 404) throw new RenderError("refused", message);
  }
  throw new RenderError("missing", "the song is not there any more");
}
