import { Lock, LockOpen, Undo2 } from "lucide-react";
import { type ReactNode, useId } from "react";
import type { Measured } from "@/api/measurements";
import { Button } from "@/components/Button";
import css from "./MusicPanel.module.css";

interface Props {
  title: string;
  /** The value in words. */
  value: string;
  measured: Measured<unknown> | null;
  /** Why the value may be wrong; null where it is taken as right. */
  doubt: ReactNode;
  busy: boolean;
  /** Keep the value that is shown, or no longer. Absent where there is nothing to keep. */
  onLock?(lock: boolean): void;
  onUndo(): void;
  children: ReactNode;
}

/** One measure: its value, whether it is sure, and what a person can do about it. */
export function Card({ title, value, measured, doubt, busy, onLock, onUndo, children }: Props) {
  const id = useId();
  const own = Boolean(measured?.edited.length);
  const locked = Boolean(measured?.locked.length);
  return (
    <section className={css.card} aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      <p className={css.value} role="status">
        {value} {own && <span className={css.tag}>Yours</span>}
      </p>
      {doubt && <p className={css.doubt}>{doubt}</p>}
      {children}
      <div className={css.line}>
        {onLock && (
          <button
            type="button"
            className={css.lock}
            aria-pressed={locked}
            disabled={busy}
            title="A locked value stays when the song is measured again"
            onClick={() => onLock(!locked)}
          >
            {locked ? <Lock size={16} aria-hidden="true" /> : <LockOpen size={16} aria-hidden="true" />}
            {locked ? "Locked" : "Lock"}
            <span className="visually-hidden"> {title.toLowerCase()}</span>
          </button>
        )}
        {own && (
          <Button kind="quiet" disabled={busy} onClick={onUndo}>
            <Undo2 size={16} aria-hidden="true" /> Back to what was heard
            <span className="visually-hidden"> for {title.toLowerCase()}</span>
          </Button>
        )}
      </div>
    </section>
  );
}
