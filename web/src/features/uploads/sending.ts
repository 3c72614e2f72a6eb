import { Problem, type Song, type UploadLink } from "@/api/client";
import { Full, Later, Stuck, type Trouble } from "@/api/judge";
import type { Details, Upload } from "./model";
import type { Remote } from "./remote";

export interface SendPorts {
  remote: Remote;
  transfer(link: UploadLink, file: Blob, onProgress: (sentBytes: number) => void, signal: AbortSignal): Promise<number>;
  now(): number;
}

interface SendOptions extends SendPorts {
  /** Keeps what has changed in an upload. Never rejects. */
  save(upload: Upload): Promise<void>;
  /** Songs that belong to other uploads. */
  taken(): ReadonlySet<string>;
  /** Whether another upload's announcement could be taken for this one's. */
  hasTwin(upload: Upload): boolean;
}

const FORGOTTEN_MS = 24 * 3_600_000;
const DAY_MS = 23 * 3_600_000; // an announced song is forgotten after a day: rather too early than too late
const CHOOSE: Trouble = { text: "The file cannot be read any more. Choose it again.", way: "choose" };

export const sameDetails = (a: Details, b: Details) =>
  a.title === b.title && a.artist === b.artist && a.language === b.language;

/** The way of one upload to the service. What it learns it writes into the upload and keeps, step by step. */
export function createSender({ remote, transfer, now, save, taken, hasTwin }: SendOptions) {
  const settling = new WeakMap<Upload, Promise<void>>();

  /** Resolves when the file has arrived and the service knows all that was said of it. Rejects as `judge` tells, or
   * with AbortError. Called again after any failure, it goes on where it stopped. */
  async function send(it: Upload, file: Blob | undefined, onProgress: (sent: number) => void, signal: AbortSignal) {
    file = await readable(file);
    let link = await announce(it);
    signal.throwIfAborted();
    await settle(it);
    for (let refused = 0; ;) {
      signal.throwIfAborted();
      link ??= await renew(it);
      if (!link) break;
      signal.throwIfAborted();
      const status = await transfer(link, file, onProgress, signal);
      // 412: the file is there already; only the answer was lost.
      if ((status >= 200 && status < 300) || status === 412) break;
      // In any case a fresh link is cheap, and its answer says whether the file has arrived.
      link = undefined;
      if (status === 403 && ++refused < 3) continue;
      if (status === 0) {
        await readable(file);
        throw new Later("No connection.");
      }
      if (status === 403 || status === 413 || status === 415)
        throw new Stuck({ text: "The storage refused this file. Choose it again.", way: "choose" });
      throw new Later(status === 429 || status === 503 ? "The storage is busy." : "The storage had a problem.", true);
    }
    await settle(it);
  }

  async function announce(it: Upload): Promise<UploadLink | undefined> {
    if (it.songId) return undefined;
    const songId = await lost(it);
    if (songId) {
      it.songId = songId;
      await save(it);
      return undefined;
    }
    it.announcedAt = now();
    it.saved = { ...it.details };
    await save(it);
    try {
      const link = await remote.announce(it);
      it.songId = link.songId;
      return link;
    } catch (error) {
      if (error instanceof Problem && error.status >= 400 && error.status < 500) it.announcedAt = null;
      throw (await full(error)) ?? error;
    } finally {
      await save(it);
    }
  }

  /** Too many songs wait for their files: until one of them arrives, or the oldest is forgotten. */
  async function full(error: unknown): Promise<Full | undefined> {
    if (!(error instanceof Problem && error.code === "too_many")) return undefined;
    const oldest = await remote.oldestWaiting().catch(() => undefined);
    return new Full("Too many songs wait for their files.", (oldest ?? now()) + FORGOTTEN_MS);
  }

  /** The song that was announced when the answer was lost. */
  async function lost(it: Upload): Promise<string | undefined> {
    return it.announcedAt === null || hasTwin(it) ? undefined : remote.findAnnounced(it, taken());
  }

  /** A fresh link; undefined when the file has already arrived. */
  async function renew(it: Upload): Promise<UploadLink | undefined> {
    if (!it.songId) return announce(it);
    try {
      return await remote.renew(it.songId);
    } catch (error) {
      if (status(error) === 404) return gone(it);
      if (status(error) !== 409) throw error;
    }
    let song: Song;
    try {
      song = await remote.look(it.songId);
    } catch (error) {
      if (status(error) === 404) return gone(it);
      throw error;
    }
    if (song.status === "PENDING_UPLOAD") throw new Later("The service is busy.", true);
    return undefined;
  }

  async function gone(it: Upload): Promise<UploadLink | undefined> {
    const expired = now() - (it.announcedAt ?? 0) > DAY_MS;
    it.songId = it.announcedAt = null;
    if (it.wordsAre === "saved") it.wordsAre = "unsent";
    await save(it);
    if (!expired) throw new Stuck({ text: "This song has been deleted. Retry to send it again.", way: "retry" });
    const link = await announce(it);
    await settle(it);
    return link;
  }

  /** Tell the service what a person has said of the song since. One at a time for each upload. */
  function settle(it: Upload): Promise<void> {
    const next = (settling.get(it) ?? Promise.resolve()).catch(() => undefined).then(() => tell(it));
    settling.set(it, next);
    next.catch(() => undefined); // the caller handles it
    return next;
  }

  async function tell(it: Upload): Promise<void> {
    const { songId } = it;
    while (songId && it.words && it.wordsAre === "unsent") await giveWords(it, songId);
    while (songId && !sameDetails(it.details, it.saved)) {
      const details = { ...it.details };
      try {
        await remote.change(songId, details);
      } catch (error) {
        if (status(error) !== 404) throw error; // deleted in between: its name is not needed
      }
      it.saved = details;
      await save(it);
    }
  }

  async function giveWords(it: Upload, songId: string): Promise<void> {
    const { words } = it;
    let trouble: string | null = null;
    try {
      await remote.giveWords(songId, it, 0).catch(async (error: unknown) => {
        if (status(error) !== 409) throw error;
        // An answer had been lost, or the words were changed since: these ones are what the person wants.
        const { lyricsVersion } = await remote.look(songId);
        return remote.giveWords(songId, it, lyricsVersion);
      });
    } catch (error) {
      if (![400, 404, 409, 413].includes(status(error))) throw error;
      trouble = sentence(error as Problem);
    }
    if (it.words !== words) return;
    it.wordsAre = trouble === null ? "saved" : "refused";
    it.wordsTrouble = trouble;
    await save(it);
  }

  /** Takes an upload back from the service, in any state. */
  async function discard(it: Upload): Promise<void> {
    const songId = it.songId ?? (await lost(it));
    if (!songId) return;
    const unless =
      (...expected: number[]) =>
      (error: unknown) => {
        if (!expected.includes(status(error))) throw error;
        return status(error);
      };
    if ((await remote.remove(songId).catch(unless(404, 409))) !== 409) return;
    // It has arrived and is at work.
    await remote.stop(songId).catch(unless(404, 409));
    if ((await remote.remove(songId).catch(unless(404, 409))) === 409) throw new Later("The service is busy.", true);
  }

  return { send, settle, discard };
}

const status = (error: unknown) => (error instanceof Problem ? error.status : -1);

/** The service's sentence, with what it says of the place. */
function sentence({ message, details }: Problem): string {
  const found = (Array.isArray(details) ? details : [details])
    .map((detail) => (detail as { problem?: unknown } | null)?.problem)
    .filter((problem) => typeof problem === "string" && !message.includes(problem));
  return found.length ? `${message} (${found.join("; ")})` : message;
}

async function readable(file: Blob | undefined): Promise<Blob> {
  try {
    if (file && (await file.slice(0, 1).arrayBuffer()).byteLength === 1) return file;
  } catch {
    // Moved, changed or removed since it was chosen.
  }
  throw new Stuck(CHOOSE);
}
