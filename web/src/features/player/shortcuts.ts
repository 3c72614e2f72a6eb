import type { Stem } from "@/audio/engine";
import { lookOf } from "@/lib/stems";

/** What a key asks for. */
export type Command =
  | { do: "toggle" | "restart" | "loop-start" | "loop-end" | "loop-clear" | "help" | "leave" }
  | { do: "click" }
  | { do: "bar" | "section"; direction: -1 | 1 }
  | { do: "skip"; seconds: number }
  | { do: "speed"; steps: number }
  | { do: "mute" | "solo"; stem: Stem };

/** The parts of a KeyboardEvent that decide. */
export type Key = Pick<KeyboardEvent, "key" | "code" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey" | "repeat">;

/** Seconds that an arrow key goes. */
export const SKIP_SEC = 5;

/** Keys and what they do, as the help shows them. */
export const helpFor = (
  stems: readonly Stem[],
  music: { beats: boolean; sections: boolean },
): (readonly [keys: string, what: string])[] => [
  ["Space", "Play or pause"],
  ["← →", "Back or forward 5 seconds"],
  ...(music.beats ? [["Shift + ← →", "Back or forward one bar"] as const] : []),
  ...(music.sections ? [[", and .", "Back or forward one part of the song"] as const] : []),
  ["Home", "Back to the start"],
  ["[ and ]", "Repeat from here, repeat to here"],
  ["\\", "Stop repeating"],
  ["− and +", "Slower, faster"],
  ...(music.beats ? [["M", "Click on each beat"] as const] : []),
  [`1 – ${stems.length}`, `Mute ${labels(stems)}`],
  [`Shift + 1 – ${stems.length}`, `Solo ${labels(stems)}`],
  ["Esc", "Leave the singing view"],
  ["?", "This list"],
];

const labels = (stems: readonly Stem[]) => stems.map((stem) => lookOf(stem).label.toLowerCase()).join(", ");

/** What a key means; null when it is not ours. A key that is held down repeats only what has steps. */
export function commandOf(event: Key, stems: readonly Stem[]): Command | null {
  // AltGr counts as Ctrl + Alt; on some keyboards brackets and the backslash need it.
  const altGr = event.ctrlKey && event.altKey && !event.metaKey;
  if ((event.ctrlKey || event.metaKey || event.altKey) && !altGr) return null;
  const command = altGr
    ? loopCommand(event.key)
    : (stemCommand(event, stems) ?? barCommand(event) ?? named(event.key) ?? loopCommand(event.key));
  const steps = command && ["skip", "speed", "bar", "section"].includes(command.do);
  return event.repeat && !steps ? null : command;
}

function stemCommand({ code, shiftKey }: Key, stems: readonly Stem[]): Command | null {
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(code)?.[1];
  const stem = stems[Number(digit) - 1];
  return stem ? { do: shiftKey ? "solo" : "mute", stem } : null;
}

function barCommand({ key, shiftKey }: Key): Command | null {
  if (!shiftKey || (key !== "ArrowLeft" && key !== "ArrowRight")) return null;
  return { do: "bar", direction: key === "ArrowLeft" ? -1 : 1 };
}

function named(key: string): Command | null {
  switch (key) {
    case " ":
      return { do: "toggle" };
    case "ArrowLeft":
      return { do: "skip", seconds: -SKIP_SEC };
    case "ArrowRight":
      return { do: "skip", seconds: SKIP_SEC };
    case ",":
      return { do: "section", direction: -1 };
    case ".":
      return { do: "section", direction: 1 };
    case "m":
    case "M":
      return { do: "click" };
    case "Home":
      return { do: "restart" };
    case "-":
    case "_":
      return { do: "speed", steps: -1 };
    case "+":
    case "=":
      return { do: "speed", steps: 1 };
    case "?":
      return { do: "help" };
    case "Escape":
      return { do: "leave" };
  }
  return null;
}

function loopCommand(key: string): Command | null {
  if (key === "[") return { do: "loop-start" };
  if (key === "]") return { do: "loop-end" };
  return key === "\\" ? { do: "loop-clear" } : null;
}

const TYPING =
  "input:not([type=checkbox], [type=radio], [type=button], [type=range]), textarea, select, [contenteditable]";
const OVERLAY = "[role=dialog], [role=alertdialog], [role=menu], [role=listbox]";
const PRESSED_BY_SPACE = "button, a[href], summary, input, [role=switch], [role=tab], [role=button]";
const MOVED_BY_ARROWS = "[role=slider], [role=tab], [role=radio], input[type=range]";

/** Whether the focused element needs the key for itself. `clicked`: it got the focus by a press on it, not by keyboard. */
export function belongsTo(target: EventTarget | null, command: Command, clicked: boolean): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest(TYPING) || target.closest(OVERLAY)) return true;
  if (["skip", "restart", "bar"].includes(command.do)) return target.closest(MOVED_BY_ARROWS) !== null;
  // Who has clicked a button does not think of it any more; there the space bar plays, as anywhere.
  return command.do === "toggle" && !clicked && target.closest(PRESSED_BY_SPACE) !== null;
}
