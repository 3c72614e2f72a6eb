import { useRef, useState } from "react";
import { Button } from "@/components/Button";
import type { SongProps } from "../feature";
import { bpmOf, FEWEST_TAPS } from "./corrections";
import css from "./MusicPanel.module.css";

/** A pause this long (s of the song), or a step back, starts over. */
const RESTART_S = 4;

interface Props {
  engine: SongProps["engine"];
  busy: boolean;
  /** Seconds of the song. */
  onUse(taps: readonly number[]): void;
}

/** Taps along with the song, from the first beat of a bar on: tempo and beats. */
export function TapTempo({ engine, busy, onUse }: Props) {
  const [taps, setTaps] = useState<readonly number[]>([]);
  const [hint, setHint] = useState(false);
  const pressed = useRef(false);
  const tap = () => {
    if (engine.state().playing !== "playing") return setHint(true);
    setHint(false);
    const now = engine.position();
    setTaps((before) => {
      const since = now - (before.at(-1) ?? -Infinity);
      return since > 0 && since < RESTART_S ? [...before, now] : [now];
    });
  };
  const bpm = bpmOf(taps);
  const left = FEWEST_TAPS - taps.length;
  const text = hint
    ? "Play the song, then tap along."
    : bpm !== null
      ? `${Math.round(bpm * 10) / 10} bpm`
      : taps.length && left > 0
        ? `${left} more`
        : "From the first beat of a bar on, in time with the song";
  return (
    <div className={css.line}>
      <Button
        disabled={busy}
        // The press counts, not the release; a key's press is the click itself.
        onPointerDown={() => {
          pressed.current = true;
          tap();
        }}
        onClick={() => {
          if (!pressed.current) tap();
          pressed.current = false;
        }}
      >
        Tap the beat
      </Button>
      {bpm !== null && (
        <Button
          disabled={busy}
          onClick={() => {
            onUse(taps);
            setTaps([]);
          }}
        >
          Use {Math.round(bpm * 10) / 10}
        </Button>
      )}
      <span className={css.hint} aria-live="polite">
        {text}
      </span>
    </div>
  );
}
