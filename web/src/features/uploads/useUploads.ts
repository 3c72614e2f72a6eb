import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import type { Api } from "@/api/client";
import { useApi } from "@/api/context";
import { useSession } from "@/session/context";
import { openTabs } from "@/lib/tabs";
import { put } from "@/lib/transfer";
import type { Session } from "@/session/session";
import type { Pause, UploadView } from "./model";
import { createQueue, type Queue } from "./queue";
import { createRemote } from "./remote";
import { openStore } from "./store";
import type { TabMessage } from "./tabs";

const emailOf = (session: Session) => {
  const state = session.state();
  return state.status === "in" ? state.email : undefined;
};

// One a tab: sending goes on while the person looks at a song.
let current: { owner: string; queue: Promise<Queue> } | undefined;

/** The queue of `owner`, who is signed in: it goes on with what was left, and stops by itself when they sign out. */
export function queueOf(owner: string, session: Session, api: Api, queries: QueryClient): Promise<Queue> {
  if (current?.owner === owner) return current.queue;
  const mine = { owner, queue: open() };
  current = mine;
  return mine.queue;

  async function open(): Promise<Queue> {
    const store = await openStore().catch(() => null);
    const tabs = openTabs<TabMessage>(`unplugd.uploads.${owner}`);
    const isOwner = () => emailOf(session) === owner;
    const queue = createQueue(owner, {
      ...{ store, tabs },
      transfer: ({ uploadUrl, headers }, ...rest) => put({ url: uploadUrl, headers }, ...rest),
      remote: createRemote(api, isOwner),
      now: Date.now,
      newId: () => crypto.randomUUID(),
      onArrived: () => void queries.invalidateQueries({ queryKey: ["songs"] }),
    });
    const wake = () => queue.wake();
    // Only what cannot be kept would be lost by leaving.
    const warn = (event: BeforeUnloadEvent) => {
      if (queue.views().some(({ kept, phase }) => !kept && phase === "waiting")) event.preventDefault();
    };
    const end = session.subscribe(stopWhenLeft);
    function stopWhenLeft() {
      if (isOwner()) return;
      end();
      queue.stop();
      tabs?.close();
      removeEventListener("online", wake);
      removeEventListener("beforeunload", warn);
      if (current === mine) current = undefined;
    }
    addEventListener("online", wake);
    addEventListener("beforeunload", warn);
    queue.start();
    stopWhenLeft(); // they may have left while the store was opened
    return queue;
  }
}

const none: readonly UploadView[] = [];

interface Uploads {
  queue: Queue | null;
  uploads: readonly UploadView[];
  pause: Pause | null;
}

/** The uploads of the signed-in person; `queue` is null until its store is open. */
export function useUploads(): Uploads {
  const session = useSession();
  const api = useApi();
  const queries = useQueryClient();
  const [queue, setQueue] = useState<Queue | null>(null);
  const owner = useSyncExternalStore(
    (listener) => session.subscribe(listener),
    () => emailOf(session),
  );
  useEffect(() => {
    if (owner === undefined) return;
    let here = true;
    void queueOf(owner, session, api, queries).then((opened) => here && setQueue(opened));
    return () => {
      here = false;
    };
  }, [owner, session, api, queries]);
  const uploads = useSyncExternalStore(
    (listener) => queue?.subscribe(listener) ?? (() => undefined),
    () => queue?.views() ?? none,
  );
  return { queue, uploads, pause: queue?.pause() ?? null };
}
