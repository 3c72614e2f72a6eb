import { type InputHTMLAttributes, type ReactNode, useId } from "react";
import css from "./Field.module.css";

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  /** What is wrong with the value, as a sentence. */
  error?: string;
  hint?: ReactNode;
  /** A button at the end of the input. */
  trailing?: ReactNode;
}

export function Field({ label, error, hint, trailing, ...rest }: Props) {
  const id = useId();
  const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
  return (
    <div className={css.field}>
      <label htmlFor={id}>{label}</label>
      <div className={css.box}>
        <input id={id} aria-invalid={error ? true : undefined} aria-describedby={about} {...rest} />
        {trailing}
      </div>
      {hint && (
        <span id={`${id}-hint`} className={css.hint}>
          {hint}
        </span>
      )}
      {error && (
        <span id={`${id}-error`} className={css.error} role="alert">
          {error}
        </span>
      )}
    </div>
  );
}
