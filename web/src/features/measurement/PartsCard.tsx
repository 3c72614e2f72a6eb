import { useState } from "react";
import type { Measured, Span } from "@/api/measurements";
import { Field } from "@/components/Field";
import { clock } from "@/lib/time";
import { Card } from "./Card";
import type { CardProps } from "./MusicPanel";
import css from "./MusicPanel.module.css";

/** What the API takes. */
const LONGEST = 40;

/** The parts of the song, which a person can name. */
export function PartsCard({ sections, busy, change }: CardProps & { sections: Measured<Span[]> }) {
  const parts = sections.value;
  const save = (value: Span[], lock = true) => void change("sections", { value, lock });
  return (
    <Card
      title="Parts"
      value={`${parts.length} ${parts.length === 1 ? "part" : "parts"}`}
      measured={sections}
      busy={busy}
      doubt={null}
      onLock={(lock) => save(parts, lock)}
      onUndo={() => void change("sections", null)}
    >
      <p className={css.hint}>Equal letters sound alike. Name them: verse, chorus …</p>
      <div className={css.parts}>
        {parts.map(({ start, label }, index) => (
          <Name
            key={`${start} ${label}`}
            label={`Part at ${clock(start)}`}
            name={label}
            onName={(name) => save(parts.map((part, at) => (at === index ? { ...part, label: name } : part)))}
          />
        ))}
      </div>
    </Card>
  );
}

function Name({ label, name, onName }: { label: string; name: string; onName(name: string): void }) {
  const [text, setText] = useState(name);
  const save = () => {
    const wanted = text.trim();
    if (!wanted) setText(name);
    else if (wanted !== name) onName(wanted);
  };
  return (
    <Field
      label={label}
      value={text}
      maxLength={LONGEST}
      onChange={(event) => setText(event.target.value)}
      onBlur={save}
      onKeyDown={(event) => event.key === "Enter" && save()}
    />
  );
}
