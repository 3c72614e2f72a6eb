import { type CSSProperties, useMemo, useRef, useState } from "react";
import { clock } from "@/lib/time";
import type { SongProps } from "../feature";
import css from "./SingView.module.css";
import { dotsAt, pieces, type Scene, sceneAt, type Segment, sungPart, timelineOf } from "./timeline";
import { useFrames } from "./useFrames";
import { useLyrics } from "./useLyrics";

/** Seconds that lyrics are shown early: singers need time to read, and at 0.25 s the highlight still seems in time. */
const LEAD = 0.25;
/** Lines on the screen: the one that is sung, and those to read ahead. */
const LINES = 3;
/** Letters from which a line is written smaller, so that it keeps to about three rows. */
const LONG = 42;

/** The karaoke view: big words from a few steps away, on a TV as on a phone. Fills the box it is put into. */
export default function SingView({ song, engine }: SongProps) {
  const { data: lyrics, isPending, error } = useLyrics(song);
  const timeline = useMemo(() => (lyrics ? timelineOf(lyrics) : []), [lyrics]);
  const [{ line, pause }, setScene] = useState<Scene>({ line: null, pause: null });
  const stage = useRef<HTMLDivElement>(null);

  useFrames(engine, (position) => {
    const seconds = position + LEAD;
    const scene = sceneAt(timeline, seconds);
    setScene((shown) => (shown.line === scene.line && shown.pause?.end === scene.pause?.end ? shown : scene));
    const now = scene.line === null ? undefined : timeline[scene.line];
    if (stage.current && now) paint(stage.current, now.words, now.byLine, now.start, seconds, scene.pause !== null);
  });

  const segments = lyrics?.segments ?? [];
  const shown = line === null ? [] : timeline.slice(line, line + LINES);
  const title = song.title ?? "This song";
  return (
    <div className={css.stage} ref={stage} lang={lyrics?.language ?? undefined}>
      {shown.length > 0 && (
        <div className={css.pause} data-on={pause !== null} aria-hidden="true">
          <span className={css.note}>♪</span>
          <span className={css.left} data-left />
          <span className={css.dots} data-dots="0">
            <i /> <i /> <i />
          </span>
        </div>
      )}
      {shown.map(({ index, byLine }, place) => {
        const segment = segments[index];
        return segment && <SungLine key={index} segment={segment} byLine={byLine} first={place === 0} />;
      })}
      {shown.length === 0 && (
        <p className={css.rest}>
          {timeline.length
            ? title
            : isPending
              ? ""
              : error
                ? error.message
                : `${title} has no lyrics to sing along to yet.`}
          {timeline.length > 0 && song.artist && <small>{song.artist}</small>}
        </p>
      )}
    </div>
  );
}

function SungLine({ segment, byLine, first }: { segment: Segment; byLine: boolean; first: boolean }) {
  const parts = byLine ? [segment.text] : pieces(segment);
  return (
    <p
      className={first ? css.now : css.next}
      dir="auto"
      aria-current={first || undefined}
      data-by-line={byLine || undefined}
      style={{ ["--long" as string]: Math.max(1, segment.text.length / LONG) } as CSSProperties}
    >
      {parts.map((part, word) => (
        <span key={word} data-word={word}>
          {part}
        </span>
      ))}
    </p>
  );
}

/** Fills the words of the line that is sung, and counts down to it: by CSS variables, without a render. */
function paint(
  stage: HTMLElement,
  words: { start: number; end: number }[],
  byLine: boolean,
  start: number,
  seconds: number,
  pausing: boolean,
): void {
  const left = Math.max(0, start - seconds);
  const dots = stage.querySelector<HTMLElement>("[data-dots]");
  const clockFace = stage.querySelector<HTMLElement>("[data-left]");
  if (dots) set(dots, "data-dots", String(pausing ? dotsAt(left) : 0));
  const text = pausing && left > 3 ? clock(Math.ceil(left)) : "";
  if (clockFace && clockFace.textContent !== text) clockFace.textContent = text;
  stage.querySelectorAll<HTMLElement>("[aria-current] [data-word]").forEach((element, at) => {
    const word = words[at];
    const part = byLine ? Number(seconds >= start) : word ? sungPart(word, seconds) : 0;
    set(element, "data-sung", part >= 1 ? "all" : part > 0 ? "part" : "none");
    element.style.setProperty("--sung", `${(part * 100).toFixed(1)}%`);
  });
}

function set(element: HTMLElement, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
