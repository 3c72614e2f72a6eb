import { Redo2, Undo2 } from "lucide-react";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Lyrics, Problem, type Song } from "@/api/client";
import { useApi } from "@/api/context";
import type { Engine } from "@/audio/engine";
import { Button, IconButton } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Notice } from "@/components/Notice";
import { toast } from "@/components/Toasts";
import { useFrames } from "@/lib/useFrames";
import { ConflictDialog } from "./ConflictDialog";
import dialogs from "./dialogs.module.css";
import {
  type Draft,
  type DraftLine,
  draftOf,
  type Fault,
  faultIn,
  sameNudges,
  sameWords,
  shownStart,
  toChange,
  written,
} from "./draft";
import { EditorLine } from "./EditorLine";
import { Highlight } from "./highlight";
import css from "./LyricsEditor.module.css";
import { TapAlong } from "./TapAlong";
import { timelineOf } from "./timeline";
import { useDraft } from "./useDraft";
import { currentVersion, fetchLyrics, useSaveLyrics } from "@/api/lyrics";

/** Playing a line begins a little before it (seconds), so that its beginning is heard. */
const BEFORE = 1;
const BEFORE_TAPPING = 3;

interface Props {
  song: Song;
  lyrics: Lyrics;
  engine: Engine;
  onClose(): void;
}

