import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import type { Api } from "@/api/client";
import { useApi } from "@/api/context";
import { practiceCalls, practiceKeys } from "@/api/practice";
import { openTabs } from "@/lib/tabs";
import { useSession } from "@/session/context";
import { type Session, SignedOut } from "@/session/session";
import { createOutbox, type Outbox, type OutboxState, type TabMessage } from "./outbox";
import { type Deed, memoryStore, openStore, withSpare } from "./store";

const emailOf = (session: Session) => {
  const state = session.state();
  return state.status === "in" ? state.email : undefined;
};

/** Sends a deed as the API has it. */
function sendDeed(api: Api, deed: Deed) {
  switch (deed.kind) {
    case "grade":
      return practiceCalls.grade(api, deed.grade);
    case "undo":
      return practiceCalls.undo(api, deed.reviewId, deed.songId);
    case "change":
      return practiceCalls.change(api, deed.songId, deed.changes);
  }
}

// One a tab: sending goes on while the person looks at another page.
let current: { owner: string; opened: Promise<Outbox> } | undefined;

/** The outbox of `owner`, who is signed in. It goes on with what was left, and stops by itself when they sign out. */
export function outboxOf(owner: string, session: Session, api: Api, queries?: QueryClient): Promise<Outbox> {
  if (current?.owner === owner) return current.opened;
  const mine = { owner, opened: open() };
  current = mine;
  return mine.opened;

  async function open() {
    const store = await openStore().then(withSpare, memoryStore);
    const tabs = openTabs<TabMessage>(`unplugd.practice.${owner}`);
    const isOwner = () => emailOf(session) === owner;
    const outbox = createOutbox(owner, {
      ...{ store, tabs },
      send: async (deed) => {
        if (!isOwner()) throw new SignedOut();
        const card = await sendDeed(api, deed);
        void queries?.invalidateQueries({ queryKey: practiceKeys.stats });
        return card;
      },
    });
    const wake = () => outbox.wake();
    const end = session.subscribe(stopWhenLeft);
    function stopWhenLeft() {
      if (isOwner()) return;
      end();
      outbox.stop();
      tabs?.close();
      removeEventListener("online", wake);
      if (current === mine) current = undefined;
    }
    addEventListener("online", wake);
    outbox.start();
    stopWhenLeft(); // they may have left while the store was opened
    return outbox;
  }
}

const NOTHING: OutboxState = { waiting: [], note: null };

/** The signed-in person's outbox; null for the first moment. */
export function useOutbox(): { outbox: Outbox | null; state: OutboxState } {
  const session = useSession();
  const api = useApi();
  const [outbox, setOutbox] = useState<Outbox | null>(null);
  const owner = useSyncExternalStore(
    (listener) => session.subscribe(listener),
    () => emailOf(session),
  );
  useEffect(() => {
    if (owner === undefined) return;
    let here = true;
    void outboxOf(owner, session, api).then((opened) => here && setOutbox(opened));
    return () => {
      here = false;
    };
  }, [owner, session, api]);
  const state = useSyncExternalStore(
    (listener) => outbox?.subscribe(listener) ?? (() => undefined),
    () => outbox?.state() ?? NOTHING,
  );
  return { outbox, state };
}
