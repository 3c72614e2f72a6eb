import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import { type Api, data, Problem, type Song } from "@/api/client";
import { type Command, songCommands, type SongCommands, usePending } from "@/api/commands";
import { useApi } from "@/api/context";
import type { components } from "@/api/schema";
import { dropSong, writeDetails } from "@/api/songs";
import { Deletions } from "@/components/deletions";
import { toast } from "@/components/Toasts";
import { useSession } from "@/session/context";
import { titleOf } from "./words";

export type Details = Partial<Pick<Song, "title" | "artist" | "album" | "year" | "genre" | "language">>;

const TRIED = "Nothing was left to measure: songs without tempo and key here were tried already.";

/** What a person can do to a song. One of a kind for each API, so that pages share what is under way. */
export class SongActions {
  readonly deletions: Deletions<Song>;
  readonly commands: SongCommands;

  constructor(
    private readonly api: Api,
    private readonly client: QueryClient,
  ) {
    this.deletions = new Deletions({
      id: ({ songId }) => songId,
      title: titleOf,
      send: (songId) => api.DELETE("/songs/{songId}", { params: { path: { songId } }, keepalive: true }).catch(ifGone),
      drop: (songId) => dropSong(client, songId),
      refresh: () => void client.invalidateQueries({ queryKey: ["songs"] }),
    });
    this.commands = songCommands(api, client);
  }

  retry(song: Song): Promise<boolean> {
    return this.send(song, "retry", "retried");
  }

  /** Whether it is cancelled. */
  cancel(song: Song): Promise<boolean> {
    return this.send(song, "cancel", "cancelled");
  }

  /** Say that two songs with the same sound are wanted; whether that was saved. */
  async keepBoth(song: Song): Promise<boolean> {
    const params = { path: { songId: song.songId } };
    // openapi-fetch takes a field that can only be null for one that cannot be sent.
    const body: object = { sameAs: null } satisfies components["schemas"]["SongChanges"];
    try {
      writeDetails(this.client, await data(this.api.PATCH("/songs/{songId}", { params, body })));
      return true;
    } catch (error) {
      const why = error instanceof Error ? error.message : "";
      toast(`“${titleOf(song)}” was not changed. ${why}`, { tone: "error" });
      return false;
    }
  }

  /** Have one song, or all that were not, measured. Whether that was accepted; the figures come with a live message. */
  async measure(what: Song | "all"): Promise<boolean> {
    const scope = what === "all" ? { library: true as const } : { songIds: [what.songId] };
    try {
      const body = { scope, source: "current" as const, platforms: null };
      const job = await data(this.api.POST("/measurement-jobs", { body }));
      const left = "state" in job && job.state !== "done";
      toast(left ? "Measuring in the background. Tempo and key appear here when they are known." : TRIED);
      return true;
    } catch (error) {
      const offer = error instanceof Problem ? error.checkoutUrl : undefined;
      toast(`This could not be measured. ${error instanceof Error ? error.message : ""}`, {
        tone: "error",
        ...(offer && { action: { label: "Subscribe", onSelect: () => location.assign(offer) } }),
      });
      return false;
    }
  }

  /** Rejects with Problem, for the form to show. */
  async rename(song: Song, changes: Details): Promise<void> {
    const path = { songId: song.songId };
    writeDetails(this.client, await data(this.api.PATCH("/songs/{songId}", { params: { path }, body: changes })));
  }

  private async send(song: Song, command: Command, done: string): Promise<boolean> {
    const problem = await this.commands.send(song, command);
    if (problem) toast(`“${titleOf(song)}” was not ${done}. ${problem.message}`, { tone: "error" });
    return !problem;
  }
}

/** Already gone is what was wanted. */
function ifGone(error: unknown): void {
  if (!(error instanceof Problem && error.status === 404)) throw error;
}

const actionsOf = new WeakMap<Api, SongActions>();

export function useSongActions(): SongActions {
  const api = useApi();
  const client = useQueryClient();
  const session = useSession();
  return useMemo(() => {
    const known = actionsOf.get(api);
    if (known) return known;
    const actions = new SongActions(api, client);
    actionsOf.set(api, actions);
    session.beforeSignOut(() => actions.deletions.flush());
    return actions;
  }, [api, client, session]);
}

/** Songs that were deleted a moment ago. */
export function useDeleted(): ReadonlySet<string> {
  const { deletions } = useSongActions();
  return useSyncExternalStore(deletions.subscribe, deletions.snapshot);
}

/** The retry or cancel of a song that has no answer yet. */
export function usePendingCommand(song: Song): Command | undefined {
  return usePending(useSongActions().commands, song.songId);
}
