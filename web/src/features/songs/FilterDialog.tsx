import { type FormEvent, useId, useState } from "react";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Field } from "@/components/Field";
import { spelt } from "./measured";
import { camelotOf, KEYS, type Name, understand, valueOf, withValue } from "./searching";
import css from "./FilterDialog.module.css";

interface Props {
  /** The text of the search field, filters included. */
  text: string;
  onApply(text: string): void;
  onClose(): void;
}

/** Tempo, key and length of the songs to show. What is chosen is written into the search field, where it can be edited. */
export function FilterDialog({ text, onApply, onClose }: Props) {
  const id = useId();
  const [bpm, setBpm] = useState(() => endsOf(text, "bpm"));
  const [length, setLength] = useState(() => endsOf(text, "length"));
  const asked = valueOf(text, "key");
  const [key, setKey] = useState(camelotOf(asked.replace(/^~/, "")) ?? "");
  const [wide, setWide] = useState(asked.startsWith("~"));
  const [tried, setTried] = useState(false);

  const values: Record<Name, string> = {
    bpm: joined(bpm),
    key: key && (wide ? `~${key}` : key),
    length: joined(length),
  };
  const wrong = (name: Name) => Boolean(values[name]) && understand(`${name}:${values[name]}`).problems.length > 0;
  const badBpm = tried && wrong("bpm") ? "Write whole numbers, such as 120 and 130." : undefined;
  const badLength = tried && wrong("length") ? "Write minutes, such as 3 or 3:30." : undefined;

  function apply(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (wrong("bpm") || wrong("length")) return;
    onApply(withValue(withValue(withValue(text, "bpm", values.bpm), "key", values.key), "length", values.length));
    onClose();
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Filter songs"
      description="Only songs that were measured can be found by BPM or key."
    >
      <form className={css.form} onSubmit={apply} noValidate>
        <div className={css.range}>
          <Field
            label="BPM from"
            inputMode="decimal"
            autoComplete="off"
            maxLength={5}
            placeholder="Any"
            autoFocus
            value={bpm[0]}
            onChange={(event) => setBpm([event.target.value.trim(), bpm[1]])}
            error={badBpm}
          />
          <Field
            label="BPM to"
            inputMode="decimal"
            autoComplete="off"
            maxLength={5}
            placeholder="Any"
            value={bpm[1]}
            onChange={(event) => setBpm([bpm[0], event.target.value.trim()])}
          />
        </div>
        <div className={css.key}>
          <label htmlFor={id}>Key</label>
          <select id={id} value={key} onChange={(event) => setKey(event.target.value)}>
            <option value="">Any</option>
            {KEYS.map(({ camelot, name }) => (
              <option key={camelot} value={camelot}>
                {camelot} · {spelt(name)}
              </option>
            ))}
          </select>
          <label className={css.wide}>
            <input type="checkbox" checked={wide} disabled={!key} onChange={(event) => setWide(event.target.checked)} />
            Also keys that mix well with it
          </label>
        </div>
        <div className={css.range}>
          <Field
            label="Minutes from"
            autoComplete="off"
            maxLength={5}
            placeholder="Any"
            value={length[0]}
            onChange={(event) => setLength([event.target.value.trim(), length[1]])}
            error={badLength}
          />
          <Field
            label="Minutes to"
            autoComplete="off"
            maxLength={5}
            placeholder="Any"
            value={length[1]}
            onChange={(event) => setLength([length[0], event.target.value.trim()])}
          />
        </div>
        <p className={css.hint}>
          You can also type this into the search: <code>bpm:120-130 key:~8A length:3-5</code>
        </p>
        <div className={css.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit">
            Show songs
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

type Ends = [from: string, to: string];

function endsOf(text: string, name: Name): Ends {
  const [from = "", to] = valueOf(text, name).replace("–", "-").split("-");
  return [from, to ?? from];
}

const joined = ([from, to]: Ends) => (from || to ? (from === to ? from : `${from}-${to}`) : "");
