import { type RefObject, useEffect, useEffectEvent } from "react";
import type { Game } from "./game";
import { belongsTo, commandOf } from "./keys";
import { ceilingOf } from "./ladder";

/** Grades of a pedal's two switches. */
const [NOT_KNOWN, KNOWN] = [2, 4];

/** The session's keys and pedals, wherever the focus is, except where it needs the key itself. */
export function useKeys(game: Game, guess: RefObject<HTMLInputElement | null>): void {
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const command = commandOf(event);
    if (!command || belongsTo(event.target, command)) return;
    event.preventDefault();
    const { turn } = game.state();
    switch (command.do) {
      case "toggle":
        return game.toggle();
      case "hint":
        return game.hint();
      case "reveal":
        return game.reveal();
      case "grade":
        return void game.grade(command.grade);
      case "undo":
        return void game.undo();
      case "suspend":
      case "bury":
        return void game.leave(command.do);
      case "type":
        return guess.current?.focus();
      case "pedal":
        if (!turn) return;
        if (!turn.revealed) return command.foot === "left" ? game.hint() : game.reveal();
        // A foot cannot say how well.
        return void game.grade(
          command.foot === "left" ? NOT_KNOWN : Math.min(KNOWN, ceilingOf(turn.mask, turn.hints.length)),
        );
    }
  });
  useEffect(() => {
    const down = (event: KeyboardEvent) => onKeyDown(event);
    // Firefox presses a focused button when the space bar comes up, even where its keydown was prevented.
    const up = (event: KeyboardEvent) => {
      const { target } = event;
      if (event.key === " " && target instanceof HTMLButtonElement && !target.matches(":focus-visible"))
        event.preventDefault();
    };
    addEventListener("keydown", down);
    addEventListener("keyup", up);
    return () => {
      removeEventListener("keydown", down);
      removeEventListener("keyup", up);
    };
  }, []);
}
