import { ChevronLeft, ChevronRight, Pause, Play, SkipBack } from "lucide-react";
import { useEffect, useRef } from "react";
import { IconButton } from "@/components/Button";
import { clock } from "@/lib/time";
import { Sections } from "./Sections";
import { SeekBar } from "./SeekBar";
import css from "./Transport.module.css";
import { useEngineState, useStudio, useWatched } from "./usePlayer";
import { Waveform, type WaveformData } from "./Waveform";

/** The one primary action. */
export function PlayButton({ large = false }: { large?: boolean }) {
  const { controls } = useStudio();
  const { playing } = useEngineState();
  const going = playing !== "paused" && playing !== "ended";
  const label = going ? "Pause (Space)" : "Play (Space)";
  return (
    <button
      type="button"
      className={`${css.play} ${large ? css.large : ""}`}
      aria-label={going ? "Pause" : "Play"}
      title={label}
      data-waiting={playing === "buffering" || undefined}
      onClick={controls.toggle}
    >
      {going ? <Pause fill="currentColor" strokeWidth={0} /> : <Play fill="currentColor" strokeWidth={0} />}
    </button>
  );
}

/** Start, back, play, on; by bars too where they are known. */
export function PlayGroup() {
  const { controls, music } = useStudio();
  const { grid, expected } = useWatched(music);
  return (
    <div className={css.group}>
      <IconButton label="Back to the start (Home)" onClick={() => controls.seek(0)}>
        <SkipBack size={20} />
      </IconButton>
      <button
        type="button"
        className={css.skip}
        aria-label="Back 5 seconds"
        title="Back 5 seconds (←)"
        onClick={() => controls.skip(-5)}
      >
        −5
      </button>
      {(grid || expected) && (
        <IconButton label="Back one bar (Shift + ←)" disabled={expected} onClick={() => controls.bar(-1)}>
          <ChevronLeft size={20} />
        </IconButton>
      )}
      <PlayButton />
      {(grid || expected) && (
        <IconButton label="Forward one bar (Shift + →)" disabled={expected} onClick={() => controls.bar(1)}>
          <ChevronRight size={20} />
        </IconButton>
      )}
      <button
        type="button"
        className={css.skip}
        aria-label="Forward 5 seconds"
        title="Forward 5 seconds (→)"
        onClick={() => controls.skip(5)}
      >
        +5
      </button>
    </div>
  );
}

/** The position in minutes and seconds, written without React. */
export function Position() {
  const { ticker } = useStudio();
  const element = useRef<HTMLSpanElement>(null);
  useEffect(
    () =>
      ticker.follow((seconds) => {
        const text = clock(seconds);
        if (element.current && element.current.textContent !== text) element.current.textContent = text;
      }),
    [ticker],
  );
  return <span ref={element} className={css.time} data-testid="position" />;
}

/** Position, whole song, length. */
export function Timeline(props: { waveform: WaveformData | null; choosing: boolean; onChosen(): void }) {
  const { engine } = useStudio();
  const { waveform, ...rest } = props;
  return (
    <div className={css.timeline}>
      <Position />
      <div className={css.song}>
        <Sections />
        <div className={css.seek}>
          <SeekBar {...rest}>
            <Waveform data={waveform} colour="var(--accent)" />
          </SeekBar>
        </div>
      </div>
      <span className={css.time} data-testid="duration">
        {clock(engine.durationSec)}
      </span>
    </div>
  );
}

/** What the player is waiting for or has trouble with, in a sentence; spoken when it changes. */
export function Status({ choosing }: { choosing: boolean }) {
  const { refusal } = useStudio();
  const { playing, trouble } = useEngineState();
  const refused = useWatched(refusal);
  const text =
    trouble ??
    refused ??
    (playing === "buffering" ? "Loading the sound…" : null) ??
    (playing === "counting-in" ? "Counting in…" : null) ??
    (choosing ? "Drag over a waveform to choose what repeats." : "");
  return (
    <p className={css.status} role="status" data-trouble={trouble || refused ? true : undefined}>
      {text}
    </p>
  );
}
