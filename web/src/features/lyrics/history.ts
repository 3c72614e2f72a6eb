/** States that can be gone back to. `kind` of the last change: typing in one line is one step back, not one a letter. */
export interface History<State> {
  past: readonly State[];
  now: State;
  future: readonly State[];
  kind: string | null;
}

/** How many steps back are kept. */
const STEPS = 200;

export const begin = <State>(now: State): History<State> => ({ past: [], now, future: [], kind: null });

/** A change to `next`. Changes in a row of the same `kind` are one step; null is always a step of its own. */
export function record<State>(history: History<State>, next: State, kind: string | null = null): History<State> {
  if (next === history.now) return history;
  const more = kind !== null && kind === history.kind;
  const past = more ? history.past : [...history.past.slice(1 - STEPS), history.now];
  return { past, now: next, future: [], kind };
}

export function undo<State>(history: History<State>): History<State> {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return { past: history.past.slice(0, -1), now: before, future: [history.now, ...history.future], kind: null };
}

export function redo<State>(history: History<State>): History<State> {
  const [after, ...future] = history.future;
  if (after === undefined) return history;
  return { past: [...history.past, history.now], now: after, future, kind: null };
}
