import type { QueryClient } from "@tanstack/react-query";
import type { LucideIcon } from "lucide-react";
import type { ComponentType, ReactNode } from "react";
import type { Api, Song } from "@/api/client";
import type { FinishedSong } from "@/api/songs";
import type { Engine } from "@/audio/engine";
import type { Session } from "@/session/session";

/** A component in a file of its own, as `import()` gives it. It is loaded only when it is shown. */
type Load<Props> = () => Promise<{ default: ComponentType<Props> }>;

export interface PageProps {
  /** Call it when the account of `email` is deleted: this device then forgets the account. */
  onAccountDeleted(email: string): void;
}

export interface SongProps {
  song: FinishedSong & Song;
  engine: Engine;
}

export interface StudioProps {
  song: FinishedSong & Song;
  /** Whether the karaoke view fills the screen. */
  singing: boolean;
  /** The tabs of the studio, in this order. */
  panels: readonly { id: string; label: string; content(engine: Engine): ReactNode }[];
  /** The karaoke view; absent where no feature has one. */
  karaoke?: (engine: Engine) => ReactNode;
  /** What goes along with the song above the timeline, and above the words of the karaoke view. */
  lane?: (engine: Engine) => ReactNode;
  guide?: (engine: Engine) => ReactNode;
  /** What records along with the song; above the transport. */
  record?: (engine: Engine) => ReactNode;
  /** What plays along with the stems, below the mixer. */
  lanes?: (engine: Engine) => ReactNode;
}

/** The places of the app that one feature fills, and what each component there receives. */
export interface Slots {
  /** Everything that a signed-out person sees. `reason`: why they are signed out. */
  signedOut: { reason?: string; local: boolean };
  /** The page "/". `header` is what the slot `libraryHeader` holds. */
  library: { header?: ReactNode };
  libraryHeader: object;
  /** Below the header: takes of one's own, without a song. */
  libraryTakes: object;
  /** The page of a song that is finished, with its player. */
  studio: StudioProps;
  /** The page of a song that cannot be played (yet), or that could not be read. */
  unfinishedSong: { song: Song } | { error: unknown; onRetry(): void };
  karaoke: SongProps;
  /** Above the studio's timeline, and above the words of the karaoke view. */
  lane: SongProps;
  guide: SongProps;
  record: SongProps;
  /** Below the stems' strips. It is there in the karaoke view too, unseen. */
  lanes: SongProps;
}

export interface SignedIn {
  session: Session;
  api: Api;
  queries: QueryClient;
}

/** One feature: a folder of `features`, and what it adds to the app. `app/features.ts` lists them. */
export interface Feature {
  name: string;
  /** Pages in the app's frame, by path. */
  pages?: Readonly<Record<string, Load<PageProps>>>;
  /** Entries of the menu in the frame's header. */
  menu?: readonly { label: string; icon: LucideIcon; path: string }[];
  slots?: { readonly [Name in keyof Slots]?: Load<Slots[Name]> };
  /** A tab of the studio, of every song or of those that `when` names. Tabs are sorted by `order`. */
  songPanel?: { order: number; label: string; load: Load<SongProps>; when?(song: Song): boolean };
  /** Called when `email` has signed in, on any page. */
  onSignedIn?(email: string, services: SignedIn): Promise<void>;
  /** Remove from this device what belongs to the account of `email`. May be called more than once, and may reject. */
  forget?(email: string): Promise<void>;
}
