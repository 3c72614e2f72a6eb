import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/api/context";
import { practiceCalls, practiceKeys } from "@/api/practice";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { Skeleton } from "@/components/Progress";
import { Bars } from "./Bars";
import { Frame, Waiting } from "./Frame";
import { useOutbox } from "./outbox/useOutbox";
import css from "./Stats.module.css";
import { compared, forecastOf, percent, retentionOf } from "./statistics";
import { count } from "./words";

/** How well a person remembers, what comes, and which scheduler foretells them better. */
export default function StatsPage() {
  const api = useApi();
  const { outbox, state } = useOutbox();
  const {
    data: stats,
    error,
    refetch,
  } = useQuery({
    queryKey: practiceKeys.stats,
    queryFn: () => practiceCalls.stats(api),
  });
  return (
    <Frame title="Practice statistics" back="/practice">
      <Waiting outbox={outbox} state={state} />
      {error && (
        <Notice tone="error" action={<Button onClick={() => void refetch()}>Try again</Button>}>
          {error.message}
        </Notice>
      )}
      {!stats && !error && <Skeleton height="16rem" />}
      {stats && (
        <>
          <dl className={css.figures}>
            <Figure name="Days in a row" value={String(stats.streakDays)} />
            <Figure name="Remembered" value={percent(stats.retention.share)} hint="of 30 days" />
            <Figure name="Answers" value={String(stats.reviews)} />
            <Figure name="Songs" value={String(stats.cards)} />
          </dl>
          <Bars {...forecastOf(stats)} />
          <Bars {...retentionOf(stats)} unit=" %" />
          <section className={css.plot}>
            <h2>SM-2 and FSRS on your answers</h2>
            {stats.comparison ? (
              <>
                <p>{compared(stats.comparison)}</p>
                <dl className={css.figures}>
                  <Figure name="SM-2" value={stats.comparison.sm2.toFixed(3)} hint="log loss" />
                  <Figure name="FSRS" value={stats.comparison.fsrs.toFixed(3)} hint="log loss" />
                </dl>
                <p className={css.small}>
                  Log loss says how far a scheduler&apos;s forecasts were from what you knew, over{" "}
                  {count(stats.comparison.reviews, "answer")}. Less is better. Always guessing half and half is 0.693.
                </p>
              </>
            ) : (
              <p>With 100 answers of songs that were asked before, this compares how well each foretells you.</p>
            )}
          </section>
        </>
      )}
    </Frame>
  );
}

function Figure({ name, value, hint }: { name: string; value: string; hint?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value}
        {hint && <small> {hint}</small>}
      </dd>
    </div>
  );
}
