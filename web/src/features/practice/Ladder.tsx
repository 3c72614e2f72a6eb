import { Lock } from "lucide-react";
import { useRef } from "react";
import { lookOf } from "@/lib/stems";
import { useFrames } from "@/lib/useFrames";
import css from "./Ask.module.css";
import type { Clip } from "./clip";
import { CLIP_S } from "./clips";
import type { Turn } from "./turn";

/** The steps of the ladder: which were heard, and which sound now. */
export function Ladder({ clip, turn, playing }: { clip: Clip | null; turn: Turn; playing: boolean }) {
  const rungs = clip?.rungs ?? [];
  return (
    <div className={css.ladder}>
      <ol className={css.rungs} aria-label="Hints by ear">
        {clip
          ? rungs.map(({ added }, index) => {
              const open = turn.revealed || index < turn.rung;
              return (
                <li key={added.join()} className={css.rung} data-open={open} data-playing={open && playing}>
                  {added.map((stem) => {
                    const { label, colour, icon: Icon } = lookOf(stem);
                    return (
                      <span key={stem} style={{ ["--stem" as string]: colour }}>
                        {open ? <Icon size={26} aria-hidden="true" /> : <Lock size={20} aria-hidden="true" />}
                        <span>
                          {label}
                          <span className="visually-hidden">{open ? ", heard" : ", not heard yet"}</span>
                        </span>
                      </span>
                    );
                  })}
                </li>
              );
            })
          : [0, 1, 2, 3].map((index) => <li key={index} className={css.rung} aria-hidden="true" />)}
      </ol>
      {clip && <Line clip={clip} key={turn.reviewId} />}
    </div>
  );
}

/** How far the clip has come. */
function Line({ clip }: { clip: Clip }) {
  const bar = useRef<HTMLDivElement>(null);
  useFrames(clip.engine, (position) => {
    const share = Math.max(0, (position - clip.start) / CLIP_S) % 1;
    if (bar.current) bar.current.style.transform = `scaleX(${share})`;
  });
  return (
    <div className={css.line} aria-hidden="true">
      <div ref={bar} />
    </div>
  );
}
