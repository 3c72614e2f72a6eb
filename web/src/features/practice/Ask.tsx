import { Eye, Lightbulb, Moon, Pause, Play, Trash2, Undo2 } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import { Button, IconButton } from "@/components/Button";
import css from "./Ask.module.css";
import { Answer } from "./Answer";
import type { Game } from "./game";
import type { GameState, Turn } from "./turn";
import { Keys } from "./Keys";
import { ceilingOf } from "./ladder";
import { Ladder } from "./Ladder";
import { useSound } from "./useSound";
import { useKeys } from "./useKeys";
import { GRADES } from "./words";

/** One card: what is heard, the guess, the answer, and the grade. */
export function Ask({ game, state, turn }: { game: Game; state: GameState; turn: Turn }) {
  const guess = useRef<HTMLInputElement>(null);
  useKeys(game, guess);
  const { clip, message } = state;
  const { playing, trouble } = useSound(clip);
  const best = ceilingOf(turn.mask, turn.hints.length);
  const more = clip && turn.rung < clip.rungs.length ? clip.rungs[turn.rung] : undefined;
  const next = more ? more.added.join(" and ") : "in words";
  const play = (
    <Button kind={turn.revealed ? "plain" : "primary"} className={css.big} onClick={() => game.toggle()}>
      {playing ? <Pause size={26} /> : <Play size={26} />}
      {playing ? "Pause" : "Play"}
    </Button>
  );
  return (
    <div className={css.ask} data-revealed={turn.revealed}>
      <section className={css.card} aria-label="The song">
        <Ladder clip={clip} turn={turn} playing={playing} />
        {turn.hints.map((hint) => (
          <p key={hint} className={css.hint}>
            <Lightbulb size={18} aria-hidden="true" /> {hint}
          </p>
        ))}
        {turn.revealed ? (
          <Answer game={game} turn={turn} />
        ) : (
          <Guess key={turn.reviewId} game={game} input={guess} artistKnown={turn.verdict?.artist === true} />
        )}
        <p className={css.message} data-tone={message?.tone} role="status">
          {trouble ?? message?.text ?? "\u00a0"}
        </p>
      </section>
      <div className={css.controls} role="group" aria-label="Controls">
        <div className={css.tools}>
          <IconButton label="Take back (U)" disabled={!state.canUndo} onClick={() => void game.undo()}>
            <Undo2 size={20} />
          </IconButton>
          <IconButton label="Not today (B)" onClick={() => void game.leave("bury")}>
            <Moon size={20} />
          </IconButton>
          <IconButton label="Never again (S)" onClick={() => void game.leave("suspend")}>
            <Trash2 size={20} />
          </IconButton>
          <Keys />
          <span className={css.best}>{turn.revealed ? "How well did you know it?" : `Best grade: ${best}`}</span>
        </div>
        {turn.revealed ? (
          <div className={css.grades}>
            {play}
            {[1, 2, 3, 4, 5].map((grade) => (
              <Button
                key={grade}
                className={css.grade}
                data-grade={grade}
                disabled={grade > best}
                aria-label={`${grade}: ${GRADES[grade]}`}
                onClick={() => void game.grade(grade)}
              >
                <b>{grade}</b>
                <small>{GRADES[grade]}</small>
              </Button>
            ))}
          </div>
        ) : (
          <div className={css.asking}>
            <Button className={css.big} onClick={() => game.hint()}>
              <Lightbulb size={24} />
              <span>
                Hint
                <small>{next}</small>
              </span>
            </Button>
            {play}
            <Button className={css.big} onClick={() => game.reveal()}>
              <Eye size={24} />
              Answer
            </Button>
          </div>
        )}
      </div>
    </div>
  );
}

function Guess({
  game,
  input,
  artistKnown,
}: {
  game: Game;
  input: React.RefObject<HTMLInputElement | null>;
  artistKnown: boolean;
}) {
  const [text, setText] = useState("");
  function judge(event: FormEvent) {
    event.preventDefault();
    void game.guess(text);
  }
  return (
    <form className={css.guess} onSubmit={judge}>
      <input
        ref={input}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        aria-label={artistKnown ? "Your guess: the title" : "Your guess: title or artist"}
        placeholder={artistKnown ? "The title?" : "Title or artist?"}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        enterKeyHint="go"
        maxLength={300}
      />
      <Button type="submit">Guess</Button>
    </form>
  );
}
