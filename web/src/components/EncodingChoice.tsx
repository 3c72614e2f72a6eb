import { useId, useMemo } from "react";
import { type Encoding, ENCODINGS, preview } from "@/lib/lyricsFile";
import css from "./EncodingChoice.module.css";

interface Props {
  /** The file. */
  bytes: Uint8Array;
  /** Null: none chosen yet. */
  value: Encoding | null;
  onChange(encoding: Encoding): void;
}

const IN_OPTION = 24; // characters

/** Asks what a lyrics file is written in, and shows how it reads. Encodings that cannot be it are not offered. */
export function EncodingChoice({ bytes, value, onChange }: Props) {
  const id = useId();
  const readings = useMemo(
    () =>
      ENCODINGS.flatMap(([name, label]) => {
        const shown = preview(bytes, name);
        return shown ? [{ name, label, lines: shown }] : [];
      }),
    [bytes],
  );
  const lines = readings.find(({ name }) => name === value)?.lines;
  return (
    <div className={css.choice}>
      <label htmlFor={id}>What is the file written in?</label>
      <select
        id={id}
        value={value ?? ""}
        aria-describedby={`${id}-lines`}
        onChange={(event) => onChange(event.target.value as Encoding)}
      >
        <option value="" disabled>
          Pick the one that reads right
        </option>
        {readings.map(({ name, label, lines: [first = ""] }) => (
          <option key={name} value={name}>
            {[first.slice(0, IN_OPTION), label].filter(Boolean).join(" · ")}
          </option>
        ))}
      </select>
      <div id={`${id}-lines`} aria-live="polite" className={css.lines} dir="auto">
        {lines?.map((line, index) => (
          <p key={index}>{line}</p>
        ))}
      </div>
    </div>
  );
}
