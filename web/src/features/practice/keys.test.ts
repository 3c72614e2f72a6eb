import { describe, expect, test } from "vitest";
import { belongsTo, commandOf } from "./keys";

const press = (key: string, more: Partial<KeyboardEvent> = {}) =>
  commandOf({ key, code: "", ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...more });

describe("what a key means", () => {
  test.each([
    [" ", "toggle"],
    ["h", "hint"],
    ["H", "hint"],
    ["Enter", "reveal"],
    ["u", "undo"],
    ["s", "suspend"],
    ["b", "bury"],
    ["t", "type"],
    ["PageUp", "pedal"],
    ["PageDown", "pedal"],
  ])("%j: %s", (key, what) => expect(press(key)?.do).toBe(what));

  test("digits grade, on each keyboard layout and the number pad", () => {
    expect(press("5")).toEqual({ do: "grade", grade: 5 });
    expect(press("&", { code: "Digit1" })).toEqual({ do: "grade", grade: 1 });
    expect(press("3", { code: "Numpad3" })).toEqual({ do: "grade", grade: 3 });
    expect(press("6")).toBeNull();
    expect(press("0")).toBeNull();
  });

  test("the browser's own keys stay its own, and a key that is held does nothing more", () => {
    expect(press("u", { ctrlKey: true })).toBeNull();
    expect(press("s", { metaKey: true })).toBeNull();
    expect(press("h", { repeat: true })).toBeNull();
    expect(press("F5")).toBeNull();
  });
});

test("a field keeps its keys but not a pedal's; a dialog keeps all", () => {
  document.body.innerHTML = `<input /><div role="dialog"><p></p></div><button></button>`;
  const [field, within, button] = ["input", "p", "button"].map((one) => document.querySelector(one));
  expect(belongsTo(field ?? null, { do: "hint" })).toBe(true);
  expect(belongsTo(field ?? null, { do: "pedal", foot: "left" })).toBe(false);
  expect(belongsTo(within ?? null, { do: "pedal", foot: "left" })).toBe(true);
  expect(belongsTo(button ?? null, { do: "hint" })).toBe(false);
  expect(belongsTo(document.body, { do: "toggle" })).toBe(false);
});
