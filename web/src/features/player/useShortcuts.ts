import { useEffect, useEffectEvent } from "react";
import type { Player } from "./player";
import { belongsTo, commandOf } from "./shortcuts";

/** The studio's keys, wherever the focus is, except where it needs the key itself. */
export function useShortcuts(player: Player | null, others: { help(): void; leave(): void }): void {
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (!player || event.defaultPrevented || event.isComposing) return;
    const command = commandOf(event);
    if (!command || belongsTo(event.target, command)) return;
    event.preventDefault();
    const { controls } = player;
    switch (command.do) {
      case "toggle":
        return controls.toggle();
      case "restart":
        return controls.seek(0);
      case "skip":
        return controls.skip(command.seconds);
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
    const down = (event: KeyboardEvent) => onKeyDown(event);
    addEventListener("keydown", down);
    return () => removeEventListener("keydown", down);
  }, []);
}
