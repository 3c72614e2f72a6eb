import { Problem } from "@/api/client";
import { Later, Stuck } from "@/api/judge";
import type { RecordingSession, WindowLink } from "@/api/sessions";
import { wavHeader } from "@/audio/wav";
import type { Link } from "@/lib/transfer";
import { type Disk, joined } from "./disk";
import { BYTES_A_SAMPLE, MAX_WINDOWS, type Part, type Recording, windowFrames } from "./model";
import { sentGaps } from "./sentGaps";
import type { Remote } from "./remote";
import type { Store } from "./store";

/** In milliseconds. A window whose arrival nothing shows after `resend` is sent again; the storage refuses a second copy. */
export const limits = { grant: 5000, put: 60_000, resend: 900_000 };

export interface SendPorts {
  remote: Remote;
  store: Store;
  disk: Disk;
  /** PUT a file. Resolves with the status, 0 when no answer came; rejects with AbortError by `signal`. */
  transfer(link: Link, file: Blob, onProgress: (sentBytes: number) => void, signal: AbortSignal): Promise<number>;
  now(): number;
}

const status = (error: unknown) => (error instanceof Problem ? error.status : -1);
const GONE = new Stuck({
  text: "This take was deleted from your library. Its sound is still on this device.",
  way: "none",
});

/** Runs `work` with a signal that ends after `ms`; the end by time is a Later with `says`. */
async function within<T>(ms: number, outer: AbortSignal, says: string, work: (signal: AbortSignal) => Promise<T>) {
  const inner = new AbortController();
  const end = () => inner.abort(outer.reason);
  outer.addEventListener("abort", end);
  const timer = setTimeout(() => inner.abort(), ms);
  try {
    outer.throwIfAborted();
    return await work(inner.signal);
  } catch (error) {
    if (outer.aborted) throw outer.reason;
    throw inner.signal.aborted ? new Later(says) : error;
  } finally {
    clearTimeout(timer);
    outer.removeEventListener("abort", end);
  }
}

