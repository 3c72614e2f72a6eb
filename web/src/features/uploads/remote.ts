import { type Api, data, type LyricsChange, type Song, type UploadLink } from "@/api/client";
import { fetchSong } from "@/api/songs";
import { SignedOut } from "@/session/session";
import type { Details, Upload, Words } from "./model";

/** What the queue asks of the service. Calls reject with Problem, or SignedOut. */
export interface Remote {
  announce(upload: Upload): Promise<UploadLink>;
  /** A song that was announced as `upload` is, has not arrived, and is none of `known`: its answer had been lost. */
  findAnnounced(upload: Upload, known: ReadonlySet<string>): Promise<string | undefined>;
  /** When the oldest song that waits for its file was announced (ms since 1970). */
  oldestWaiting(): Promise<number | undefined>;
  renew(songId: string): Promise<UploadLink>;
  look(songId: string): Promise<Song>;
  giveWords(songId: string, upload: Upload, version: number): Promise<Song>;
  change(songId: string, details: Partial<Details>): Promise<Song>;
  remove(songId: string): Promise<void>;
  stop(songId: string): Promise<void>;
}

const CLOCKS_DIFFER_MS = 600_000;

/** `mayAct` says whether the owner of the uploads is signed in: nothing is sent for another account. */
export function createRemote(service: Api, mayAct: () => boolean): Remote {
  const api = new Proxy(service, {
    get(target, name, receiver) {
      if (!mayAct()) throw new SignedOut();
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
  const at = (songId: string) => ({ params: { path: { songId } } });
  return {
    announce: ({ name, contentType, sizeBytes, saved, model }) =>
      data(
        api.POST("/songs/upload-url", {
          body: { filename: name, contentType, sizeBytes, ...saved, model, lyricsModel: null },
        }),
      ),
    async findAnnounced({ sizeBytes, saved, model, announcedAt }, known) {
      const { data: songs } = await data(
        api.GET("/songs", { params: { query: { status: "PENDING_UPLOAD", limit: 100 } } }),
      );
      return songs.find(
        (song) =>
          !known.has(song.songId) &&
          song.fileSizeBytes === sizeBytes &&
          song.title === saved.title &&
          song.artist === saved.artist &&
          song.language === saved.language &&
          song.model === model &&
          Math.abs(Date.parse(song.uploadedAt) - (announcedAt ?? 0)) < CLOCKS_DIFFER_MS,
      )?.songId;
    },
    async oldestWaiting() {
      let oldest: string | undefined;
      for (let cursor: string | undefined, more = true; more;) {
        const query = { status: "PENDING_UPLOAD" as const, limit: 100, cursor };
        const page = await data(api.GET("/songs", { params: { query } }));
        oldest = page.data.at(-1)?.uploadedAt ?? oldest; // the newest come first
        cursor = page.nextCursor ?? undefined;
        more = cursor !== undefined;
      }
      return oldest === undefined ? undefined : Date.parse(oldest);
    },
    renew: (songId) => data(api.POST("/songs/{songId}/upload-url", at(songId))),
    look: (songId) => fetchSong(api, songId),
    giveWords: (songId, { words }, version) =>
      data(
        api.PUT("/songs/{songId}/lyrics", {
          ...at(songId),
          body: { version, ...inBody(words) },
        }),
      ),
    change: (songId, details) => data(api.PATCH("/songs/{songId}", { ...at(songId), body: details })),
    remove: async (songId) => void (await api.DELETE("/songs/{songId}", at(songId))),
    stop: async (songId) => void (await api.POST("/songs/{songId}/cancel", at(songId))),
  };
}

function inBody(words: Words | null): Pick<LyricsChange, "text" | "file" | "encoding"> {
  if (!words || "text" in words) return { text: words?.text ?? "" };
  return { file: words.file, ...(words.encoding && { encoding: words.encoding }) };
}
