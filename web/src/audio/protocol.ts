/** What the engine and the deck in the audio thread say to each other. Song and stream positions are frames at 44.1 kHz. */

/** The deck's options. Behind the stems is the click's output. */
export interface DeckOptions {
  /** Two for each stem. */
  channels: number;
  /** How many of them, the first, keep their pitch: the rhythm's and the takes'. */
  rigid: number;
}

export const CHUNK_FRAMES = 24_576;

/**
 * A piece of the unrolled stream: what is played one after another, loops written out. `stream` only ever grows; a seek
 * leaves a gap in it, so that a number says which jump it came after.
 */
export interface Chunk {
  stream: number;
  song: number;
  frames: number;
  /** One plane for each channel, each CHUNK_FRAMES apart. */
  data: Float32Array<ArrayBuffer>;
  /** The song ends with it. */
  last: boolean;
}

export interface Clicks {
  /** Growing. */
  beats: Float64Array;
  /** For each beat 1 if it begins a bar, else 0. */
  accents: Uint8Array;
}

export type ToDeck =
  /** Jump here as soon as this arrives, with a short crossfade. */
  | { type: "start"; chunks: Chunk[] }
  | { type: "feed"; chunk: Chunk }
  /** Forget what comes from `stream` on: something else will. */
  | { type: "cut"; stream: number }
  /** Sound, from a frame of the context's clock on (0: at once). */
  | { type: "play"; at: number }
  | { type: "pause" }
  /** Fade out and wait for the next start. */
  | { type: "hush" }
  | { type: "tune"; speed: number; semitones: number }
  /** Click when the song's frames `beats` are played; null: no more. */
  | { type: "clicks"; clicks: Clicks | null }
  /** The stretch module has been added: make its instances. */
  | { type: "stretch" }
  | { type: "close" };

export type Phase = "idle" | "playing" | "starved" | "ended";

/** Where the deck is: at `frame` of the context's clock `song` leaves it, and goes on at `speed` frames a frame. */
export interface Report {
  type: "report";
  frame: number;
  song: number;
  stream: number;
  speed: number;
  phase: Phase;
  /** Stream position of what has been read already, ahead of what is heard. */
  head: number;
}

export type FromDeck =
  | Report
  /** Chunks that are played: their memory goes back to be filled again. */
  | { type: "used"; data: Float32Array<ArrayBuffer>[] }
  /** A cut came after its place was read. */
  | { type: "late" }
  | { type: "stretch"; error: string | null };