/** The way of one take to the service, step by step. Steps reject as `judge` tells, or by their signal. */
export function createSender({ remote, store, disk, transfer, now }: SendPorts) {
  async function set(it: Recording, fields: Partial<Recording>) {
    Object.assign(it, fields);
    await store.change(it.id, fields);
  }

  /** The take gets its session. `known`: sessions of other takes. */
  async function open(it: Recording, known: ReadonlySet<string>): Promise<void> {
    let sessionId = it.askedAt === null ? undefined : await remote.findOpened(it, known);
    if (!sessionId) {
      await set(it, { askedAt: now() });
      try {
        ({ sessionId } = await remote.open(it));
      } catch (error) {
        if (status(error) >= 400 && status(error) < 500) await set(it, { askedAt: null });
        throw error;
      }
    }
    await set(it, { sessionId });
  }

  /** A part goes to the storage: a new link each time. Afterwards it is `sent`, which does not say that it arrived. */
  async function send(it: Recording, part: Part, onProgress: (sent: number) => void, signal: AbortSignal) {
    const { sessionId } = it;
    if (!sessionId) throw new Error("the take has no session yet");
    checkIndex(part);
    const bytes = await read(it, part);
    const sha256 = hex(await crypto.subtle.digest("SHA-256", bytes));
    let link: WindowLink;
    try {
      const ask = (within: AbortSignal) => remote.grant(sessionId, part, { sizeBytes: bytes.length, sha256 }, within);
      link = await within(limits.grant, signal, "The service does not answer in time.", ask);
    } catch (error) {
      if (status(error) === 404) throw GONE;
      // Joined or closed: what it has says whether this part is in it.
      if (status(error) === 409) return save(part, { phase: "sent", sentAt: now() });
      throw error;
    }
    if (link.windowIndex !== part.windowIndex) throw new Later("The service answered for another part.", true);
    await save(part, { phase: "granted" });
    const to = { url: link.url, headers: link.headers as Record<string, string> };
    const put = (within: AbortSignal) => transfer(to, new Blob([bytes]), onProgress, within);
    const answer = await within(limits.put, signal, "The connection is too slow or gone.", put);
    // 412: it is there already; only the answer was lost.
    if ((answer >= 200 && answer < 300) || answer === 412) return save(part, { phase: "sent", sentAt: now() });
    if (answer === 0) throw new Later("No connection.");
    throw new Later(answer === 403 ? "The storage did not take the link." : "The storage had a problem.");
  }

  async function save(part: Part, fields: Partial<Part>) {
    Object.assign(part, fields);
    await store.savePart(part);
  }

  /** The part's file as it is sent. */
  async function read(it: Recording, { kind, windowIndex }: Part): Promise<Uint8Array<ArrayBuffer>> {
    if (kind === "frames") {
      const from = windowIndex * it.windowSeconds;
      return joined(await store.pictures(it.id, from, from + it.windowSeconds));
    }
    const sound = await disk.read(it.id, windowIndex);
    const block = BYTES_A_SAMPLE * it.channels;
    // A crash or a full disk may leave more than the take is said to have.
    const rest = it.frames === null ? Infinity : it.frames - windowIndex * windowFrames(it);
    const frames = Math.min(Math.floor((sound?.length ?? 0) / block), windowFrames(it), rest);
    if (!sound || frames <= 0)
      throw new Stuck({ text: "A part of this take is not on this device any more.", way: "none" });
    return joined([wavHeader(frames, it), sound.subarray(0, frames * block)]);
  }

  /** Asks what has arrived, and removes from this device what is shown there. Returns the parts that are done. */
  async function confirm(it: Recording, parts: readonly Part[]): Promise<Part[]> {
    if (!it.sessionId) return [];
    let session: RecordingSession;
    try {
      session = await remote.look(it.sessionId);
    } catch (error) {
      throw status(error) === 404 ? GONE : error;
    }
    const done: Part[] = [];
    for (const part of parts) {
      if (part.phase !== "sent") continue;
      const { kind, windowIndex } = part;
      const broken = kind === "audio" && session.failed.find((one) => one.windowIndex === windowIndex);
      if (broken)
        throw new Stuck({ text: `The service could not read part ${windowIndex + 1} (${broken.code}).`, way: "none" });
      if ((kind === "audio" ? session.present : session.presentFrames).includes(windowIndex)) {
        await removeBytes(it, part);
        await store.removePart(part.id);
        done.push(part);
      } else if (session.status !== "OPEN" && session.status !== "CLOSED")
        throw new Stuck({ text: "A part of this take came too late: it is silent there.", way: "none" });
      else if (now() - (part.sentAt ?? 0) > limits.resend) await save(part, { phase: "kept", sentAt: null });
    }
    return done;
  }

  async function removeBytes(it: Recording, { kind, windowIndex }: Part) {
    if (kind === "audio") return disk.remove(it.id, windowIndex);
    const from = windowIndex * it.windowSeconds;
    await store.removePictures(it.id, from, from + it.windowSeconds);
  }

  /** Says how long the take is. */
  async function close(it: Recording): Promise<void> {
    if (!it.sessionId || it.frames === null) return;
    const windows = Math.ceil(it.frames / windowFrames(it));
    try {
      await remote.close(it.sessionId, { windows, frames: it.frames, gaps: sentGaps(it.gaps, it.frames) });
    } catch (error) {
      if (status(error) === 404) throw GONE;
      if (status(error) !== 409) throw error;
      // It was closed before: by us, and the answer was lost; or after a week of silence.
      if ((await remote.look(it.sessionId)).status === "OPEN") throw new Later("The service is busy.", true);
    }
    await set(it, { closed: true });
  }

  /** Nothing of it stays: neither here nor there. */
  async function discard(it: Recording): Promise<void> {
    if (it.sessionId)
      await remote.remove(it.sessionId).catch((error: unknown) => {
        if (status(error) !== 404) throw error;
      });
    await forget(it);
  }

  /** Nothing of it stays on this device. */
  async function forget(it: Recording): Promise<void> {
    await disk.drop(it.id);
    await store.remove(it.id);
  }

  return { open, send, confirm, close, discard, forget, set };
}

/** A part without its number must not become window 0. */
export function checkIndex({ windowIndex }: Part): void {
  if (Number.isInteger(windowIndex) && windowIndex >= 0 && windowIndex < MAX_WINDOWS) return;
  throw new Stuck({ text: "A part of this take has lost its number, so it cannot be sent.", way: "none" });
}

const hex = (digest: ArrayBuffer) =>
  Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
