import type { DueCard } from "@/api/practice";
import type { Clip } from "./clip";
import { ceilingOf } from "./ladder";
import type { News } from "./outbox/outbox";
import { Session } from "./session";
import type { GamePorts, GameState, Turn } from "./turn";
import * as words from "./words";

const PAGE = 20;
/** With fewer cards left than this, more are fetched. */
const FEW = 4;
const WORD_HINTS = 1;

type Tone = NonNullable<GameState["message"]>["tone"];
type Done = { turn: Turn } & ({ did: "grade"; songId: string } | { did: "suspend" | "bury" });

/** A session of due cards. Everything that a person does is kept in the outbox; nothing here waits for the service. */
export class Game {
  private current: GameState = {
    ...{ phase: "idle", turn: null, clip: null, waiting: 0, answered: 0, canUndo: false },
    ...{ message: null, failure: null, due: null },
  };
  private readonly listeners = new Set<() => void>();
  private readonly session = new Session();
  /** Of the card that is asked and the next one. */
  private readonly clips = new Map<string, { reviewId: string; made: Promise<Clip>; clip: Clip | null }>();
  private readonly history: Done[] = [];
  private eager: string | undefined; // the answer whose clip is to sound as soon as it is there
  private touched = false; // there was a gesture: sound may be made
  private fetching: Promise<void> | null = null;
  private more = true; // the last page was full
  private unhear: () => void;
  private unsound: () => void = () => undefined;
  private closed = false;

  constructor(private readonly ports: GamePorts) {
    this.unhear = ports.outbox.hear((news) => this.onNews(news));
  }

  state = (): GameState => this.current;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Fetch what is due. Nothing sounds. */
  async load(): Promise<void> {
    if (this.current.phase === "loading" || this.current.turn) return;
    this.set({ phase: "loading", failure: null });
    await this.refill(false);
  }

  /** From a key or a touch: from now on there may be sound. */
  touch(): void {
    this.touched = true;
    this.current.clip?.warm();
    this.warmNext();
  }

  close(): void {
    this.closed = true;
    this.unhear();
    this.unsound();
    for (const { made } of this.clips.values()) void made.then((clip) => clip.close()).catch(() => undefined);
    this.clips.clear();
    this.listeners.clear();
  }

  // --- what a person does -------------------------------------------------------------------------------------------

  /** Play what is allowed so far, or pause. */
  toggle(): void {
    this.touch();
    const { clip, turn } = this.current;
    if (!turn) return;
    if (!clip) return this.playOnceReady();
    const { playing } = clip.engine.state();
    if (playing === "playing" || playing === "buffering") return clip.pause();
    if (turn.revealed) clip.play(clip.engine.stems, true);
    else this.sound(Math.max(1, turn.rung));
  }

  /** The next step of the ladder, then hints in words. */
  hint(): void {
    this.touch();
    const { clip, turn } = this.current;
    if (!turn || turn.revealed) return;
    if (!clip) return this.playOnceReady();
    if (turn.rung < clip.rungs.length) this.sound(turn.rung + 1);
    else if (turn.hints.length < WORD_HINTS) void this.wordHint(turn);
    else this.say(words.NO_MORE_HINTS);
  }

  reveal(): void {
    this.touch();
    const { turn } = this.current;
    if (!turn || turn.revealed) return;
    if (this.current.message?.tone === "bad") this.set({ message: null });
    this.change(turn, { revealed: true, shownAt: this.ports.now() });
    void this.fetchAnswer(turn.card.songId);
  }

  async guess(typed: string): Promise<void> {
    this.touch();
    const { turn } = this.current;
    if (!turn || turn.revealed) return;
    if (!typed.trim()) return this.reveal();
    const verdict = await this.ports.judge(typed, turn.card.answers);
    const now = this.current.turn;
    if (now?.reviewId !== turn.reviewId || now.revealed) return;
    const both = {
      title: verdict.title || now.verdict?.title === true,
      artist: verdict.artist || now.verdict?.artist === true,
    };
    this.change(now, { verdict: both });
    if (verdict.title) {
      this.say(words.RIGHT, "good");
      this.reveal();
    } else if (verdict.artist) this.say(words.RIGHT_ARTIST, "good");
    else this.say(words.wrong(typed), "bad");
  }

