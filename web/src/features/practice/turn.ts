import type { CardAnswer, DueCard, DueCards } from "@/api/practice";
import type { Clip } from "./clip";
import type { Verdict } from "./normal";
import type { Outbox } from "./outbox/outbox";

/** A card as it is asked: what was heard of it, shown and guessed. */
export interface Turn {
  card: DueCard;
  reviewId: string;
  /** Steps of the ladder that were heard; 0 at first. */
  rung: number;
  /** The bits of the stems that were heard before the answer was shown. */
  mask: number;
  /** Hints in words. */
  hints: readonly string[];
  revealed: boolean;
  /** Null while it is fetched; an error's sentence where it cannot be. */
  answer: CardAnswer | string | null;
  verdict: Verdict | null;
  /** When it first sounded, and when the answer was shown (ms). */
  heardAt: number | null;
  shownAt: number | null;
}

export type Phase =
  /** Nothing was asked for yet. */
  | "idle"
  | "loading"
  | "asking"
  | "done"
  /** What is due cannot be read. */
  | "failed";

export interface GameState {
  phase: Phase;
  turn: Turn | null;
  clip: Clip | null;
  /** Cards that wait, the one that is asked not counted. */
  waiting: number;
  answered: number;
  canUndo: boolean;
  /** A sentence on what just happened; `count` tells two same ones apart. */
  message: { text: string; tone: "plain" | "good" | "bad"; count: number } | null;
  /** Why what is due cannot be read. */
  failure: string | null;
  due: Pick<DueCards, "today" | "left"> | null;
}

export interface GamePorts {
  outbox: Outbox;
  due(limit: number): Promise<DueCards>;
  answer(songId: string): Promise<CardAnswer>;
  /** A hint in words: null where it would be too much. */
  hint(songId: string): Promise<string | null>;
  judge(typed: string, answers: DueCard["answers"]): Promise<Verdict>;
  prepare(card: DueCard, reviewId: string): Promise<Clip>;
  newId(): string;
  now(): number;
  /** A clip has sounded: it is not to come again soon. */
  noteStart(songId: string, start: number): void;
}
