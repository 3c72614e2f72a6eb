import { type CSSProperties, useMemo, useRef, useState } from "react";
import { clock } from "@/lib/time";
import { useFrames } from "@/lib/useFrames";
import type { SongProps } from "../feature";
import css from "./SingView.module.css";
import {
  dotsAt,
  pieces,
  type Scene,
  sceneAt,
  type Segment,
  sungPart,
  type TimedLine,
  type Timeline,
  timelineOf,
} from "./timeline";
import { useLyrics } from "@/api/lyrics";

/** Seconds that lyrics are shown early: singers need time to read, and at 0.25 s the highlight still seems in time. */
const LEAD = 0.25;
/** Lines on the screen: those that are sung, and those to read ahead, at least one. */
const LINES = 3;
/** Letters from which a line is written smaller, so that it keeps to about three rows. */
const LONG = 42;

/** The karaoke view: big words from a few steps away, on a TV as on a phone. Fills the box it is put into. */
export default function SingView({ song, engine }: SongProps) {
  const { data: lyrics, isPending, error } = useLyrics(song);
  const timeline = useMemo(() => (lyrics ? timelineOf(lyrics) : []), [lyrics]);
  const [{ lines, next, pause }, setScene] = useState<Scene>({ lines: [], next: 0, pause: null });
  const stage = useRef<HTMLDivElement>(null);

  useFrames(engine, (position) => {
    const seconds = position + LEAD;
    const scene = sceneAt(timeline, seconds);
    setScene((shown) => (isSame(shown, scene) ? shown : scene));
    if (stage.current) paint(stage.current, timeline, seconds, scene);
  });

  const segments = lyrics?.segments ?? [];
  const ahead = lines.length ? Math.max(1, LINES - lines.length) : 0;
  const shown = [...lines, ...Array.from({ length: ahead }, (_, i) => next + i)];
  const title = song.title ?? "This song";
  return (
    <div
      className={css.stage}
      ref={stage}
      lang={lyrics?.language ?? undefined}
      data-voices={lines.length > 1 ? lines.length : undefined}
    >
      {shown.length > 0 && (
        <div className={css.pause} data-on={pause !== null} aria-hidden="true">
          <span className={css.note}>♪</span>
          <span className={css.left} data-left />
          <span className={css.dots} data-dots="0">
            <i /> <i /> <i />
          </span>
        </div>
      )}
      {shown.map((place) => {
        const line = timeline[place];
        const segment = line && segments[line.index];
        const now = lines.includes(place);
        return segment && <SungLine key={line.index} segment={segment} line={line} place={place} now={now} />;
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

const isSame = (a: Scene, b: Scene) =>
  a.next === b.next && a.pause?.end === b.pause?.end && a.lines.join() === b.lines.join();

interface SungLineProps {
  segment: Segment;
  line: TimedLine;
  /** Of the line in the timeline. */
  place: number;
  now: boolean;
}

function SungLine({ segment, line: { byLine, voice }, place, now }: SungLineProps) {
  const parts = byLine ? [segment.text] : pieces(segment);
  return (
    <p
      className={now ? css.now : css.next}
      dir="auto"
      aria-current={now || undefined}
      data-place={place}
      data-voice={voice || undefined}
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

/** Fills the words of the lines that are sung, and counts down to them: by CSS variables, without a render. */
function paint(stage: HTMLElement, timeline: Timeline, seconds: number, { lines, pause }: Scene): void {
  const start = timeline[lines[0] ?? -1]?.start ?? 0;
  const left = Math.max(0, start - seconds);
  const dots = stage.querySelector<HTMLElement>("[data-dots]");
  const clockFace = stage.querySelector<HTMLElement>("[data-left]");
  if (dots) set(dots, "data-dots", String(pause ? dotsAt(left) : 0));
  const text = pause && left > 3 ? clock(Math.ceil(left)) : "";
  if (clockFace && clockFace.textContent !== text) clockFace.textContent = text;
  for (const place of lines) {
    const line = timeline[place];
    stage.querySelectorAll<HTMLElement>(`[aria-current][data-place="${place}"] [data-word]`).forEach((element, at) => {
      const word = line?.words[at];
      const part = line?.byLine ? Number(seconds >= line.start) : word ? sungPart(word, seconds) : 0;
      set(element, "data-sung", part >= 1 ? "all" : part > 0 ? "part" : "none");
      element.style.setProperty("--sung", `${(part * 100).toFixed(1)}%`);
    });
  }
}

function set(element: HTMLElement, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
