import type { NewUpload } from "@/api/client";
import type { Trouble } from "@/api/judge";
import type { Encoding } from "@/lib/lyricsFile";

export type ContentType = NewUpload["contentType"];
export type Model = NonNullable<NewUpload["model"]>;

/** What is said of a song. Null: left to the service. */
export interface Details {
  title: string | null;
  artist: string | null;
  language: string | null;
}

/** Words to a song: as text, or as the bytes (base64) of a file whose encoding only the service or a person can tell. */
export type Words = { text: string; name?: string } | { file: string; name: string; encoding?: Encoding };

/** A file that passed the checks. */
export interface NewSong {
  file: File;
  contentType: ContentType;
  details: Details;
  words: Words | null;
  model: Model;
}

/** A song on its way, as it is kept. Times in milliseconds since 1970. */
export interface Upload {
  id: string;
  /** Whose it is: it is never sent as anybody else. */
  owner: string;
  name: string;
  sizeBytes: number;
  contentType: ContentType;
  addedAt: number;
  details: Details;
  /** What the service knows of `details`. */
  saved: Details;
  model: Model;
  words: Words | null;
  wordsAre: "unsent" | "saved" | "refused";
  wordsTrouble: string | null;
  /** When it was announced first; set before the answer, which may be lost. */
  announcedAt: number | null;
  songId: string | null;
  phase: "waiting" | "failed" | "cancelling" | "sent";
  trouble: Trouble | null;
  /** Whether it outlives this page. */
  kept: boolean;
}

/** An upload with what is going on with it at the moment. */
export interface UploadView extends Upload {
  active: boolean;
  sentBytes: number;
  /** Null: not known yet. */
  bytesPerSecond: number | null;
  /** Why it waits, as a sentence. */
  note: string | null;
}

/** Why songs wait that could be sent otherwise. */
export interface Pause {
  text: string;
  /** When there is room again at the latest (ms since 1970); null: that is not known. */
  until: number | null;
}
