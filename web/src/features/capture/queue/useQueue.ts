import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import type { Api } from "@/api/client";
import { useApi } from "@/api/context";
import { sessionKeys } from "@/api/sessions";
import { openTabs } from "@/lib/tabs";
import { put } from "@/lib/transfer";
import { useSession } from "@/session/context";
import type { Session } from "@/session/session";
import { type Disk, openDisk } from "./disk";
import type { RecordingView } from "./model";
import { createQueue, type Queue, type TabMessage } from "./queue";
import { createRemote } from "./remote";
import { openStore, type Store } from "./store";

/** What a recorder needs to keep a take. */
export interface Keeping {
  owner: string;
  queue: Queue;
  store: Store;
  disk: Disk;
}

/** Held by the tab that records a take, as long as it does. */
export const recordingLock = (id: string) => `unplugd.recording.${id}`;

const emailOf = (session: Session) => {
  const state = session.state();
  return state.status === "in" ? state.email : undefined;
};

// One a tab: sending goes on while the person looks at a song.
let current: { owner: string; keeping: Promise<Keeping | null> } | undefined;

/** The takes of `owner`, who is signed in; null where this browser keeps nothing. They go on with what was left, and
 * stop by themselves when the person signs out. */
export function keepingOf(owner: string, session: Session, api: Api, queries: QueryClient): Promise<Keeping | null> {
  if (current?.owner === owner) return current.keeping;
  const mine = { owner, keeping: open() };
  current = mine;
  return mine.keeping;

  async function open(): Promise<Keeping | null> {
    const store = await openStore().catch(() => null);
    const tabs = openTabs<TabMessage>(`unplugd.capture.${owner}`);
    if (!store || !tabs) return null;
    const disk = openDisk(store);
    const isOwner = () => emailOf(session) === owner;
    const queue = createQueue(owner, {
      ...{ store, disk, tabs, transfer: put, now: Date.now },
      remote: createRemote(api, isOwner),
      whenFree(id, work, signal) {
        navigator.locks.request(recordingLock(id), { signal }, work).catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
      },
      onArrived: () => void queries.invalidateQueries({ queryKey: sessionKeys.list }),
    });
    const wake = () => queue.wake();
    const end = session.subscribe(stopWhenLeft);
    function stopWhenLeft() {
      if (isOwner()) return;
      end();
      queue.stop();
      tabs?.close();
      removeEventListener("online", wake);
      if (current === mine) current = undefined;
    }
    addEventListener("online", wake);
    queue.start();
    stopWhenLeft(); // they may have left while the store was opened
    return { owner, queue, store, disk };
  }
}

const none: readonly RecordingView[] = [];

/** The takes of the signed-in person that are on this device; `keeping` is undefined until they are read. */
export function useKeeping(): { keeping: Keeping | null | undefined; takes: readonly RecordingView[] } {
  const session = useSession();
  const api = useApi();
  const queries = useQueryClient();
  const [keeping, setKeeping] = useState<Keeping | null>();
  const owner = useSyncExternalStore(
    (listener) => session.subscribe(listener),
    () => emailOf(session),
  );
  useEffect(() => {
    if (owner === undefined) return;
    let here = true;
    void keepingOf(owner, session, api, queries).then((opened) => here && setKeeping(opened));
    return () => {
      here = false;
    };
  }, [owner, session, api, queries]);
  const takes = useSyncExternalStore(
    (listener) => keeping?.queue.subscribe(listener) ?? (() => undefined),
    () => keeping?.queue.views() ?? none,
  );
  return { keeping, takes };
}
