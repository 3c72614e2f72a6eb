import { CheckCircle2 } from "lucide-react";
import { type RefObject, useLayoutEffect, useRef } from "react";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { Progress } from "@/components/Progress";
import { wait } from "@/lib/time";
import { megabytes } from "./takeables";
import css from "./TakeAway.module.css";
import type { Taking } from "./taker";

interface Props {
  taking: Exclude<Taking, { at: "idle" }>;
  name: string;
  /** Where the focus goes when what had it is gone. */
  row: RefObject<HTMLElement | null>;
  onCancel(): void;
}

/** The state of one download: its progress, its result, what to do. */
export function TakingState({ taking, name, row, onCancel }: Props) {
  if (taking.at === "working") return <Working {...{ taking, name, row, onCancel }} />;
  if (taking.at === "failed")
    return (
      <Notice tone="error" action={<Button onClick={taking.again}>Retry</Button>}>
        {taking.message}
      </Notice>
    );
  return (
    <div className={css.done}>
      <CheckCircle2 size={18} aria-hidden="true" />
      <p role="status">
        <strong>{taking.name}</strong> ({megabytes(taking.bytes)}) is in your downloads.
        {taking.loweredDb > 0 && ` It was lowered by ${decibels(taking.loweredDb)} so that nothing distorts.`}
      </p>
      <Button kind="quiet" onClick={taking.again}>
        Download again
      </Button>
    </div>
  );
}

/** Never "0.0 dB": something was done. */
const decibels = (db: number) => (db < 0.05 ? "less than 0.1 dB" : `${db.toFixed(1)} dB`);

function Working({ taking, name, row, onCancel }: Props & { taking: Taking & { at: "working" } }) {
  const cancel = useRef<HTMLSpanElement>(null);
  const { fraction, waiting, secondsLeft } = taking;
  // What started it cannot be pressed now, so the focus moves to what can, and back when that goes.
  useLayoutEffect(() => {
    const [button, line] = [cancel.current?.querySelector("button"), row.current];
    button?.focus({ preventScroll: true });
    return () => {
      if (document.activeElement === button) line?.focus({ preventScroll: true });
    };
  }, [row]);
  const percent = Math.floor((fraction ?? 0) * 100);
  return (
    <div className={css.working}>
      <div className={css.bar}>
        <Progress value={fraction === null ? null : percent} label={`Downloading ${name.toLowerCase()}`} />
        <p className={css.note}>
          {waiting
            ? "No connection. It goes on by itself as soon as there is one."
            : `${fraction === null ? "Starting" : `${percent} %`}${secondsLeft === null ? "" : `, ${wait(secondsLeft)} left`}`}
        </p>
      </div>
      <span ref={cancel}>
        <Button onClick={onCancel}>Cancel</Button>
      </span>
    </div>
  );
}
