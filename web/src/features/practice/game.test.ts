// @vitest-environment node
import { afterEach, expect, test, vi } from "vitest";
import type { Card, CardAnswer, DueCard } from "@/api/practice";
import type { Clip } from "./clip";
import { dayAfter, Game } from "./game";
import type { GamePorts } from "./turn";
import { ladderOf } from "./ladder";
import type { News, Outbox, OutboxState } from "./outbox/outbox";
import type { Deed } from "./outbox/store";
import * as words from "./words";

const games: Game[] = [];
afterEach(() => games.splice(0).forEach((game) => game.close()));

const cardOf = (songId: string, over: Partial<DueCard> = {}) =>
  ({ songId, version: 0, isNew: true, repeat: false, scheduler: "sm2", answers: {}, ...over }) as DueCard;

/** A clip that says what it would play. */
class FakeClip {
  played: string[] = [];
  warmed = false;
  closed = false;
  start = 3;
  rungs = ladderOf(["drums", "bass", "other", "vocals"]);
  private playing = "paused";
  private listener: () => void = () => undefined;
  engine = {
    stems: ["drums", "bass", "other", "vocals"],
    state: () => ({ playing: this.playing, trouble: null }),
    subscribe: (listener: () => void) => {
      this.listener = listener;
      return () => undefined;
    },
  };
  warm = () => void (this.warmed = true);
  pause = () => this.turn("paused");
  close = () => void (this.closed = true);
  play = (stems: readonly string[]) => {
    this.played.push(stems.join("+"));
    this.turn("playing");
  };
  private turn(playing: string) {
    this.playing = playing;
    this.listener();
  }
}

class FakeOutbox {
  deeds: Deed[] = [];
  online = true;
  waiting: Deed[] = [];
  private hearer: (news: News) => void = () => undefined;
  outbox = {
    state: () => ({ waiting: this.waiting.map((deed) => ({ deed })), note: null }) as unknown as OutboxState,
    add: (deed: Deed) => {
      this.deeds.push(deed);
      if (!this.online) this.waiting.push(deed);
      return Promise.resolve();
    },
    hear: (hearer: (news: News) => void) => {
      this.hearer = hearer;
      return () => undefined;
    },
    flushed: () => Promise.resolve(this.online),
  } as unknown as Outbox;
  tell(news: Partial<News> & { deed: Deed }, card: Partial<Card> = {}) {
    this.hearer({ is: "taken", rebased: false, card: { songId: news.deed.songId, ...card }, ...news } as News);
  }
}