/** The words as lines to write in, with the time of each. Saved by a button; until then kept in this browser. */
export default function LyricsEditor({ song, lyrics, engine, onClose }: Props) {
  const api = useApi();
  const put = useSaveLyrics(song.songId);
  const { state, draft, base, setBase, dirty, edit, drop, restored } = useDraft(song.songId, lyrics);
  const [active, setActive] = useState<number | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const [busy, setBusy] = useState(false);
  const [theirs, setTheirs] = useState<Lyrics | null>(null);
  const [leaving, setLeaving] = useState(false);
  const [tapping, setTapping] = useState<number | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const offsetSec = lyrics.offsetMs / 1000;

  useFocus(list, state.focus);
  useSungLine(list, draft, lyrics.offsetMs, engine);

  const save = async (version: number, over: Lyrics) => {
    const wrong = faultIn(draft);
    setFault(wrong);
    if (wrong) return;
    // The offset may have been moved while this was open.
    const { offsetMs } = lyrics.version >= over.version ? lyrics : over;
    const change = toChange(draft, { ...over, offsetMs });
    setBusy(true);
    try {
      if (change) await put({ version, ...change });
      drop();
      toast(change ? "The lyrics are saved." : "There was nothing to save.");
      onClose();
    } catch (error) {
      await refused(error);
    } finally {
      setBusy(false);
    }
  };
  const refused = async (error: unknown): Promise<void> => {
    const version = currentVersion(error);
    if (version === undefined) return setFault(faultOf(error, draft));
    const now = await fetchLyrics(api, song.songId).catch(() => undefined);
    if (now === undefined)
      return setFault({ at: null, message: "These lyrics were changed elsewhere. Save again in a moment." });
    // Taken back elsewhere, and the machine has written none: nothing conflicts with these.
    if (now === null) return save(version, { ...base, version, segments: [], nudges: {} });
    // Only the offset was moved, or the machine was asked something: no words stand against these.
    const untouched = sameWords(now.segments, base.segments) && sameNudges(now.nudges, base.nudges);
    if (!untouched) return setTheirs(now);
    setBase(now);
    await save(now.version, now);
  };

  const play = useCallback(
    (line: DraftLine) => {
      const start = shownStart(line);
      if (start === undefined) return;
      engine.seek(Math.max(0, start + offsetSec - BEFORE));
      void engine.play();
    },
    [engine, offsetSec],
  );
  const startTapping = () => {
    const at = Math.max(
      0,
      draft.lines.findIndex(({ id }) => id === active),
    );
    const start = draft.lines[at] && shownStart(draft.lines[at]);
    if (start !== undefined) engine.seek(Math.max(0, start + offsetSec - BEFORE_TAPPING));
    void engine.play();
    setTapping(nextWritten(draft, at));
  };
  const tap = () => {
    if (tapping === null) return;
    edit({ do: "begin", at: tapping, seconds: Math.max(0, engine.position() - offsetSec) });
    const next = nextWritten(draft, tapping + 1);
    if (next === null) stopTapping();
    else setTapping(next);
  };
  const stopTapping = () => {
    // The focus was on what now goes away: one goes on in the line that was waited for.
    if (tapping !== null) edit({ do: "focus", at: tapping, caret: Infinity });
    setTapping(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key === "s" && dirty && !busy) void save(base.version, base);
    else if (key === "z") edit({ do: event.shiftKey ? "redo" : "undo", stay: tapping !== null });
    else if (key === "y") edit({ do: "redo", stay: tapping !== null });
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const { past, future } = state.history;

  return (
    <div className={css.editor} onKeyDown={onKeyDown}>
      <header className={css.head}>
        <h2>Edit lyrics</h2>
        {/* The focus stays on a button that can be pressed again. */}
        <IconButton label="Undo" disabled={!past.length} onClick={() => edit({ do: "undo", stay: past.length > 1 })}>
          <Undo2 size={20} />
        </IconButton>
        <IconButton
          label="Redo"
          disabled={!future.length}
          onClick={() => edit({ do: "redo", stay: future.length > 1 })}
        >
          <Redo2 size={20} />
        </IconButton>
        <Button onClick={() => (dirty ? setLeaving(true) : onClose())}>Close</Button>
        <Button kind="primary" busy={busy} disabled={!dirty} onClick={() => void save(base.version, base)}>
          Save
        </Button>
      </header>
      {restored && dirty && <Notice>These are your changes from last time. They are not saved yet.</Notice>}
      {fault && <Notice tone="error">{fault.message}</Notice>}
      {tapping === null ? (
        <div className={css.hint}>
          <p>Enter splits a line, Backspace at its start joins it with the one above. Alt + ← → moves its time.</p>
          <Button onClick={startTapping}>Tap along</Button>
          <Button onClick={() => edit({ do: "add", at: draft.lines.length - 1 })}>Add a line</Button>
        </div>
      ) : (
        <TapAlong next={draft.lines[tapping]?.segment.text ?? ""} onTap={tap} onStop={stopTapping} />
      )}
      <ol className={css.lines} ref={list} lang={lyrics.language ?? undefined}>
        {draft.lines.map((line, at) => (
          <EditorLine
            key={line.id}
            line={line}
            at={at}
            active={line.id === active && tapping === null}
            fault={fault?.at === at ? fault.message : null}
            edit={edit}
            onActive={setActive}
            onPlay={play}
          />
        ))}
      </ol>
      {theirs && (
        <ConflictDialog
          mine={written(draft).map(({ segment }) => segment)}
          theirs={theirs}
          busy={busy}
          onMine={() => {
            setBase(theirs);
            setTheirs(null);
            void save(theirs.version, theirs);
          }}
          onTheirs={() => {
            setBase(theirs);
            setTheirs(null);
            edit({ do: "replace", draft: draftOf(theirs) });
            toast("The other version is here now. Undo brings yours back.");
          }}
          onClose={() => setTheirs(null)}
        />
      )}
      {leaving && (
        <Dialog open onOpenChange={setLeaving} title="Your changes are not saved">
          <div className={dialogs.buttons}>
            <Button
              kind="danger"
              onClick={() => {
                drop();
                onClose();
              }}
            >
              Discard
            </Button>
            <Button onClick={onClose}>Keep for later</Button>
            <Button
              kind="primary"
              onClick={() => {
                setLeaving(false);
                void save(base.version, base);
              }}
            >
              Save
            </Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}

/** From `at` on the first line that has words; null behind the last. */
function nextWritten(draft: Draft, at: number): number | null {
  const found = draft.lines.findIndex(({ segment }, i) => i >= at && segment.text.trim());
  return found < 0 ? null : found;
}

/** What the API says is wrong, at the line it means: it counts the lines that were sent, from 0. */
function faultOf(error: unknown, draft: Draft): Fault {
  const message = (error as Error).message;
  const place = error instanceof Problem && error.status === 400 ? /^segments\[(\d+)\]\S*\s*(.*)/.exec(message) : null;
  const line = place && written(draft)[Number(place[1])];
  const at = line ? draft.lines.findIndex(({ id }) => id === line.id) : -1;
  if (at < 0) return { at: null, message: `${message} Your changes are kept in this browser.` };
  return { at, message: `Line ${at + 1} ${place?.[2] ?? "cannot be saved"}.` };
}

/** Puts the caret where the last edit wants it. */
function useFocus(
  list: React.RefObject<HTMLElement | null>,
  focus: { id: number; caret: number; turn: number } | null,
) {
  useEffect(() => {
    if (!focus) return;
    const field = list.current?.querySelector<HTMLTextAreaElement>(`[data-line="${focus.id}"]`);
    field?.focus();
    const caret = Math.min(focus.caret, field?.value.length ?? 0);
    field?.setSelectionRange(caret, caret);
  }, [list, focus]);
}

/** Marks the line that is sung, as the draft has it. */
function useSungLine(list: React.RefObject<HTMLElement | null>, draft: Draft, offsetMs: number, engine: Engine) {
  const [highlight] = useState(() => new Highlight());
  const timeline = useMemo(() => {
    const nudges = Object.fromEntries(draft.lines.map(({ nudgeMs }, at) => [at, nudgeMs]));
    return timelineOf({ segments: draft.lines.map(({ segment }) => segment), nudges, offsetMs });
  }, [draft, offsetMs]);
  useFrames(engine, (position) => {
    if (list.current) highlight.paint(list.current, timeline, position);
  });
}
