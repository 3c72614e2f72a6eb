import { ArrowLeft, ArrowRight, CornerDownLeft, Play, Trash2 } from "lucide-react";
import { type Dispatch, type KeyboardEvent, memo } from "react";
import { IconButton } from "@/components/Button";
import { clock } from "@/lib/time";
import { type DraftLine, shownStart } from "./draft";
import type { Edit } from "./editing";
import css from "./LyricsEditor.module.css";

/** Milliseconds of a nudge. */
const STEP = 50;

interface Props {
  line: DraftLine;
  at: number;
  /** Its buttons are shown. */
  active: boolean;
  /** What is wrong with it, as a sentence. */
  fault: string | null;
  edit: Dispatch<Edit>;
  onActive(id: number): void;
  onPlay(line: DraftLine): void;
}

/** One line of the editor: when it begins, its text, and for the one that has the focus what can be done with it. */
export const EditorLine = memo(function EditorLine({ line, at, active, fault, edit, onActive, onPlay }: Props) {
  const start = shownStart(line);
  const name = `Line ${at + 1}`;
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const { selectionStart: caret, selectionEnd } = event.currentTarget;
    if (event.nativeEvent.isComposing) return; // Enter ends a word of an input method then
    const { key, altKey } = event;
    if (altKey && key === "Enter") onPlay(line);
    else if (key === "Enter") edit({ do: "split", at, caret });
    else if (key === "Backspace" && caret === 0 && selectionEnd === 0 && at > 0) edit({ do: "join", at });
    else if (altKey && (key === "ArrowLeft" || key === "ArrowRight"))
      edit({ do: "nudge", at, ms: key === "ArrowLeft" ? -STEP : STEP });
    else return;
    event.preventDefault();
  };
  return (
    <li className={css.line} data-active={active || undefined} data-stanza={line.segment.stanza || undefined}>
      <button
        type="button"
        className={css.time}
        disabled={start === undefined}
        aria-label={start === undefined ? `${name} has no time yet` : `Play ${name} from ${stamp(start)}`}
        onClick={() => onPlay(line)}
      >
        {start === undefined ? "–:––" : stamp(start)}
        {line.segment.estimated && <small> about</small>}
      </button>
      <textarea
        className={css.text}
        dir="auto"
        rows={1}
        data-line={line.id}
        aria-label={name}
        aria-invalid={fault ? true : undefined}
        value={line.segment.text}
        onChange={(event) => edit({ do: "text", at, text: event.target.value })}
        onKeyDown={onKeyDown}
        onFocus={() => onActive(line.id)}
      />
      {fault && <span className={css.fault}>{fault}</span>}
      {active && (
        <div className={css.tools} role="toolbar" aria-label={`For ${name.toLowerCase()}`}>
          <IconButton
            label="50 ms earlier"
            disabled={start === undefined}
            onClick={() => edit({ do: "nudge", at, ms: -STEP })}
          >
            <ArrowLeft size={18} />
          </IconButton>
          <IconButton
            label="50 ms later"
            disabled={start === undefined}
            onClick={() => edit({ do: "nudge", at, ms: STEP })}
          >
            <ArrowRight size={18} />
          </IconButton>
          <IconButton label="Play this line" disabled={start === undefined} onClick={() => onPlay(line)}>
            <Play size={18} />
          </IconButton>
          <IconButton label="Add a line below" onClick={() => edit({ do: "add", at })}>
            <CornerDownLeft size={18} />
          </IconButton>
          <IconButton label="Delete this line" onClick={() => edit({ do: "remove", at })}>
            <Trash2 size={18} />
          </IconButton>
        </div>
      )}
    </li>
  );
});

/** 83.456 → "1:23.46" */
function stamp(seconds: number): string {
  const hundredths = Math.round(seconds * 100);
  return `${clock(Math.floor(hundredths / 100))}.${String(hundredths % 100).padStart(2, "0")}`;
}
