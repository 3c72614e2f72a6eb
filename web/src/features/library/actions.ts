import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import { type Api, data, Problem, type Song } from "@/api/client";
import { useApi } from "@/api/context";
import { fetchSong, patchSong, putSong } from "@/api/songs";
import { toast } from "@/components/Toasts";
import { useSession } from "@/session/context";
import { Deletions } from "./deletions";
import { titleOf } from "./words";

export type Details = Partial<Pick<Song, "title" | "artist" | "language">>;

/** What a person can do to a song. One of a kind for each API, so that pages share what is under way. */
export class SongActions {
  readonly deletions: Deletions;
  /** Songs that a call is under way for: a second click sends nothing. */
  private readonly busy = new Set<string>();

  constructor(
    private readonly api: Api,
    private readonly client: QueryClient,
  ) {
    this.deletions = new Deletions(api, client);
  }

  retry(song: Song): Promise<void> {
    return this.once(song, "tried again", () =>
      data(this.api.POST("/songs/{songId}/retry", { params: { path: { songId: song.songId } } })),
    );
  }

  cancel(song: Song): Promise<void> {
    return this.once(song, "cancelled", () =>
      data(this.api.POST("/songs/{songId}/cancel", { params: { path: { songId: song.songId } } })),
    );
  }

  /** Rejects with Problem, for the form to show. */
  async rename(song: Song, changes: Details): Promise<void> {
    const path = { songId: song.songId };
    const after = await data(this.api.PATCH("/songs/{songId}", { params: { path }, body: changes }));
    // Without `seq`: a message that has overtaken the answer says nothing of names.
    patchSong(this.client, song.songId, { title: after.title, artist: after.artist, language: after.language });
  }

  private async once(song: Song, done: string, call: () => Promise<Song>): Promise<void> {
    if (this.busy.has(song.songId)) return;
    this.busy.add(song.songId);
    try {
      putSong(this.client, await call());
    } catch (error) {
      const moved = error instanceof Problem && error.status === 409;
      const now = moved ? await fetchSong(this.api, song.songId).catch(() => undefined) : undefined;
      if (now) putSong(this.client, now);
      // What another tab has done already is not worth a message.
      if (!now || now.status === song.status)
        toast(`“${titleOf(song)}” was not ${done}. ${error instanceof Error ? error.message : ""}`, { tone: "error" });
    } finally {
      this.busy.delete(song.songId);
    }
  }
}

const made = new WeakMap<Api, SongActions>();

export function useSongActions(): SongActions {
  const api = useApi();
  const client = useQueryClient();
  const session = useSession();
  return useMemo(() => {
    const known = made.get(api);
    if (known) return known;
    const actions = new SongActions(api, client);
    made.set(api, actions);
    session.beforeSignOut(() => actions.deletions.flush());
    return actions;
  }, [api, client, session]);
}

/** Songs that were deleted a moment ago. */
export function useDeleted(): ReadonlySet<string> {
  const { deletions } = useSongActions();
  return useSyncExternalStore(deletions.subscribe, deletions.snapshot);
}
