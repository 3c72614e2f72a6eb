import { Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { IconButton } from "@/components/Button";
import { Arranging } from "./Arranging";
import { SHOWS } from "./filters";
import type { Layout } from "./layout";
import { MAX_SEARCH, type View } from "./useView";
import css from "./Toolbar.module.css";

/** How long (ms) after the last key the search is sent. */
const SETTLES_MS = 250;

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));

interface Props {
  view: View;
  layout: Layout;
  onLayout(layout: Layout): void;
}

/** Search, filter and layout. `/` leads to the search from anywhere on the page. */
export function Toolbar({ empty, ...props }: Props & { empty: boolean }) {
  return (
    <div className={css.toolbar}>
      <h1 className={css.heading}>Library</h1>
      {/* Where nothing is, nothing can be looked for. */}
      {!empty && <Finding {...props} />}
    </div>
  );
}

function Finding({ view, layout, onLayout }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // `q` is what the address said last: when it says something else, that is shown, unless it is what was just typed.
  const [typed, setTyped] = useState({ text: view.q, q: view.q });
  if (typed.q !== view.q) setTyped({ text: typed.text.trim() === view.q ? typed.text : view.q, q: view.q });

  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"], [role="menu"]')) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  const search = (text: string, at = SETTLES_MS) => {
    setTyped({ ...typed, text });
    clearTimeout(timer.current);
    timer.current = setTimeout(() => view.setQ(text), at);
  };

  return (
    <>
      <search className={css.search}>
        <Search size={18} aria-hidden="true" />
        <input
          ref={input}
          type="search"
          aria-label="Search title and artist"
          aria-keyshortcuts="/"
          placeholder="Search title and artist"
          maxLength={MAX_SEARCH}
          autoComplete="off"
          spellCheck={false}
          value={typed.text}
          onChange={(event) => search(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && typed.text && search("", 0)}
        />
        {typed.text ? (
          <IconButton
            label="Clear search"
            onClick={() => {
              search("", 0);
              input.current?.focus();
            }}
          >
            <X size={18} />
          </IconButton>
        ) : (
          <kbd className={css.key} aria-hidden="true">
            /
          </kbd>
        )}
      </search>
      <div className={css.shows} role="group" aria-label="Which songs">
        {SHOWS.map(({ show, label }) => (
          <button
            key={show}
            type="button"
            className={css.show}
            aria-pressed={view.show === show}
            onClick={() => view.setShow(show)}
          >
            {label}
          </button>
        ))}
      </div>
      <Arranging view={view} layout={layout} onLayout={onLayout} text={typed.text} onText={(text) => search(text, 0)} />
    </>
  );
}
