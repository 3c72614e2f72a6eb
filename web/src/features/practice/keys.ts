/** What a key or a pedal asks for. */
export type Command =
  | { do: "toggle" | "hint" | "reveal" | "undo" | "suspend" | "bury" | "type" }
  | { do: "grade"; grade: number }
  /** A pedal has two switches: what they mean depends on whether the answer is shown. */
  | { do: "pedal"; foot: "left" | "right" };

type Key = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "repeat">;

/** Keys and what they do, as the help shows them. */
export const HELP: readonly (readonly [keys: string, what: string])[] = [
  ["Space", "Play or pause"],
  ["H", "Next hint"],
  ["T", "Type a guess; Enter judges it"],
  ["Enter", "Show the answer"],
  ["1 – 5", "Grade yourself, once the answer is shown"],
  ["U", "Take back the last answer"],
  ["B", "Not today: ask again tomorrow"],
  ["S", "Never ask it again"],
  ["Page Up", "Pedal, left: next hint; then: not known"],
  ["Page Down", "Pedal, right: show the answer; then: known"],
];

/** What a key means; null when it is not ours. A key that is held down does nothing more. */
export function commandOf(event: Key): Command | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return null;
  const digit = /^(?:Digit|Numpad)([1-5])$/.exec(event.code)?.[1] ?? /^[1-5]$/.exec(event.key)?.[0];
  if (digit) return { do: "grade", grade: Number(digit) };
  switch (event.key.length === 1 ? event.key.toLowerCase() : event.key) {
    case " ":
      return { do: "toggle" };
    case "h":
      return { do: "hint" };
    case "Enter":
      return { do: "reveal" };
    case "u":
      return { do: "undo" };
    case "s":
      return { do: "suspend" };
    case "b":
      return { do: "bury" };
    case "t":
      return { do: "type" };
    case "PageUp":
      return { do: "pedal", foot: "left" };
    case "PageDown":
      return { do: "pedal", foot: "right" };
    default:
      return null;
  }
}

const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable]";
const OVERLAY = "[role=dialog], [role=menu], [role=alertdialog]";
const PRESSED = "a[href], button, summary, [role=button], [role=menuitem]";

/** Whether the place with the focus needs the key itself. Who has clicked a button does not think of it any more. */
export function belongsTo(target: EventTarget | null, command: Command): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest(OVERLAY)) return true;
  if (target.closest(TYPING)) return command.do !== "pedal";
  const pressing = command.do === "toggle" || command.do === "reveal";
  return pressing && target.closest(PRESSED)?.matches(":focus-visible") === true;
}
