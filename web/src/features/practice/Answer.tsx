import { Check } from "lucide-react";
import { Link } from "wouter";
import { Button } from "@/components/Button";
import { Skeleton } from "@/components/Progress";
import css from "./Ask.module.css";
import type { Game } from "./game";
import type { Turn } from "./turn";

/** Which song it is, once it is shown. */
export function Answer({ game, turn }: { game: Game; turn: Turn }) {
  const { answer, verdict, card } = turn;
  if (answer === null)
    return (
      <div className={css.answer} aria-busy="true">
        <Skeleton width="60%" height="1.6rem" />
        <Skeleton width="40%" />
      </div>
    );
  if (typeof answer === "string")
    return (
      <div className={css.answer}>
        <p>The answer cannot be shown now: {answer} You can grade yourself all the same.</p>
        <Button kind="quiet" onClick={() => game.retryAnswer()}>
          Show it
        </Button>
      </div>
    );
  return (
    <div className={css.answer}>
      <h2>
        {answer.title ?? "Untitled"}
        {verdict?.title && <Check size={22} aria-label="You named it" className={css.right} />}
      </h2>
      <p>
        {[answer.artist, answer.album].filter(Boolean).join(" · ") || "Unknown artist"}
        {verdict?.artist && <Check size={18} aria-label="You named the artist" className={css.right} />}
      </p>
      <Link href={`/songs/${card.songId}`} className={css.open}>
        Open it in the studio
      </Link>
    </div>
  );
}
