import { useQuery } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { Link } from "wouter";
import { useApi } from "@/api/context";
import { type PracticeStats, practiceCalls, practiceKeys } from "@/api/practice";
import { Button } from "@/components/Button";
import { Empty } from "@/components/Notice";
import css from "./Ask.module.css";
import type { Game } from "./game";
import type { GameState } from "./turn";
import { count, dayName } from "./words";

/** Nothing is due: why, and when there is more. */
export function Done({ game, state }: { game: Game; state: GameState }) {
  const api = useApi();
  const { data: stats } = useQuery({
    queryKey: [...practiceKeys.stats, state.answered],
    queryFn: () => practiceCalls.stats(api),
  });
  const never = stats && stats.reviews === 0 && state.answered === 0 && !state.canUndo;
  if (never && state.due && state.due.left.new > 0)
    return (
      <Empty
        title="No songs to guess yet"
        action={
          <Link href="/" className={css.open}>
            To the library
          </Link>
        }
      >
        <p>Each song of your library that is finished becomes a card. Upload one, then come back.</p>
      </Empty>
    );
  return (
    <Empty
      title="Done for today"
      action={
        <span className={css.after}>
          {state.canUndo && <Button onClick={() => void game.undo()}>Take back the last answer</Button>}
          <Button onClick={() => void game.load()}>Look again</Button>
        </span>
      }
    >
      <CircleCheck size={40} className={css.right} aria-hidden="true" />
      {state.answered > 0 && <p>{count(state.answered, "answer")} in this session.</p>}
      <p>{stats ? whatIsNext(stats, state) : "\u00a0"}</p>
      {stats && stats.streakDays > 1 && <p>{stats.streakDays} days in a row.</p>}
    </Empty>
  );
}

/** When the next card is due, and what today's limits hold back. */
export function whatIsNext(
  { forecast, today }: Pick<PracticeStats, "forecast" | "today">,
  { due }: Pick<GameState, "due">,
) {
  const next = forecast.find(({ day, due: cards }) => day > today && cards > 0);
  const held = forecast.find(({ day, due: cards }) => day === today && cards > 0);
  const sentences = [
    held && due?.left.reviews === 0 && `You have reached today's limit; ${count(held.due, "card")} can wait.`,
    next ? `Next: ${count(next.due, "card")} ${dayName(next.day, today)}.` : "Nothing is due in the next 30 days.",
    due?.left.new === 0 && "More new songs come tomorrow.",
  ];
  return sentences.filter(Boolean).join(" ");
}
