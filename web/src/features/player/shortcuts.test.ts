import { afterEach, expect, test } from "vitest";
import { FOUR_STEMS, SIX_STEMS } from "@/lib/stems.fake";
import { belongsTo, type Command, commandOf, helpFor, type Key } from "./shortcuts";

const key = (name: string, rest: Partial<Key> = {}): Key => ({
  key: name,
  code: "",
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  repeat: false,
  ...rest,
});

test.each<[string, Key, Command | null]>([
  ["the space bar plays", key(" "), { do: "toggle" }],
  ["an arrow goes back", key("ArrowLeft"), { do: "skip", seconds: -5 }],
  ["an arrow goes on, and on while held", key("ArrowRight", { repeat: true }), { do: "skip", seconds: 5 }],
  ["Home restarts", key("Home"), { do: "restart" }],
  ["a bracket begins the loop", key("["), { do: "loop-start" }],
  ["on a keyboard with AltGr too", key("]", { ctrlKey: true, altKey: true }), { do: "loop-end" }],
  ["a backslash ends it", key("\\"), { do: "loop-clear" }],
  ["minus is slower", key("-"), { do: "speed", steps: -1 }],
  ["plus is faster, with or without Shift", key("="), { do: "speed", steps: 1 }],
  ["one mutes drums", key("1", { code: "Digit1" }), { do: "mute", stem: "drums" }],
  ["by its place on the keyboard", key("&", { code: "Digit1" }), { do: "mute", stem: "drums" }],
  ["Shift solos", key("$", { code: "Digit4", shiftKey: true }), { do: "solo", stem: "vocals" }],
  ["the number pad mutes", key("3", { code: "Numpad3" }), { do: "mute", stem: "other" }],
  ["a question mark helps", key("?", { shiftKey: true }), { do: "help" }],
  ["Escape leaves", key("Escape"), { do: "leave" }],
  ["five does nothing in a song of four stems", key("5", { code: "Digit5" }), null],
  ["a held key mutes once", key("1", { code: "Digit1", repeat: true }), null],
  ["a held space bar plays once", key(" ", { repeat: true }), null],
  ["the browser's zoom stays the browser's", key("-", { ctrlKey: true }), null],
  ["a tab's number stays the browser's", key("1", { code: "Digit1", metaKey: true }), null],
  ["going back in history stays the browser's", key("ArrowLeft", { altKey: true }), null],
])("%s", (_, event, command) => expect(commandOf(event, FOUR_STEMS)).toEqual(command));

afterEach(() => document.body.replaceChildren());

function element(html: string): Element {
  document.body.innerHTML = html;
  const found = document.querySelector("[data-here]");
  if (!found) throw new Error(html);
  return found;
}

test.each<[string, string, Command["do"][], boolean]>([
  ["a field takes every key", "<input data-here>", ["toggle", "mute", "skip", "leave"], true],
  ["text takes every key", "<textarea data-here></textarea>", ["toggle", "solo", "loop-start"], true],
  ["editable text too", "<p contenteditable='true'><b data-here>x</b></p>", ["toggle", "mute"], true],
  ["an open dialog takes every key", "<div role=dialog><button data-here>x</button></div>", ["mute", "leave"], true],
  ["a fader takes the arrows", "<span role=slider data-here></span>", ["skip", "restart"], true],
  ["and nothing else", "<span role=slider data-here></span>", ["toggle", "mute", "speed"], false],
  ["a clicked button leaves the space bar alone", "<button data-here>x</button>", ["toggle", "mute", "skip"], false],
  ["so does the page", "<main data-here></main>", ["toggle", "mute", "skip", "leave"], false],
])("%s", (_, html, commands, theirs) => {
  const target = element(html);
  for (const command of commands) expect(belongsTo(target, { do: command } as Command, true), command).toBe(theirs);
});

test("a button reached by keyboard takes the space bar, and nothing else", () => {
  const target = element("<button><span data-here>x</span></button>");
  expect(belongsTo(target, { do: "toggle" }, false)).toBe(true);
  expect(belongsTo(target, { do: "mute", stem: "bass" }, false)).toBe(false);
});

test("nothing focused means the studio's", () => expect(belongsTo(null, { do: "toggle" }, false)).toBe(false));

test("six stems have six keys, and the help names them", () => {
  expect(commandOf(key("3", { code: "Digit3" }), SIX_STEMS)).toEqual({ do: "mute", stem: "guitar" });
  expect(commandOf(key("6", { code: "Digit6", shiftKey: true }), SIX_STEMS)).toEqual({ do: "solo", stem: "vocals" });
  expect(helpFor(SIX_STEMS, { beats: false, sections: false })).toContainEqual([
    "1 – 6",
    "Mute drums, bass, guitar, piano, other, vocals",
  ]);
});

test("bars, parts and the click have keys, which the help names where the song's are known", () => {
  expect(commandOf(key("ArrowRight", { shiftKey: true }), FOUR_STEMS)).toEqual({ do: "bar", direction: 1 });
  expect(commandOf(key("ArrowLeft", { shiftKey: true, repeat: true }), FOUR_STEMS)).toEqual({
    do: "bar",
    direction: -1,
  });
  expect(commandOf(key(","), FOUR_STEMS)).toEqual({ do: "section", direction: -1 });
  expect(commandOf(key("."), FOUR_STEMS)).toEqual({ do: "section", direction: 1 });
  expect(commandOf(key("m"), FOUR_STEMS)).toEqual({ do: "click" });
  expect(commandOf(key("m", { repeat: true }), FOUR_STEMS)).toBeNull();
  const known = helpFor(FOUR_STEMS, { beats: true, sections: true }).map(([keys]) => keys);
  const unknown = helpFor(FOUR_STEMS, { beats: false, sections: false }).map(([keys]) => keys);
  expect(known.filter((keys) => !unknown.includes(keys))).toEqual(["Shift + ← →", ", and .", "M"]);
});
