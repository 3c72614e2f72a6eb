import { useMemo, useSyncExternalStore } from "react";
import type { Api } from "@/api/client";
import { useApi } from "@/api/context";
import { practiceCalls } from "@/api/practice";
import { Game } from "./game";
import type { GameState } from "./turn";
import { newId } from "./ids";
import { judgeGuess } from "./normal";
import type { Outbox } from "./outbox/outbox";
import { prepareClip } from "./prepare";
import { noteStart } from "./starts";

const makeGame = (api: Api, outbox: Outbox) =>
  new Game({
    outbox,
    due: (limit) => practiceCalls.due(api, limit),
    answer: (songId) => practiceCalls.answer(api, songId),
    hint: async (songId) => (await practiceCalls.hint(api, songId, "initial")).text,
    judge: judgeGuess,
    prepare: (card, reviewId) => prepareClip(api, card, reviewId),
    newId,
    now: Date.now,
    noteStart,
  });

/** A person's days are those of where they begin to practise. Later it is a setting, which nothing changes by itself. */
async function adoptZone(api: Api): Promise<void> {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (timeZone === NEVER_SET || (await practiceCalls.settings(api)).timeZone !== NEVER_SET) return;
  if ((await practiceCalls.stats(api)).reviews === 0) await practiceCalls.putSettings(api, { timeZone });
}

/** The service's zone of those who set none. */
const NEVER_SET = "UTC";

/** Lives while somebody is subscribed, so that StrictMode's second mount gets a second game and closes the first. */
function hold(api: Api, make: () => Game) {
  let game: Game | null = null;
  return {
    game: () => game,
    state: () => game?.state(),
    subscribe(listener: () => void) {
      const mine = (game = make());
      const end = mine.subscribe(listener);
      void mine.load();
      adoptZone(api).catch(() => undefined); // with the next session then
      return () => {
        end();
        mine.close();
        if (game === mine) game = null;
      };
    },
  };
}

/** A session that lasts as long as the page: it begins to load at once. Null until the outbox is there. */
export function useGame(outbox: Outbox | null): { game: Game; state: GameState } | null {
  const api = useApi();
  const holder = useMemo(() => outbox && hold(api, () => makeGame(api, outbox)), [api, outbox]);
  const state = useSyncExternalStore(holder?.subscribe ?? nothing, () => holder?.state());
  const game = holder?.game();
  return game && state ? { game, state } : null;
}

const nothing = () => () => undefined;
