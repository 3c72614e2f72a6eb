import { useEffect, useEffectEvent } from "react";
import type { Player } from "./player";
import { belongsTo, commandOf, SKIP_SEC } from "./shortcuts";

/** The studio's keys, wherever the focus is, except where it needs the key itself. */
export function useShortcuts(player: Player | null, others: { help(): void; leave(): void }): void {
  const onKeyDown = useEffectEvent((event: KeyboardEvent, clicked: boolean) => {
    if (!player || event.defaultPrevented || event.isComposing) return;
    const command = commandOf(event, player.engine.stems);
    if (!command || belongsTo(event.target, command, clicked)) return;
    event.preventDefault();
    const { controls } = player;
    switch (command.do) {
      case "toggle":
        return controls.toggle();
      case "restart":
        return controls.seek(0);
      case "skip":
        return controls.skip(command.seconds);
      case "bar":
        // Where no bars are known, Shift changes nothing.
        if (player.music.get().grid) return controls.bar(command.direction);
        return controls.skip(command.direction * SKIP_SEC);
      case "section":
        return controls.section(command.direction);
      case "click": {
        const { click, music } = player;
        if (music.get().grid) click.set({ ...click.get(), on: !click.get().on });
        return;
      }
      case "loop-start":
        return controls.loopFromHere();
      case "loop-end":
        return controls.loopToHere();
      case "loop-clear":
        return controls.loop(null);
      case "speed":
        return controls.speed(command.steps);
      case "mute":
        return controls.mute(command.stem);
      case "solo":
        return controls.solo(command.stem);
      case "help":
        return others.help();
      case "leave":
        return others.leave();
    }
  });
  useEffect(() => {
    let pointing = false;
    let clicked = false;
    const seen = (event: Event) => void (pointing = event.type === "pointerdown");
    const focused = () => void (clicked = pointing);
    const down = (event: KeyboardEvent) => onKeyDown(event, clicked);
    // Firefox presses a focused button when the space bar comes up, even where its keydown was prevented.
    const up = (event: KeyboardEvent) => {
      if (event.key === " " && clicked && event.target instanceof HTMLButtonElement) event.preventDefault();
    };
    addEventListener("pointerdown", seen, true);
    addEventListener("keydown", seen, true);
    addEventListener("focusin", focused);
    addEventListener("keydown", down);
    addEventListener("keyup", up);
    return () => {
      removeEventListener("pointerdown", seen, true);
      removeEventListener("keydown", seen, true);
      removeEventListener("focusin", focused);
      removeEventListener("keydown", down);
      removeEventListener("keyup", up);
    };
  }, []);
}
