import { type KeyboardEvent, useEffect, useRef } from "react";
import { Button } from "@/components/Button";
import css from "./LyricsEditor.module.css";

interface Props {
  /** The text of the line that begins next. */
  next: string;
  onTap(): void;
  onStop(): void;
}

/** While the song plays, each press says: the next line begins now. */
export function TapAlong({ next, onTap, onStop }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Tab") return;
    // A key that is held down is one press; and the player must not take Space for its own.
    event.stopPropagation();
    if (event.key === "Escape") onStop();
    else if ((event.key === " " || event.key === "Enter") && event.target === button.current) {
      if (!event.repeat) onTap();
    } else return;
    event.preventDefault();
  };
  return (
    <div className={css.tap} role="group" aria-label="Tap along" onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        className={css.tapButton}
        onPointerDown={(event) => {
          // The moment of touching counts, not that of letting go.
          if (event.button === 0) onTap();
        }}
        onKeyUp={(event) => event.key === " " && event.preventDefault()}
        onClick={(event) => event.detail === 0 && onTap()}
      >
        <strong>Tap (or press Space) when this line begins</strong>
        <span dir="auto">{next}</span>
      </button>
      <Button onClick={onStop}>Stop tapping</Button>
    </div>
  );
}
