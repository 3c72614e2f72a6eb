import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef } from "react";
import { clock } from "@/lib/time";
import { BarLines } from "./BarLines";
import { SKIP_SEC } from "./shortcuts";
import { useEngineState, useStudio } from "./usePlayer";
import css from "./SeekBar.module.css";

interface Props {
  /** What is under the playhead. */
  children: ReactNode;
  /** A drag chooses what repeats, as it does with Shift held. */
  choosing: boolean;
  onChosen(): void;
  /** Only for the pointer: the same place can be reached by keyboard elsewhere. */
  silent?: boolean;
}

/** How far (px) a pointer moves before a press is a drag. */
const DRAG_PX = 4;
const PAGE_SEC = 30;

/** The song from its start to its end: press or drag to go there. */
export function SeekBar({ children, choosing, onChosen, silent = false }: Props) {
  const { engine, controls, ticker, music } = useStudio();
  const { loop } = useEngineState();
  const bar = useRef<HTMLDivElement>(null);
  const ahead = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const choice = useRef<HTMLDivElement>(null);
  const drag = useRef<{ x: number; from: number; chooses: boolean; moved: boolean } | null>(null);
  const { durationSec } = engine;
  const total = clock(durationSec);
  const share = (seconds: number) => (durationSec > 0 ? Math.min(1, Math.max(0, seconds / durationSec)) : 0);

  const show = (seconds: number) => {
    const at = share(seconds);
    if (head.current) head.current.style.transform = `translateX(${at * 100}%)`;
    if (ahead.current) ahead.current.style.transform = `scaleX(${1 - at})`;
    const text = `${clock(seconds)} of ${total}`;
    if (silent || bar.current?.getAttribute("aria-valuetext") === text) return;
    bar.current?.setAttribute("aria-valuetext", text);
    bar.current?.setAttribute("aria-valuenow", String(Math.floor(seconds)));
  };
  const follow = (seconds: number) => {
    if (!drag.current?.moved || drag.current.chooses) show(seconds);
  };
  useEffect(() => ticker.follow(follow));

  const secondsAt = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * durationSec;
  };
  const showChoice = (from: number, to: number) => {
    if (!choice.current) return;
    choice.current.hidden = from === to;
    choice.current.style.left = `${share(Math.min(from, to)) * 100}%`;
    choice.current.style.width = `${share(Math.abs(to - from)) * 100}%`;
  };
  const press = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const chooses = choosing || event.shiftKey;
    drag.current = { x: event.clientX, from: secondsAt(event), chooses, moved: false };
  };
  const move = (event: PointerEvent<HTMLDivElement>) => {
    const now = drag.current;
    if (!now) return;
    now.moved ||= Math.abs(event.clientX - now.x) >= DRAG_PX;
    if (!now.moved) return;
    if (now.chooses) showChoice(now.from, secondsAt(event));
    else show(secondsAt(event));
  };
  const release = (event: PointerEvent<HTMLDivElement>) => {
    const now = drag.current;
    abandon();
    if (!now) return;
    if (now.chooses && now.moved) {
      controls.loop({ start: now.from, end: secondsAt(event) });
      onChosen();
    } else controls.seek(secondsAt(event));
  };
  const abandon = () => {
    drag.current = null;
    showChoice(0, 0);
    show(engine.position());
  };
  const keys = (event: KeyboardEvent) => {
    if (event.shiftKey && music.get().grid && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      event.preventDefault();
      event.stopPropagation();
      return controls.bar(event.key === "ArrowLeft" ? -1 : 1);
    }
    const to = keyTarget(event, engine.position(), durationSec);
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    controls.seek(to);
  };

  const slider = {
    role: "slider",
    tabIndex: 0,
    "aria-label": "Position",
    "aria-valuemin": 0,
    "aria-valuemax": Math.floor(durationSec),
    "aria-valuenow": 0,
    onKeyDown: keys,
  };
  return (
    <div
      ref={bar}
      className={`${css.bar} ${choosing ? css.choosing : ""}`}
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={release}
      onPointerCancel={abandon}
      {...(silent ? { "aria-hidden": true } : slider)}
    >
      {children}
      <BarLines />
      <div ref={ahead} className={css.ahead} />
      {loop && (
        <div
          className={css.loop}
          style={{ left: `${share(loop.start) * 100}%`, width: `${share(loop.end - loop.start) * 100}%` }}
        />
      )}
      <div ref={choice} className={css.choice} hidden />
      <div ref={head} className={css.head} />
    </div>
  );
}

/** Where a key goes from `position`; null for keys that go nowhere. */
export function keyTarget({ key, ctrlKey, metaKey, altKey }: KeyboardEvent, position: number, end: number) {
  if (ctrlKey || metaKey || altKey) return null;
  const steps: Record<string, number> = {
    ArrowLeft: -SKIP_SEC,
    ArrowDown: -SKIP_SEC,
    ArrowRight: SKIP_SEC,
    ArrowUp: SKIP_SEC,
    PageDown: -PAGE_SEC,
    PageUp: PAGE_SEC,
    Home: -Infinity,
    End: Infinity,
  };
  const step = steps[key];
  return step === undefined ? null : Math.min(end, Math.max(0, position + step));
}
