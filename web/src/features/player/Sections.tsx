import { useEffect, useRef } from "react";
import { clock } from "@/lib/time";
import css from "./Sections.module.css";
import { useStudio, useWatched } from "./usePlayer";

/** The parts of a song over its waveform: a press goes there. Nothing for a song whose parts are not known. */
export function Sections() {
  const { engine, controls, ticker, music } = useStudio();
  const { sections, expected } = useWatched(music);
  const strip = useRef<HTMLElement>(null);
  useEffect(
    () =>
      ticker.follow((seconds) => {
        const now = sections.findLastIndex(({ start }) => start <= seconds + 0.005);
        strip.current?.querySelectorAll("button").forEach((button, index) => {
          if (index === now) button.setAttribute("aria-current", "true");
          else button.removeAttribute("aria-current");
        });
      }),
    [ticker, sections],
  );
  if (!sections.length) return expected ? <div className={css.strip} /> : null;
  const share = (seconds: number) => `${(100 * Math.min(seconds, engine.durationSec)) / engine.durationSec}%`;
  return (
    <nav ref={strip} className={css.strip} aria-label="Parts of the song">
      {sections.map(({ start, end, label }) => (
        <button
          key={start}
          type="button"
          className={css.section}
          style={{ left: share(start), width: share(Math.max(0, Math.min(end, engine.durationSec) - start)) }}
          title={`${label}, from ${clock(start)}`}
          aria-label={`Part ${label}, from ${clock(start)}`}
          onClick={() => controls.seek(start)}
        >
          {label}
        </button>
      ))}
    </nav>
  );
}
