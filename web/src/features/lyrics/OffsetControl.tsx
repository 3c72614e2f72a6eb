import { Minus, Plus } from "lucide-react";
import { Button, IconButton } from "@/components/Button";
import { Slider } from "@/components/Slider";
import css from "./OffsetControl.module.css";

/** Milliseconds of a step, and as far as the slider goes; the buttons go on. */
const STEP = 50;
const FAR = 2000;

/** "0.25 s later" */
export function shiftInWords(offsetMs: number): string {
  if (offsetMs === 0) return "As timed";
  return `${(Math.abs(offsetMs) / 1000).toFixed(2)} s ${offsetMs > 0 ? "later" : "earlier"}`;
}

/** Moves all words against the sound. */
export function OffsetControl({ offsetMs, onMove }: { offsetMs: number; onMove(offsetMs: number): void }) {
  const words = shiftInWords(offsetMs);
  const reach = Math.max(FAR, Math.ceil(Math.abs(offsetMs) / 1000) * 1000);
  return (
    <div className={css.offset} role="group" aria-label="Lyrics too early or late">
      <span className={css.label}>Lyrics too late?</span>
      <IconButton label="Show the lyrics earlier" onClick={() => onMove(offsetMs - STEP)}>
        <Minus size={18} />
      </IconButton>
      <Slider
        label="Lyrics offset"
        value={offsetMs}
        min={-reach}
        max={reach}
        step={STEP}
        text={words}
        onChange={onMove}
      />
      <IconButton label="Show the lyrics later" onClick={() => onMove(offsetMs + STEP)}>
        <Plus size={18} />
      </IconButton>
      <span className={css.label}>Too early?</span>
      <output className={css.value}>{words}</output>
      {offsetMs !== 0 && (
        <Button kind="quiet" onClick={() => onMove(0)}>
          Reset
        </Button>
      )}
    </div>
  );
}
