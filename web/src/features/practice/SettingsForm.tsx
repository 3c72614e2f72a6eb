import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { useApi } from "@/api/context";
import { practiceCalls, practiceKeys, type PracticeSettings } from "@/api/practice";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import css from "./Stats.module.css";

const here = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The zones that this browser knows, and those that are in use. */
const zones = (...used: string[]): string[] => [...new Set([...used, ...Intl.supportedValuesOf("timeZone")])].sort();

const SCHEDULERS = [
  ["sm2", "SM-2: the classic rule"],
  ["fsrs", "FSRS: learns from how memory fades"],
] as const;

export function SettingsForm({ settings }: { settings: PracticeSettings }) {
  const api = useApi();
  const queries = useQueryClient();
  const id = useId();
  const [form, setForm] = useState(settings);
  const [state, setState] = useState<"idle" | "busy" | "saved" | Error>("idle");
  const change = (more: Partial<PracticeSettings>) => {
    setForm({ ...form, ...more });
    setState("idle");
  };
  async function save(event: FormEvent) {
    event.preventDefault();
    setState("busy");
    try {
      const saved = await practiceCalls.putSettings(api, form);
      queries.setQueryData(practiceKeys.settings, saved);
      void queries.invalidateQueries({ queryKey: practiceKeys.stats });
      setState("saved");
    } catch (error) {
      setState(error instanceof Error ? error : new Error("The settings could not be saved."));
    }
  }
  return (
    <form className={`${css.plot} ${css.form}`} onSubmit={(event) => void save(event)}>
      <div className={css.choice}>
        <label htmlFor={`${id}-scheduler`}>When a song comes again</label>
        <select
          id={`${id}-scheduler`}
          value={form.scheduler}
          onChange={({ target }) => change({ scheduler: target.value as PracticeSettings["scheduler"] })}
        >
          {SCHEDULERS.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
        <span className={css.small}>A change counts all of your answers anew; none is lost.</span>
      </div>
      <div className={css.choice}>
        <label htmlFor={`${id}-zone`}>Time zone</label>
        <span className={css.row}>
          <select id={`${id}-zone`} value={form.timeZone} onChange={({ target }) => change({ timeZone: target.value })}>
            {zones(settings.timeZone, here()).map((zone) => (
              <option key={zone}>{zone}</option>
            ))}
          </select>
          {form.timeZone !== here() && (
            <Button kind="quiet" onClick={() => change({ timeZone: here() })}>
              Use {here()}
            </Button>
          )}
        </span>
        <span className={css.small}>A practice day begins at 04:00 there.</span>
      </div>
      <div className={css.pair}>
        <Field
          label="New songs a day"
          type="number"
          min={0}
          max={1000}
          required
          value={form.newPerDay}
          onChange={({ target }) => change({ newPerDay: target.valueAsNumber })}
        />
        <Field
          label="Songs asked again a day"
          type="number"
          min={0}
          max={10_000}
          required
          value={form.reviewsPerDay}
          onChange={({ target }) => change({ reviewsPerDay: target.valueAsNumber })}
        />
      </div>
      <div className={css.row}>
        <Button type="submit" kind="primary" busy={state === "busy"}>
          Save
        </Button>
        <span role="status">{state === "saved" ? "Saved." : state instanceof Error ? state.message : ""}</span>
      </div>
    </form>
  );
}
