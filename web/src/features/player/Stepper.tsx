import { Minus, Plus } from "lucide-react";
import { IconButton } from "@/components/Button";
import css from "./Transport.module.css";

interface Props {
  label: string;
  /** The value as it is shown and spoken. */
  text: string;
  /** What the two buttons do, with their keys. */
  less: string;
  more: string;
  canLess: boolean;
  canMore: boolean;
  /** Shown as the way back when the value is not the usual one. */
  changed: boolean;
  onStep(direction: -1 | 0 | 1): void;
}

/** A value with a step down, a step up, and a press on it to set it back. */
export function Stepper({ label, text, less, more, canLess, canMore, changed, onStep }: Props) {
  return (
    <div className={css.stepper} role="group" aria-label={label}>
      <span className={css.caption} aria-hidden="true">
        {label}
      </span>
      <IconButton label={less} disabled={!canLess} onClick={() => onStep(-1)}>
        <Minus size={16} />
      </IconButton>
      <button
        type="button"
        className={css.value}
        disabled={!changed}
        title={changed ? `Reset ${label.toLowerCase()}` : undefined}
        aria-label={changed ? `${label} ${text}, reset` : `${label} ${text}`}
        onClick={() => onStep(0)}
      >
        <span aria-live="polite">{text}</span>
      </button>
      <IconButton label={more} disabled={!canMore} onClick={() => onStep(1)}>
        <Plus size={16} />
      </IconButton>
    </div>
  );
}