function begin(pages: DueCard[][], more: Partial<GamePorts> = {}) {
  const box = new FakeOutbox();
  const clips = new Map<string, FakeClip>();
  const starts: string[] = [];
  let [now, id] = [1000, 0];
  const due = vi.fn(() =>
    Promise.resolve({
      data: pages.shift() ?? [],
      today: "2026-01-31",
      left: { new: 9, reviews: 99 },
      urlsExpireAt: "",
    }),
  );
  const answer = vi.fn((songId: string) => Promise.resolve({ songId, title: `Title ${songId}` } as CardAnswer));
  const game = new Game({
    outbox: box.outbox,
    due,
    answer,
    hint: () => Promise.resolve("T"),
    judge: (typed) => Promise.resolve({ title: typed === "title", artist: typed === "artist" }),
    prepare: (card) => {
      const clip = new FakeClip();
      clips.set(card.songId, clip);
      return Promise.resolve(clip as unknown as Clip);
    },
    newId: () => `R${id++}`,
    now: () => (now += 10),
    noteStart: (songId) => starts.push(songId),
    ...more,
  });
  games.push(game);
  return { game, box, clips, due, answer, starts, asked: () => game.state().turn?.card.songId };
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const started = async (ids: string, more: Partial<GamePorts> = {}) => {
  const made = begin([[...ids].map((id) => cardOf(id))], more);
  await made.game.load();
  await settled();
  return made;
};
const gradeOf = (deed: Deed | undefined) => (deed?.kind === "grade" ? deed.grade : undefined);

test("nothing sounds and no answer is fetched before a person asks", async () => {
  const { game, clips, answer } = await started("AB");
  expect(game.state()).toMatchObject({ phase: "asking", waiting: 1 });
  expect(clips.get("A")).toMatchObject({ played: [], warmed: false });
  expect(answer).not.toHaveBeenCalled();
});

test("hints climb the ladder, then come in words; each lowers the best grade", async () => {
  const { game, clips, box } = await started("AB");
  game.toggle();
  game.hint();
  game.hint();
  game.hint();
  expect(clips.get("A")?.played).toEqual(["drums", "drums+bass", "drums+bass+other", "drums+bass+other+vocals"]);
  game.hint();
  await settled();
  expect(game.state().turn?.hints).toEqual([words.initial("T")]);
  game.hint();
  expect(game.state().message?.text).toBe(words.NO_MORE_HINTS);
  game.reveal();
  await game.grade(5);
  expect(gradeOf(box.deeds[0])).toMatchObject({ songId: "A", reviewId: "R0", grade: 2, mask: 15, hints: 1 });
});

test("H first of all plays the drums; space plays what was heard so far once more", async () => {
  const { game, clips } = await started("A");
  game.hint();
  game.hint();
  game.toggle();
  game.toggle();
  expect(clips.get("A")?.played).toEqual(["drums", "drums+bass", "drums+bass"]);
});

test("a key that comes before the clip is not lost", async () => {
  let give: (clip: Clip) => void = () => undefined;
  const ready = new Promise<Clip>((resolve) => (give = resolve));
  const { game } = await started("A", { prepare: () => ready });
  expect(game.state().clip).toBeNull();
  game.hint();
  const clip = new FakeClip();
  give(clip as unknown as Clip);
  await settled();
  expect(clip.played).toEqual(["drums"]);
  expect(game.state().turn).toMatchObject({ rung: 1, mask: 1 });
});

test("a grade needs the answer; what sounds after it is no hint", async () => {
  const { game, clips, box } = await started("AB");
  game.toggle();
  await game.grade(4);
  expect(game.state().message?.text).toBe(words.REVEAL_FIRST);
  expect(box.deeds).toEqual([]);
  game.reveal();
  await settled();
  expect(game.state().turn?.answer).toMatchObject({ title: "Title A" });
  game.toggle(); // pauses the drums
  game.toggle();
  expect(clips.get("A")?.played.at(-1)).toBe("drums+bass+other+vocals");
  await game.grade(5);
  expect(gradeOf(box.deeds[0])).toMatchObject({ grade: 5, mask: 1, hints: 0 });
});

test("the next clip is ready before the grade, sounds by itself, and the last one is closed", async () => {
  const { game, clips, asked } = await started("ABC");
  game.toggle();
  await settled();
  expect(clips.get("B")).toMatchObject({ warmed: true, played: [] });
  expect(clips.has("C")).toBe(false);
  game.reveal();
  void game.grade(4);
  // No wait: all of it happens in the key's own turn.
  expect(asked()).toBe("B");
  expect(clips.get("B")?.played).toEqual(["drums"]);
  await settled();
  expect(clips.get("A")?.closed).toBe(true);
  expect(clips.get("C")?.warmed).toBe(true);
});

test("the latency is that from the first sound to the answer, and a clip that sounded is noted", async () => {
  const { game, box, starts } = await started("A");
  game.toggle();
  game.reveal();
  await game.grade(4);
  expect(gradeOf(box.deeds[0])?.latencyMs).toBe(10);
  expect(starts).toEqual(["A"]);
});

test("below 4 a card comes again in the session, after others; from 4 on it does not", async () => {
  const { game, asked } = await started("ABCDE");
  const order = [];
  for (const grade of [2, 4, 4, 4, 3, 4, 4]) {
    order.push(asked());
    game.reveal();
    await game.grade(grade);
  }
  expect(order).toEqual(["A", "B", "C", "D", "A", "E", "A"]);
  await settled();
  expect(game.state()).toMatchObject({ phase: "done", answered: 7 });
});

test("FSRS repeats below 3 only", async () => {
  const { game, asked } = begin([[cardOf("A", { scheduler: "fsrs" }), cardOf("B", { scheduler: "fsrs" })]]);
  await game.load();
  game.reveal();
  await game.grade(3);
  expect(game.state().waiting).toBe(0);
  expect(asked()).toBe("B");
});

test("a right title shows the answer; an artist and a wrong guess do not", async () => {
  const { game } = await started("A");
  await game.guess("nonsense");
  expect(game.state().message).toMatchObject({ text: "Not “nonsense”.", tone: "bad" });
  await game.guess("artist");
  expect(game.state().turn).toMatchObject({ revealed: false, verdict: { title: false, artist: true } });
  await game.guess("title");
  expect(game.state().turn).toMatchObject({ revealed: true, verdict: { title: true, artist: true } });
});

test("an empty guess shows the answer", async () => {
  const { game } = await started("A");
  await game.guess("  ");
  expect(game.state().turn?.revealed).toBe(true);
});

test("undo names the answer, and asks the card anew with another id and the same hints", async () => {
  const { game, box, asked } = await started("ABC");
  game.hint();
  game.hint();
  game.reveal();
  await game.grade(2);
  game.hint(); // B sounds already: its second step
  await game.undo();
  expect(asked()).toBe("A");
  expect(box.deeds[1]).toEqual({ kind: "undo", songId: "A", reviewId: "R0" });
  expect(game.state()).toMatchObject({ answered: 0, waiting: 2, turn: { revealed: true, mask: 3 } });
  await game.grade(4);
  expect(gradeOf(box.deeds[2])).toMatchObject({ songId: "A", grade: 4, mask: 3 });
  expect(gradeOf(box.deeds[2])?.reviewId).not.toBe("R0");
  // B goes on where it was.
  expect(asked()).toBe("B");
  expect(game.state().turn).toMatchObject({ mask: 3, rung: 2 });
  await game.undo();
  await game.undo();
  expect(game.state().message?.text).toBe(words.NOTHING_TO_UNDO);
});

test("suspended and buried cards are asked no more, and come back by undo", async () => {
  const { game, box, asked } = await started("ABC");
  await game.leave("suspend");
  await game.leave("bury");
  expect(asked()).toBe("C");
  await game.undo();
  expect(asked()).toBe("B");
  await game.undo();
  expect(asked()).toBe("A");
  expect(box.deeds.map((deed) => (deed.kind === "change" ? deed.changes : null))).toEqual([
    { suspended: true },
    { buriedUntil: "2026-02-01" },
    { buriedUntil: null },
    { suspended: false },
  ]);
});

test("right after an answer the list may still show the card from before: it is not asked twice", async () => {
  const { game, box, due } = begin([[cardOf("A")], [cardOf("A")], [cardOf("A", { version: 2 })]]);
  await game.load();
  game.reveal();
  await game.grade(5);
  box.tell({ deed: box.deeds[0] as Deed }, { version: 1, repeat: false });
  await settled();
  expect(game.state().phase).toBe("done");
  expect(due).toHaveBeenCalledTimes(2);
  // Another device has undone it: it is another card now.
  await game.load();
  expect(game.state()).toMatchObject({ phase: "asking", turn: { card: { version: 2 } } });
});

test("another device changed the card: it is said, and what the service says holds", async () => {
  const { game, box } = await started("ABC");
  game.reveal();
  await game.grade(2);
  expect(game.state().waiting).toBe(2);
  box.tell({ deed: box.deeds[0] as Deed, rebased: true }, { version: 5, repeat: false });
  expect(game.state()).toMatchObject({ waiting: 1, message: { text: words.REBASED } });
});

test("a song that was deleted meanwhile is told", async () => {
  const { game, box } = await started("AB");
  game.reveal();
  await game.grade(2);
  box.tell({ is: "gone", deed: box.deeds[0] as Deed });
  expect(game.state()).toMatchObject({ waiting: 0, message: { text: words.GONE } });
});

test("what waits on this device is not asked again", async () => {
  const { game, box, asked } = begin([[cardOf("A"), cardOf("B")]]);
  box.waiting = [{ kind: "undo", songId: "A", reviewId: "R" }];
  await game.load();
  expect(asked()).toBe("B");
  expect(game.state().waiting).toBe(0);
});

test("without a connection a session goes on with what is at hand; then it says so, and can try again", async () => {
  const pages = [[cardOf("A"), cardOf("B")]];
  let online = true;
  const { game, asked, box } = begin(pages, {
    due: () =>
      online
        ? Promise.resolve({
            data: pages.shift() ?? [],
            today: "2026-01-31",
            left: { new: 9, reviews: 99 },
            urlsExpireAt: "",
          })
        : Promise.reject(new Error("No connection.")),
    answer: () => Promise.reject(new Error("No connection.")),
  });
  await game.load();
  online = false;
  game.reveal();
  await settled();
  expect(game.state().turn?.answer).toBe("No connection.");
  await game.grade(4);
  expect(asked()).toBe("B");
  game.reveal();
  await game.grade(4);
  await settled();
  expect(box.deeds).toHaveLength(2);
  expect(game.state()).toMatchObject({ phase: "failed", failure: "No connection." });
  online = true;
  await game.load();
  expect(game.state().phase).toBe("done");
});

test("a full page is followed by another before it is used up", async () => {
  const ids = Array.from({ length: 20 }, (_, i) => `S${i}`);
  const { game, due } = begin([ids.map((id) => cardOf(id)), [cardOf("S19"), cardOf("X")]]);
  await game.load();
  for (let i = 0; i < 17; i++) {
    game.reveal();
    await game.grade(4);
  }
  await settled();
  expect(due).toHaveBeenCalledTimes(2);
  expect(game.state().waiting).toBe(3); // S18, S19, X
});

test("the day after", () => {
  expect(dayAfter("2026-02-28")).toBe("2026-03-01");
  expect(dayAfter("2026-12-31")).toBe("2027-01-01");
});
