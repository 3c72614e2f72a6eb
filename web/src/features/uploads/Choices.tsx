import { type ReactNode, useId } from "react";
import type { Model } from "./model";
import css from "./uploads.module.css";

const CODES = "en es pt fr de it nl sv da no fi pl cs uk ru tr el he ar fa hi id vi th zh ja ko".split(" ");
const names = new Intl.DisplayNames(["en"], { type: "language" });
const LANGUAGES = CODES.map((code) => [code, names.of(code) ?? code] as const).sort((a, b) => a[1].localeCompare(b[1]));

const MODELS: Record<Model, string> = {
  auto: "Best here (recommended)",
  htdemucs_ft: "Best quality, slow",
  htdemucs: "High quality",
  preview: "Built in, fast",
};

function Choice(props: {
  label: string;
  value: string;
  onChange(value: string): void;
  disabled?: boolean;
  hint?: ReactNode;
  children: ReactNode;
}) {
  const id = useId();
  const { label, value, onChange, disabled, hint, children } = props;
  return (
    <div className={css.field}>
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        disabled={disabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.target.value)}
      >
        {children}
      </select>
      {hint && (
        <span id={`${id}-hint`} className={css.quiet}>
          {hint}
        </span>
      )}
    </div>
  );
}

/** Null: found out from the singing. */
export function LanguageChoice({ value, onChange }: { value: string | null; onChange(value: string | null): void }) {
  return (
    <Choice label="Language" value={value ?? ""} onChange={(code) => onChange(code || null)}>
      <option value="">Detect automatically</option>
      {LANGUAGES.map(([code, name]) => (
        <option key={code} value={code}>
          {name}
        </option>
      ))}
    </Choice>
  );
}

export function ModelChoice({ value, onChange }: { value: Model; onChange(value: Model): void }) {
  return (
    <Choice label="Separation" value={value} onChange={(model) => onChange(model as Model)}>
      {Object.entries(MODELS).map(([model, name]) => (
        <option key={model} value={model}>
          {name}
        </option>
      ))}
    </Choice>
  );
}
