import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import { type Api, Problem, type Song } from "@/api/client";
import { useApi } from "@/api/context";
import {
  dropSession,
  fetchSession,
  putSession,
  sessionCalls,
  type SessionChanges,
  sessionKeys,
  type SessionSummary,
} from "@/api/sessions";
import { putSong } from "@/api/songs";
import { Deletions } from "@/components/deletions";
import { toast } from "@/components/Toasts";
import { useSession } from "@/session/context";
import { MOST_OFFSET_MS, titleOf } from "./words";

const said = (error: unknown) => (error instanceof Error ? error.message : "Try again.");

/** How long (ms) further nudges are waited for before one is sent. */
export const NUDGE_AFTER = 400;

/** What a person can do to a take. One of a kind for each API, so that pages share what is under way. */
export class TakeActions {
  readonly deletions: Deletions<SessionSummary>;
  private readonly nudges = new Map<string, { offsetMs: number; timer: ReturnType<typeof setTimeout> }>();
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly api: Api,
    private readonly client: QueryClient,
  ) {
    this.deletions = new Deletions<SessionSummary>({
      id: ({ sessionId }) => sessionId,
      title: titleOf,
      send: (sessionId) => sessionCalls.delete(api, sessionId, { keepalive: true }).catch(ifGone),
      drop: (sessionId) => dropSession(client, sessionId),
      refresh: () => void client.invalidateQueries({ queryKey: sessionKeys.list }),
    });
  }

  /** Rejects with Problem, for the form to show. */
  async change(take: SessionSummary, changes: SessionChanges): Promise<void> {
    putSession(this.client, await sessionCalls.change(this.api, take.sessionId, changes));
  }

  /** Where the take begins in its song (ms): what was nudged and not sent yet counts. */
  offsetOf = ({ sessionId, offsetMs }: Pick<SessionSummary, "sessionId" | "offsetMs">): number =>
    this.nudges.get(sessionId)?.offsetMs ?? offsetMs;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Move the take to a place in its song. It is heard there at once; several moves in a row are sent as one. */
  moveTo(take: SessionSummary, ms: number): void {
    const offsetMs = Math.max(-MOST_OFFSET_MS, Math.min(MOST_OFFSET_MS, Math.round(ms)));
    clearTimeout(this.nudges.get(take.sessionId)?.timer);
    const timer = setTimeout(() => void this.send(take), NUDGE_AFTER);
    this.nudges.set(take.sessionId, { offsetMs, timer });
    this.tell();
  }

  nudge(take: SessionSummary, by: number): void {
    this.moveTo(take, this.offsetOf(take) + by);
  }

  /** The new song; undefined where it was refused, which is said. */
  async makeSong(take: SessionSummary): Promise<Song | undefined> {
    try {
      const song = await sessionCalls.makeSong(this.api, take.sessionId, {});
      putSong(this.client, song);
      // Its answer is the song; the take now says what was made of it.
      void fetchSession(this.api, this.client, take.sessionId, { fresh: true }).catch(() => undefined);
      return song;
    } catch (error) {
      toast(`“${titleOf(take)}” was not made a song. ${said(error)}`, { tone: "error" });
      return undefined;
    }
  }

  /** Send what waits, before a sign-out. Never rejects. */
  async flush(): Promise<void> {
    const waiting = [...this.nudges.keys()].map((sessionId) => this.send({ sessionId, title: null, startedAt: "" }));
    await Promise.all([this.deletions.flush(), ...waiting]);
  }

  private async send(take: Pick<SessionSummary, "sessionId" | "title" | "startedAt">): Promise<void> {
    const { sessionId } = take;
    const nudge = this.nudges.get(sessionId);
    if (!nudge) return;
    clearTimeout(nudge.timer);
    try {
      putSession(this.client, await sessionCalls.change(this.api, sessionId, { offsetMs: nudge.offsetMs }));
    } catch (error) {
      toast(`The take was not moved. ${said(error)}`, { tone: "error" });
    }
    // A later nudge has a timer of its own.
    if (this.nudges.get(sessionId) === nudge) this.nudges.delete(sessionId);
    this.tell();
  }

  private tell(): void {
    this.listeners.forEach((listener) => listener());
  }
}

/** Already gone is what was wanted. */
function ifGone(error: unknown): void {
  if (!(error instanceof Problem && error.status === 404)) throw error;
}

const actionsOf = new WeakMap<Api, TakeActions>();

export function useTakeActions(): TakeActions {
  const api = useApi();
  const client = useQueryClient();
  const session = useSession();
  return useMemo(() => {
    const known = actionsOf.get(api);
    if (known) return known;
    const actions = new TakeActions(api, client);
    actionsOf.set(api, actions);
    session.beforeSignOut(() => actions.flush());
    return actions;
  }, [api, client, session]);
}

/** Takes that were deleted a moment ago. */
export function useDeletedTakes(): ReadonlySet<string> {
  const { deletions } = useTakeActions();
  return useSyncExternalStore(deletions.subscribe, deletions.snapshot);
}

export function useOffset(take: Pick<SessionSummary, "sessionId" | "offsetMs">): number {
  const actions = useTakeActions();
  return useSyncExternalStore(actions.subscribe, () => actions.offsetOf(take));
}
