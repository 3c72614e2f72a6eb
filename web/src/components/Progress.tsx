import css from "./Progress.module.css";

/** `value` 0–100, or null when only that something goes on is known. */
export function Progress({ value, label }: { value: number | null; label: string }) {
  return (
    <div
      className={css.track}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value === null ? undefined : Math.round(value)}
    >
      <div
        className={value === null ? css.unknown : css.bar}
        style={value === null ? undefined : { transform: `scaleX(${Math.min(100, Math.max(0, value)) / 100})` }}
      />
    </div>
  );
}

/** A grey place where text will be. `width` is a CSS length. */
export function Skeleton({ width = "100%", height = "1em" }: { width?: string; height?: string }) {
  return <span className={css.skeleton} style={{ width, height }} aria-hidden="true" />;
}
