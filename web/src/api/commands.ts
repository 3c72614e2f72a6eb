import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { type Api, data, type Song } from "./client";
import { putSong, readSong } from "./songs";

/** What a person can ask the service to do with a song's run. */
export type Command = "retry" | "cancel";

/**
 * Sends commands about songs and writes the answers into the query cache. One per API, so that pages share what is pending.
 *
 * A click is a repeat, and is ignored, only while the latest command for its song is the same one and has no answer yet.
 * Another command is sent at once: the service sends its message before it answers the call, so the page may show
 * "Cancelled" and offer a retry while the answer to the cancel is still on its way. Answers may arrive in any order;
 * `putSong` keeps the one with the greater `seq`.
 */
export class SongCommands {
  private readonly latest = new Map<string, { command: Command }>();
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly api: Api,
    private readonly client: QueryClient,
  ) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The latest command for a song that has no answer yet. */
  pending = (songId: string): Command | undefined => this.latest.get(songId)?.command;

  /** Resolves to the reason why nothing happened; to undefined when the song has moved on, by this call or another. */
  async send(song: Song, command: Command): Promise<Error | undefined> {
    const { songId } = song;
    if (this.pending(songId) === command) return undefined;
    const mine = { command };
    this.latest.set(songId, mine);
    this.notify();
    try {
      putSong(this.client, await this.call(songId, command));
      return undefined;
    } catch (error) {
      // A call may take effect and its answer be lost, and another tab may have done the same: read where the song is.
      const now = await readSong(this.api, this.client, songId).catch(() => undefined);
      const moved = now && (now.status !== song.status || now.lyricsStatus !== song.lyricsStatus);
      if (moved) return undefined;
      return error instanceof Error ? error : new Error("Something went wrong.");
    } finally {
      if (this.latest.get(songId) === mine) this.latest.delete(songId);
      this.notify();
    }
  }

  private call(songId: string, command: Command): Promise<Song> {
    const init = { params: { path: { songId } } };
    return data(
      command === "retry"
        ? this.api.POST("/songs/{songId}/retry", init)
        : this.api.POST("/songs/{songId}/cancel", init),
    );
  }

  private notify(): void {
    this.listeners.forEach((listener) => listener());
  }
}

const commandsOf = new WeakMap<Api, SongCommands>();

/** The commands of this API. */
export function songCommands(api: Api, client: QueryClient): SongCommands {
  let commands = commandsOf.get(api);
  if (!commands) commandsOf.set(api, (commands = new SongCommands(api, client)));
  return commands;
}

/** The command for `songId` that has no answer yet: its button is busy. */
export function usePending(commands: SongCommands, songId: string): Command | undefined {
  return useSyncExternalStore(commands.subscribe, () => commands.pending(songId));
}
