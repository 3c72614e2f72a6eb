import { Ellipsis, FileText, PencilLine, RotateCcw } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import type { Lyrics, Song } from "@/api/client";
import { songCommands, usePending } from "@/api/commands";
import { useApi } from "@/api/context";
import { Boundary } from "@/components/Boundary";
import { Button, IconButton } from "@/components/Button";
import { Menu } from "@/components/Menu";
import { Notice } from "@/components/Notice";
import { Skeleton } from "@/components/Progress";
import { toast } from "@/components/Toasts";
import type { SongProps } from "../feature";
import { dropDraft, storedDraft } from "./draftStore";
import { RunNote, WordNotes } from "./LyricsNotes";
import css from "./LyricsPanel.module.css";
import { OffsetControl } from "./OffsetControl";
import { useLyrics, useSaveLyrics } from "@/api/lyrics";
import { useOffset } from "./useOffset";
import { Words } from "./Words";

const LyricsEditor = lazy(() => import("./LyricsEditor"));
const ReplaceDialog = lazy(() => import("./ReplaceDialog"));
const RevertDialog = lazy(() => import("./RevertDialog"));

/** The words of a song in time with what is heard, and the ways to change them. */
export default function LyricsPanel({ song, engine }: SongProps) {
  const { data: lyrics, error, refetch } = useLyrics(song);
  const [doing, setDoing] = useState<"edit" | "replace" | "revert" | null>(null);
  const [unsaved, setUnsaved] = useState(() => storedDraft(song.songId) !== null);
  const stop = () => {
    setDoing(null);
    setUnsaved(storedDraft(song.songId) !== null);
  };

  if (lyrics === undefined)
    return error ? (
      <Notice tone="error" action={<Button onClick={() => void refetch()}>Retry</Button>}>
        The lyrics cannot be loaded. {error.message}
      </Notice>
    ) : (
      <WaitingWords />
    );
  const version = lyrics?.version ?? song.lyricsVersion;
  const hasWords = lyrics !== null && lyrics.segments.length > 0;
  return (
    <section className={css.panel} aria-label="Lyrics">
      {hasWords && doing === "edit" ? (
        <Boundary onClose={stop}>
          <Suspense fallback={<WaitingWords />}>
            <LyricsEditor song={song} lyrics={lyrics} engine={engine} onClose={stop} />
          </Suspense>
        </Boundary>
      ) : (
        <>
          <header className={css.head}>
            <h2>Lyrics</h2>
            {hasWords && (
              <>
                <span className={css.badge}>{SOURCES[lyrics.source]}</span>
                <Button onClick={() => setDoing("edit")}>
                  <PencilLine size={18} /> Edit
                </Button>
              </>
            )}
            <Menu
              trigger={
                <IconButton label="More for the lyrics">
                  <Ellipsis size={20} />
                </IconButton>
              }
              items={[
                {
                  label: "Paste or open a file",
                  icon: <FileText size={18} />,
                  onSelect: () => setDoing("replace"),
                },
                {
                  label: "Restore the automatic lyrics",
                  icon: <RotateCcw size={18} />,
                  disabled: version === 0,
                  onSelect: () => setDoing("revert"),
                },
              ]}
            />
          </header>
          <RunNote song={song} />
          {hasWords && unsaved && (
            <Unsaved
              onEdit={() => setDoing("edit")}
              onDrop={() => {
                dropDraft(song.songId);
                setUnsaved(false);
              }}
            />
          )}
          {hasWords ? (
            <TimedLyrics song={song} lyrics={lyrics} engine={engine} onEdit={() => setDoing("edit")} />
          ) : (
            <NoWords song={song} onAdd={() => setDoing("replace")} />
          )}
        </>
      )}
      <Boundary key={doing} onClose={stop}>
        <Suspense>
          {doing === "replace" && <ReplaceDialog song={song} lyrics={lyrics} version={version} onClose={stop} />}
          {doing === "revert" && lyrics && <RevertDialog song={song} lyrics={lyrics} onClose={stop} />}
        </Suspense>
      </Boundary>
    </section>
  );
}

const SOURCES = { transcribed: "Automatic", supplied: "As given", edited: "Edited" } as const;

function TimedLyrics({ song, lyrics, engine, onEdit }: SongProps & { lyrics: Lyrics; onEdit(): void }) {
  const save = useSaveLyrics(song.songId);
  const [offsetMs, move] = useOffset(lyrics, save);
  const isTimed = lyrics.segments.some(({ start, words }) => start !== undefined || words.length > 0);
  return (
    <>
      <WordNotes lyrics={lyrics} onEdit={onEdit} />
      <Words lyrics={lyrics} offsetMs={offsetMs} engine={engine} />
      {isTimed && <OffsetControl offsetMs={offsetMs} onMove={move} />}
    </>
  );
}

function WaitingWords() {
  return (
    <div className={css.waiting} role="status" aria-label="Loading the lyrics">
      {["70%", "55%", "80%", "45%", "65%"].map((width) => (
        <Skeleton key={width} width={width} height="1.4rem" />
      ))}
    </div>
  );
}

function Unsaved({ onEdit, onDrop }: { onEdit(): void; onDrop(): void }) {
  return (
    <Notice
      action={
        <span className={css.actions}>
          <Button kind="quiet" onClick={onDrop}>
            Discard
          </Button>
          <Button onClick={onEdit}>Keep editing</Button>
        </span>
      }
    >
      You have unsaved changes to these lyrics.
    </Notice>
  );
}

/** No words: why, and what can be done. */
function NoWords({ song, onAdd }: { song: Song; onAdd(): void }) {
  const failed = song.lyricsStatus === "FAILED";
  const busy = song.lyricsStatus === "QUEUED" || song.lyricsStatus === "PROCESSING";
  if (busy) return <WaitingWords />;
  return (
    <div className={css.empty}>
      <h3>{failed ? "The lyrics could not be written" : "No singing found"}</h3>
      <p>
        {failed
          ? (song.lyricsReason ?? "The singing in this song could not be transcribed.")
          : "This song seems to be an instrumental. If there is singing, paste the lyrics and we'll sync them automatically."}
      </p>
      {failed && <p>Paste the lyrics and we'll sync them automatically.</p>}
      <div className={css.actions}>
        <Button kind="primary" onClick={onAdd}>
          Add lyrics
        </Button>
        {failed && <TryAgain song={song} />}
      </div>
    </div>
  );
}

function TryAgain({ song }: { song: Song }) {
  const commands = songCommands(useApi(), useQueryClient());
  const pending = usePending(commands, song.songId);
  const retry = async () => {
    const problem = await commands.send(song, "retry");
    if (problem) toast(problem.message, { tone: "error" });
  };
  return (
    <Button busy={pending === "retry"} onClick={() => void retry()}>
      Retry
    </Button>
  );
}
