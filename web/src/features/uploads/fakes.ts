import { Problem, type Song, type UploadLink } from "@/api/client";
import { FakeBrowser as Browser } from "@/lib/tabs.fake";
import type { Details, NewSong, Upload } from "./model";
import { createQueue, type Queue, type QueuePorts } from "./queue";
import type { Remote } from "./remote";
import type { Store } from "./store";
import type { TabMessage } from "./tabs";

type Listed = Pick<Song, "songId" | "title" | "artist" | "language" | "status" | "lyricsVersion" | "model"> & {
  sizeBytes: number;
  words: string | null;
};

/** A service and its storage, as far as uploads see them. `before` may throw in place of any call, `after` in place of
 * its answer. */
export class FakeService {
  songs = new Map<string, Listed>();
  calls: string[] = [];
  before: (call: string, songId?: string) => void | Promise<void> = () => undefined;
  after: (call: string, songId?: string) => void | Promise<void> = () => undefined;
  /** What the storage answers in place of what it would, in turn; 0 is no answer, though the file has arrived. */
  storage: (number | "lost" | "hang")[] = [];
  oldest: number | undefined;
  onTransfer: (link: UploadLink) => void = () => undefined;
  private arrived = new Set<string>();
  private next = 1;

  private async call<T>(name: string, songId: string | undefined, work: () => T): Promise<T> {
    this.calls.push(name);
    await this.before(name, songId);
    const answer = work();
    await this.after(name, songId);
    return answer;
  }

  private known(songId: string): Listed {
    const song = this.songs.get(songId);
    if (!song) throw new Problem(404, "not_found", "There is no such song in your library.");
    return song;
  }

  private link = (songId: string): UploadLink => ({
    songId,
    uploadUrl: `https://storage.test/${songId}`,
    headers: { "Content-Type": "audio/mpeg", "If-None-Match": "*", "x-amz-meta-songid": songId },
    expiresIn: 900,
  });

  arrive(songId: string) {
    this.known(songId).status = "QUEUED";
    this.arrived.add(songId);
  }

  remote: Remote = {
    announce: ({ saved, sizeBytes, model }: Upload) =>
      this.call("announce", undefined, () => {
        const songId = `song-${this.next++}`;
        this.songs.set(songId, {
          ...{ ...saved, songId, sizeBytes, model },
          ...{ status: "PENDING_UPLOAD", lyricsVersion: 0, words: null },
        });
        return this.link(songId);
      }),
    findAnnounced: (upload, known) =>
      this.call(
        "find",
        undefined,
        () =>
          [...this.songs.values()].find(
            (song) =>
              song.status === "PENDING_UPLOAD" &&
              song.sizeBytes === upload.sizeBytes &&
              song.title === upload.saved.title &&
              !known.has(song.songId),
          )?.songId,
      ),
    oldestWaiting: () => this.call("oldest", undefined, () => this.oldest),
    renew: (songId) =>
      this.call("renew", songId, () => {
        if (this.known(songId).status !== "PENDING_UPLOAD")
          throw new Problem(409, "conflict", "This song's file has already arrived.");
        return this.link(songId);
      }),
    look: (songId) => this.call("look", songId, () => ({ ...this.known(songId) }) as unknown as Song),
    giveWords: (songId, { words }, version) =>
      this.call("words", songId, () => {
        const song = this.known(songId);
        if (song.lyricsVersion !== version) throw new Problem(409, "conflict", "The lyrics have changed.");
        Object.assign(song, { lyricsVersion: version + 1, words: words && "text" in words ? words.text : "bytes" });
        return song as unknown as Song;
      }),
    change: (songId, details: Partial<Details>) =>
      this.call("change", songId, () => Object.assign(this.known(songId), details) as unknown as Song),
    remove: (songId) =>
      this.call("remove", songId, () => {
        if (["QUEUED", "PROCESSING"].includes(this.known(songId).status))
          throw new Problem(409, "conflict", "Cancel it first.");
        this.songs.delete(songId);
      }),
    stop: (songId) =>
      this.call("stop", songId, () => {
        this.known(songId).status = "CANCELLED";
      }),
  };

  transfer: QueuePorts["transfer"] = async (link, file, onProgress, signal) => {
    this.calls.push("put");
    this.onTransfer(link);
    const answer = this.storage.shift();
    onProgress(Math.floor(file.size / 2));
    if (answer === "hang")
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError"))),
      );
    await Promise.resolve();
    signal.throwIfAborted();
    if (typeof answer === "number") return answer;
    if (this.arrived.has(link.songId)) return 412;
    this.arrived.add(link.songId);
    if (answer === "lost") return 0; // and the service has not seen it yet
    const song = this.songs.get(link.songId);
    if (song) song.status = "QUEUED";
    onProgress(file.size);
    return 200;
  };
}

/** The tabs of one browser that upload. */
export class FakeBrowser extends Browser<TabMessage> {}

let ids = 0;

/** A queue as in a tab that has just been opened. */
export function openQueue(
  options: { service: FakeService; store: Store | null; browser?: FakeBrowser; owner?: string; now?: () => number },
  more: Partial<QueuePorts> = {},
): Queue {
  const { service, store, browser = new FakeBrowser(), owner = "ann@example.com", now = Date.now } = options;
  const queue = createQueue(owner, {
    ...{ store, now, remote: service.remote, transfer: service.transfer },
    tabs: browser.open(),
    newId: () => `upload-${++ids}`,
    onArrived: () => undefined,
    ...more,
  });
  queue.start();
  return queue;
}

export const newSong = (name = "Song.mp3", more: Partial<NewSong> = {}): NewSong => ({
  file: new File([new Uint8Array([0x49, 0x44, 0x33, 4, ...Array<number>(96).fill(0)])], name, { lastModified: 1 }),
  contentType: "audio/mpeg",
  details: { title: null, artist: null, language: null },
  words: null,
  model: "auto",
  ...more,
});
