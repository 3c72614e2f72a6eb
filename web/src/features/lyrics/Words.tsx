import { Fragment, memo, type KeyboardEvent, type FocusEvent, useEffect, useMemo, useRef, useState } from "react";
import type { Lyrics } from "@/api/client";
import type { Engine } from "@/audio/engine";
import { Button } from "@/components/Button";
import { useFrames } from "@/lib/useFrames";
import { Highlight } from "./highlight";
import { doubtOf, doubtOfLine, isByLine, pieces, type Segment, timelineOf } from "./timeline";
import css from "./Words.module.css";

/** Keys by which a person looks elsewhere. */
const LOOKING = /^(Arrow|Page|Home$|End$)/;

interface Props {
  lyrics: Lyrics;
  offsetMs: number;
  engine: Engine;
}

/** All lines; the word under the playhead is marked, its line kept in sight, and each word leads to where it is sung. */
export function Words({ lyrics, offsetMs, engine }: Props) {
  const { segments, nudges, language } = lyrics;
  const timeline = useMemo(() => timelineOf({ segments, nudges, offsetMs }), [segments, nudges, offsetMs]);
  const list = useRef<HTMLOListElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const [highlight] = useState(() => new Highlight());
  const [following, setFollowing] = useState(true);

  useFrames(engine, (position) => {
    if (!list.current) return;
    const line = highlight.paint(list.current, timeline, position);
    if (line && following) show(line, scroller.current);
  });
  useEffect(() => {
    if (following) show(list.current?.querySelector<HTMLElement>("[aria-current]"), scroller.current);
  }, [following]);

  const letGo = () => setFollowing(false);
  const seek = (target: EventTarget) => {
    const word = (target as Element).closest<HTMLElement>("[data-word]");
    const index = indexIn(word?.closest("li"));
    const line = timeline.find((one) => one.index === index);
    if (!word || !line) return;
    engine.seek(line.words[Number(word.dataset.word)]?.start ?? line.start);
    setFollowing(true);
  };

  return (
    <div className={css.frame}>
      <div
        className={css.scroller}
        ref={scroller}
        onWheel={letGo}
        onTouchMove={letGo}
        onPointerDown={(event) => event.target === scroller.current && letGo()}
        onKeyDownCapture={(event) => LOOKING.test(event.key) && letGo()}
        onClick={(event) => seek(event.target)}
      >
        <Lines list={list} segments={segments} language={language} />
      </div>
      {!following && timeline.length > 0 && (
        <Button className={css.follow} onClick={() => setFollowing(true)}>
          Follow
        </Button>
      )}
    </div>
  );
}

interface LinesProps {
  list: React.RefObject<HTMLOListElement | null>;
  segments: readonly Segment[];
  language: string | null;
}

/** Rendered when the words change, and at no other time: songs may have ten thousand. */
const Lines = memo(function Lines({ list, segments, language }: LinesProps) {
  const firstTimed = segments.findIndex(isTimed);
  return (
    <ol ref={list} className={css.lines} lang={language ?? undefined} onKeyDown={moveByKeys} onFocus={takeTabStop}>
      {segments.map((segment, index) => (
        <Line key={index} segment={segment} tabStop={index === firstTimed} />
      ))}
    </ol>
  );
});

const isTimed = ({ start, words }: Segment) => start !== undefined || words.length > 0;

function Line({ segment, tabStop }: { segment: Segment; tabStop: boolean }) {
  const doubt = doubtOfLine(segment);
  return (
    <li dir="auto" data-stanza={segment.stanza || undefined} data-by-line={isByLine(segment) || undefined}>
      {isTimed(segment) ? <TimedWords segment={segment} tabStop={tabStop} /> : segment.text}
      {doubt && (
        <span className={css.mark} role="img" aria-label={doubt} title={doubt}>
          ?
        </span>
      )}
    </li>
  );
}

function TimedWords({ segment, tabStop }: { segment: Segment; tabStop: boolean }) {
  const parts = segment.words.length ? pieces(segment) : [segment.text];
  return parts.map((part, at) => {
    const word = segment.words[at];
    const doubt = word ? doubtOf(word) : null;
    const spelled = part.trimEnd();
    return (
      <Fragment key={at}>
        <button
          type="button"
          className={css.word}
          data-word={at}
          data-doubt={doubt ? "" : undefined}
          title={doubt ?? undefined}
          tabIndex={tabStop && at === 0 ? 0 : -1}
        >
          {spelled}
        </button>
        {part.slice(spelled.length)}
      </Fragment>
    );
  });
}

const indexIn = (line: Element | null | undefined) =>
  line?.parentElement ? Array.prototype.indexOf.call(line.parentElement.children, line) : -1;

/** The list is one stop of the Tab key: the word that had the focus last. */
function takeTabStop({ currentTarget, target }: FocusEvent<HTMLOListElement>): void {
  currentTarget.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
  target.setAttribute("tabindex", "0");
}

/** Arrows go from word to word and from line to line, Home and End to the first and the last word. */
function moveByKeys(event: KeyboardEvent<HTMLOListElement>): void {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const words = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-word]")];
  const at = words.indexOf(event.target as HTMLElement);
  const line = words[at]?.closest("li");
  if (!line) return;
  const back = getComputedStyle(line).direction === "rtl" ? 1 : -1;
  const to = {
    ArrowLeft: () => words[at + back],
    ArrowRight: () => words[at - back],
    ArrowUp: () => words.slice(0, at).findLast((word) => word.closest("li") !== line && word.dataset.word === "0"),
    ArrowDown: () => words.slice(at).find((word) => word.closest("li") !== line),
    Home: () => words[0],
    End: () => words.at(-1),
  }[event.key];
  if (!to) return;
  event.preventDefault();
  event.stopPropagation();
  to()?.focus();
}

/** Scroll only the list, so that `line` is a little above its middle. */
function show(line: HTMLElement | null | undefined, scroller: HTMLElement | null): void {
  if (!line || !scroller) return;
  const top = line.offsetTop - (scroller.clientHeight - line.offsetHeight) * 0.4;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  scroller.scrollTo({ top, behavior: still ? "instant" : "smooth" });
}
