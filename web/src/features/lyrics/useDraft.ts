import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import type { Lyrics } from "@/api/client";
import { useSession } from "@/session/context";
import { draftOf, toChange } from "./draft";
import { dropDraft, storedDraft, storeDraft } from "./draftStore";
import { editingOf, editingReducer } from "./editing";

/** After the last letter it is written down so much later (ms). */
const WRITE_AFTER = 250;

/** The draft of a song's words: what was left unsaved, else `lyrics` as they are. Written down while it is edited. */
export function useDraft(songId: string, lyrics: Lyrics) {
  const [found] = useState(() => storedDraft(songId));
  const [by] = useState(() => crypto.randomUUID());
  const session = useSession();
  const [owner] = useState(() => {
    const state = session.state();
    return state.status === "in" ? state.email : "";
  });
  const [base, setBase] = useState(found?.base ?? lyrics);
  const [state, edit] = useReducer(editingReducer, found?.draft ?? draftOf(lyrics), editingOf);
  const draft = state.history.now;
  const dirty = toChange(draft, base) !== null;
  const latest = useRef({ base, draft, dirty });

  const write = useCallback(() => {
    const { base, draft, dirty } = latest.current;
    if (dirty) storeDraft(songId, { by, owner, base, draft });
    else dropDraft(songId, by);
  }, [songId, by, owner]);
  useEffect(() => {
    latest.current = { base, draft, dirty };
    const timer = setTimeout(write, WRITE_AFTER);
    return () => clearTimeout(timer);
  }, [base, draft, dirty, write]);

  // Closing the tab asks first; closing the editor does not, because the draft is there when it opens again.
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent) => {
      write();
      event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [dirty, write]);
  useEffect(() => () => write(), [write]);

  /** Nothing is left to be saved. */
  const drop = () => {
    latest.current = { ...latest.current, dirty: false };
    dropDraft(songId);
  };
  return { state, draft, base, setBase, dirty, edit, drop, restored: found !== null };
}
