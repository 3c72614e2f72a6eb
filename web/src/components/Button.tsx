import type { ButtonHTMLAttributes, ReactNode } from "react";
import css from "./Button.module.css";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** One primary button a page. */
  kind?: "primary" | "plain" | "quiet" | "danger";
  busy?: boolean;
}

export function Button({ kind = "plain", busy = false, type = "button", className = "", disabled, ...rest }: Props) {
  return (
    <button
      type={type}
      className={`${css.button} ${css[kind]} ${className}`}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    />
  );
}

/** A button that shows only an icon: `label` is its name for screen readers and its tooltip. */
export function IconButton({ label, children, ...rest }: Omit<Props, "kind"> & { label: string; children: ReactNode }) {
  return (
    <button
      {...rest}
      type="button"
      aria-label={label}
      title={label}
      className={`${css.icon} ${rest.className ?? ""}`}
      aria-busy={rest.busy || undefined}
    >
      {children}
    </button>
  );
}
