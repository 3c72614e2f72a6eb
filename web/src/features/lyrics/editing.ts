import { addAfter, beginAt, type Draft, joinWithAbove, nudge, removeLine, setText, splitLine } from "./draft";
import { begin, type History, record, redo, undo } from "./history";

/** What the editor's keys and buttons do, as one pure function for `useReducer`. */

export interface Editing {
  history: History<Draft>;
  /** Which line (its id) gets the focus next, and where in its text the caret is put. `turn` tells two of them apart. */
  focus: { id: number; caret: number; turn: number } | null;
}

export type Edit =
  | { do: "text"; at: number; text: string }
  | { do: "add" | "join" | "remove"; at: number }
  | { do: "split"; at: number; caret: number }
  | { do: "nudge"; at: number; ms: number }
  | { do: "begin"; at: number; seconds: number }
  | { do: "replace"; draft: Draft }
  | { do: "focus"; at: number; caret: number }
  /** `stay`: the focus is not in the lines, and one goes on with what has it. */
  | { do: "undo" | "redo"; stay?: boolean };

export const editingOf = (draft: Draft): Editing => ({ history: begin(draft), focus: null });

export function editingReducer(state: Editing, edit: Edit): Editing {
  const { history } = state;
  const draft = history.now;
  const to = (next: Draft, focus?: { at: number; caret: number }, kind: string | null = null): Editing => {
    const id = focus && next.lines[focus.at]?.id;
    return {
      history: record(history, next, kind),
      focus: id === undefined ? state.focus : { id, caret: focus?.caret ?? 0, turn: (state.focus?.turn ?? 0) + 1 },
    };
  };
  switch (edit.do) {
    case "text": {
      const added = edit.text.split(/\r\n|\r|\n/).length - 1;
      const end = added ? { at: edit.at + added, caret: Infinity } : undefined;
      return to(setText(draft, edit.at, edit.text), end, added ? null : `text-${draft.lines[edit.at]?.id}`);
    }
    case "add":
      return to(addAfter(draft, edit.at), { at: edit.at + 1, caret: 0 });
    case "split":
      return to(splitLine(draft, edit.at, edit.caret), { at: edit.at + 1, caret: 0 });
    case "join": {
      const above = draft.lines[edit.at - 1];
      if (!above) return state;
      const next = joinWithAbove(draft, edit.at);
      const caret = above.segment.text.trimEnd().length;
      return to(next, { at: edit.at - 1, caret: caret && next.lines[edit.at - 1]?.id === above.id ? caret + 1 : 0 });
    }
    case "remove": {
      const next = removeLine(draft, edit.at);
      return to(next, { at: Math.min(edit.at, next.lines.length - 1), caret: Infinity });
    }
    case "nudge":
      return to(nudge(draft, edit.at, edit.ms), undefined, `nudge-${draft.lines[edit.at]?.id}`);
    case "begin":
      return to(beginAt(draft, edit.at, edit.seconds));
    case "replace":
      return to(edit.draft);
    case "focus":
      return { ...to(draft, edit), history };
    case "undo":
    case "redo": {
      const after = edit.do === "undo" ? undo(history) : redo(history);
      if (after === history) return state;
      // The line that had the focus may go with the step.
      const focus = edit.stay ? undefined : whereDiffers(draft, after.now);
      return { ...to(after.now, focus), history: after };
    }
  }
}

/** The first line of `after` that is not as it was in `before`, and where the two part in it. */
function whereDiffers(before: Draft, after: Draft): { at: number; caret: number } {
  const found = after.lines.findIndex((line, i) => line !== before.lines[i]);
  const at = found < 0 ? after.lines.length - 1 : found; // lines at the end have gone
  const [was = "", is = ""] = [before, after].map(({ lines }) => lines[at]?.segment.text);
  let caret = 0;
  while (caret < is.length && is[caret] === was[caret]) caret++;
  return { at, caret };
}