  /** 1–5. More than the hints leave counts as what they leave. */
  async grade(given: number): Promise<void> {
    this.touch();
    const { turn, clip } = this.current;
    if (!turn) return;
    if (!turn.revealed) return this.say(words.REVEAL_FIRST);
    const best = ceilingOf(turn.mask, turn.hints.length);
    const grade = Math.min(given, best);
    const now = this.ports.now();
    const { card, reviewId, mask, hints } = turn;
    const latencyMs = turn.heardAt === null ? 0 : Math.max(0, (turn.shownAt ?? now) - turn.heardAt);
    const body = {
      ...{ songId: card.songId, reviewId, grade, mask, hints: hints.length },
      ...{ reviewedAt: new Date(now).toISOString(), latencyMs: Math.min(latencyMs, 3_600_000) },
    };
    clip?.pause();
    this.history.push({ turn, did: "grade", songId: card.songId });
    const again = grade < (card.scheduler === "fsrs" ? 3 : 4);
    this.session.answered(turn.card, again);
    this.drop(turn.card.songId);
    this.set({ answered: this.current.answered + 1 });
    this.say(grade < given ? words.capped(given, grade) : again ? words.AGAIN : words.noted(grade));
    const kept = this.ports.outbox.add({ kind: "grade", songId: card.songId, grade: body });
    this.next(true);
    await kept;
  }

  /** Ask it no more, or not today. */
  async leave(how: "suspend" | "bury"): Promise<void> {
    this.touch();
    const { turn, clip, due } = this.current;
    if (!turn || !due) return;
    clip?.pause();
    this.history.push({ turn, did: how });
    this.session.leave(turn.card.songId);
    this.drop(turn.card.songId);
    this.say(how === "suspend" ? words.SUSPENDED : words.BURIED);
    const changes = how === "suspend" ? { suspended: true } : { buriedUntil: dayAfter(due.today) };
    const kept = this.ports.outbox.add({ kind: "change", songId: turn.card.songId, changes });
    this.next(true);
    await kept;
  }

  /** Take back the last answer, suspension or burial, and show its card again. */
  async undo(): Promise<void> {
    this.touch();
    const last = this.history.pop();
    if (!last) return this.say(words.NOTHING_TO_UNDO);
    const { turn, did } = last;
    const { songId } = turn.card;
    const asked = this.current.turn;
    this.current.clip?.pause();
    if (asked) this.session.putBack(asked.card, asked);
    this.session.putBack(turn.card, { ...turn, reviewId: this.ports.newId() });
    if (asked && asked.card.songId !== songId) this.keepOnly(asked.card.songId);
    if (did === "grade") this.set({ answered: this.current.answered - 1 });
    this.say(words.UNDONE);
    const kept = this.ports.outbox.add(
      did === "grade"
        ? { kind: "undo", songId, reviewId: turn.reviewId }
        : { kind: "change", songId, changes: did === "suspend" ? { suspended: false } : { buriedUntil: null } },
    );
    this.next();
    await kept;
  }

  // --- what follows -------------------------------------------------------------------------------------------------

  private set(change: Partial<GameState>): void {
    if (this.closed) return;
    this.current = {
      ...this.current,
      ...{ waiting: this.session.waiting(), canUndo: this.history.length > 0 },
      ...change,
    };
    this.listeners.forEach((listener) => listener());
  }

  private say(text: string, tone: Tone = "plain"): void {
    this.set({ message: { text, tone, count: (this.current.message?.count ?? 0) + 1 } });
  }

  /** Change the turn, if it is still asked. */
  private change(turn: Turn, change: Partial<Turn>): void {
    const now = this.current.turn;
    if (now?.reviewId === turn.reviewId) this.set({ turn: { ...now, ...change } });
  }

  /** A key that came before the clip is not lost. */
  private playOnceReady(): void {
    this.eager = this.current.turn?.reviewId;
  }

  private sound(rung: number): void {
    const { clip, turn } = this.current;
    const step = clip?.rungs[rung - 1];
    if (!clip || !turn || !step) return;
    this.change(turn, { rung, mask: turn.mask | step.mask });
    clip.play(step.stems);
  }

  private async wordHint(turn: Turn): Promise<void> {
    try {
      const text = await this.ports.hint(turn.card.songId);
      const now = this.current.turn;
      if (now?.reviewId !== turn.reviewId || now.revealed || now.hints.length > 0) return;
      if (text === null) return this.say(words.TOO_SHORT);
      this.change(turn, { hints: [words.initial(text)] });
    } catch (error) {
      this.say(error instanceof Error ? error.message : words.NO_HINT, "bad");
    }
  }

  private async fetchAnswer(songId: string): Promise<void> {
    const answer = await this.ports.answer(songId).catch((error: Error) => error.message);
    const now = this.current.turn;
    if (now?.card.songId === songId && now.revealed) this.set({ turn: { ...now, answer } });
  }

  /** Once more, where the answer could not be fetched. */
  retryAnswer(): void {
    const { turn } = this.current;
    if (!turn?.revealed || typeof turn.answer !== "string") return;
    this.change(turn, { answer: null });
    void this.fetchAnswer(turn.card.songId);
  }

