import { useState } from "react";
import type { SessionSummary } from "@/api/sessions";
import { Button } from "@/components/Button";
import { useOffset, useTakeActions } from "./actions";
import css from "./Takes.module.css";
import { place, readPlace } from "./words";

const STEPS = [-10, -1, 1, 10] as const;
const signed = (ms: number) => (ms > 0 ? `+${ms}` : `−${-ms}`);

/** Where the take begins in its song: typed, or nudged by milliseconds. */
export function Nudge({ take, name }: { take: SessionSummary; name: string }) {
  const actions = useTakeActions();
  const offsetMs = useOffset(take);
  const [typed, setTyped] = useState<string | null>(null);
  const wrong = typed !== null && readPlace(typed) === null;

  function settle() {
    const ms = typed === null ? null : readPlace(typed);
    if (ms !== null && ms !== offsetMs) actions.moveTo(take, ms);
    setTyped(null);
  }

  const step = (by: number) => (
    <Button
      key={by}
      kind="quiet"
      className={css.step}
      aria-label={`${name}: ${Math.abs(by)} ms ${by < 0 ? "earlier" : "later"}`}
      onClick={() => actions.nudge(take, by)}
    >
      {signed(by)}
    </Button>
  );
  return (
    <div className={css.nudge} role="group" aria-label={`Place of ${name} in the song`}>
      {STEPS.filter((by) => by < 0).map(step)}
      <input
        className={css.place}
        aria-label={`${name} begins at`}
        aria-invalid={wrong || undefined}
        title="Where the take begins in the song; the buttons move it by milliseconds"
        value={typed ?? place(offsetMs)}
        inputMode="decimal"
        onChange={(event) => setTyped(event.target.value)}
        onBlur={settle}
        onKeyDown={(event) => {
          if (event.key === "Enter") settle();
          if (event.key === "Escape") setTyped(null);
        }}
      />
      {STEPS.filter((by) => by > 0).map(step)}
      <span className={css.unit}>ms</span>
    </div>
  );
}