  /** The next card, if there is one. `go`: its clip sounds by itself, as a session goes on. */
  private next(go = false): void {
    this.unsound();
    const asked = this.session.take();
    if (!asked) {
      this.set({ turn: null, clip: null, phase: "loading" });
      void this.refill(go);
      return;
    }
    const turn = (asked.turn as Turn | null) ?? this.newTurn(asked.card);
    this.set({ phase: "asking", turn, clip: null });
    const { made, clip } = this.prepared(turn.card, turn.reviewId);
    if (clip) this.seat(clip, turn, go);
    else
      void made.then(
        (ready) => this.current.turn?.reviewId === turn.reviewId && this.seat(ready, turn, go),
        () => undefined,
      );
    this.prepareNext();
    if (this.more && this.session.waiting() < FEW)
      void this.fetch((cards) => this.session.add(cards)).then(() => this.prepareNext());
  }

  private seat(clip: Clip, turn: Turn, go: boolean): void {
    this.set({ clip });
    const heard = () => {
      const { turn: now } = this.current;
      if (clip.engine.state().playing !== "playing" || !now || now.heardAt !== null) return;
      this.change(now, { heardAt: this.ports.now() });
      this.ports.noteStart(now.card.songId, clip.start);
    };
    this.unsound = clip.engine.subscribe(heard);
    if (!this.touched) return;
    clip.warm();
    if ((go || this.eager === turn.reviewId) && !turn.revealed) this.sound(Math.max(1, turn.rung));
  }

  private newTurn(card: DueCard): Turn {
    return {
      ...{ card, reviewId: this.session.idOf(card.songId, this.ports.newId), rung: 0, mask: 0, hints: [] },
      ...{ revealed: false, answer: null, verdict: null, heardAt: null, shownAt: null },
    };
  }

  private prepared(card: DueCard, reviewId: string) {
    const known = this.clips.get(card.songId);
    if (known) return known;
    const made = this.ports.prepare(card, reviewId);
    const entry = { reviewId, made, clip: null as Clip | null };
    this.clips.set(card.songId, entry);
    void made.then(
      (clip) => {
        entry.clip = clip;
        if (this.closed || this.clips.get(card.songId) !== entry) clip.close();
        else this.warmNext();
      },
      () => this.clips.get(card.songId) === entry && this.clips.delete(card.songId),
    );
    return entry;
  }

  private prepareNext(): void {
    const next = this.session.peek();
    if (!next || this.closed) return;
    this.prepared(
      next.card,
      (next.turn as Turn | null)?.reviewId ?? this.session.idOf(next.card.songId, this.ports.newId),
    );
  }

  private warmNext(): void {
    const next = this.touched && this.session.peek();
    if (next) this.clips.get(next.card.songId)?.clip?.warm();
  }

  private drop(songId: string): void {
    const known = this.clips.get(songId);
    this.clips.delete(songId);
    void known?.made.then((clip) => clip.close()).catch(() => undefined);
  }

  /** At most this clip beside the one that is asked: each holds an audio context. */
  private keepOnly(songId: string): void {
    for (const known of [...this.clips.keys()]) if (known !== songId) this.drop(known);
  }

  private async refill(go: boolean): Promise<void> {
    // What waits here would else be asked again.
    await this.ports.outbox.flushed().catch(() => false);
    await this.fetching;
    await this.fetch((cards) => this.session.renew(cards));
    if (this.closed || this.current.turn) return;
    if (this.session.waiting() > 0) this.next(go);
    else if (this.current.phase !== "failed") this.set({ phase: "done" });
  }

  private fetch(take: (cards: readonly DueCard[]) => void): Promise<void> {
    this.fetching ??= this.ports
      .due(PAGE)
      .then(
        ({ data, today, left }) => {
          const waits = new Set(this.ports.outbox.state().waiting.map(({ deed }) => deed.songId));
          this.more = data.length === PAGE;
          take(data.filter(({ songId }) => !waits.has(songId) && songId !== this.current.turn?.card.songId));
          this.set({ due: { today, left }, failure: null });
        },
        (error: Error) => {
          // What is at hand goes on; only who has nothing left needs to know.
          if (!this.current.turn) this.set({ phase: "failed", failure: error.message });
        },
      )
      .finally(() => (this.fetching = null));
    return this.fetching;
  }

  private onNews(news: News): void {
    const { deed } = news;
    if (news.is === "gone") {
      if (deed.kind === "grade") this.say(words.GONE, "bad");
      this.session.leave(deed.songId);
      return this.set({});
    }
    if (news.rebased) this.say(words.REBASED, "bad");
    // The service has folded an answer: what it says of the card holds, unless more is on its way.
    const more = this.ports.outbox.state().waiting.some((kept) => kept.deed.songId === deed.songId);
    if (deed.kind !== "grade" || more) return;
    this.session.settle(news.card);
    this.set({});
  }
}

/** The day after a day. */
export function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}
