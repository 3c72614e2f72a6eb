import { useId } from "react";
import type { Beats, Measured } from "@/api/measurements";
import { bpmAt, makeGrid } from "@/audio/grid";
import { Button } from "@/components/Button";
import { SURE } from "@/lib/measuring";
import { Card } from "./Card";
import { barHere, inMeter, type OwnBeats, scaled, tapped } from "./corrections";
import type { CardProps } from "./MusicPanel";
import css from "./MusicPanel.module.css";
import { TapTempo } from "./TapTempo";

const METERS = [2, 3, 4, 5, 6, 7, 9, 12];
const NO_BEATS: Beats = { anchors: [{ t: 0, beat: 0, bpm: 120 }], downbeats: [], meter: 4, confidence: null };

/** How fast the song is, where its beats and bars are. */
export function TempoCard({ song, engine, beats, busy, change }: CardProps & { beats: Measured<Beats> | null }) {
  const meterId = useId();
  const durationSec = song.durationSec ?? 0;
  const known = beats?.value;
  const grid = known ? makeGrid(known, durationSec) : null;
  const set = (own: OwnBeats | null) => own && void change("beats", { value: own, lock: true });
  // Only what a person can set: the machine's value says more.
  const lock = (lock: boolean) =>
    known &&
    void change("beats", {
      value: { anchors: known.anchors, downbeats: known.downbeats, meter: known.meter },
      lock,
    });
  const [half, double] = known ? ([0.5, 2] as const).map((factor) => scaled(known, factor, durationSec)) : [];
  const unsure = known?.confidence !== null && (known?.confidence ?? 0) < SURE;
  return (
    <Card
      title="Tempo"
      value={known ? `${tempoText(known, durationSec)}, ${known.meter} beats in a bar` : "Not known"}
      measured={beats}
      busy={busy}
      doubt={
        unsure &&
        (known
          ? "Not sure: the beat of this song is hard to hear. Switch the click on and listen whether it fits."
          : "No beat was heard. Tap along to set it.")
      }
      onLock={known ? lock : undefined}
      onUndo={() => void change("beats", null)}
    >
      {known && (
        <div className={css.line}>
          <Button disabled={busy || !half} onClick={() => set(half ?? null)}>
            Half{half?.anchors && <>: {rounded(half.anchors[0]?.bpm)}</>}
          </Button>
          <Button disabled={busy || !double} onClick={() => set(double ?? null)}>
            Double{double?.anchors && <>: {rounded(double.anchors[0]?.bpm)}</>}
          </Button>
          <Button
            disabled={busy}
            title="The beat nearest to the playhead becomes the first of a bar"
            onClick={() => set(barHere(known, engine.position(), durationSec))}
          >
            A bar begins here
          </Button>
        </div>
      )}
      <TapTempo
        engine={engine}
        busy={busy}
        onUse={(taps) => set(tapped(taps, (known ?? NO_BEATS).meter, durationSec))}
      />
      {known && grid && (
        <div className={css.line}>
          <label htmlFor={meterId}>Beats in a bar</label>
          <select
            id={meterId}
            value={known.meter}
            disabled={busy}
            onChange={(event) => set(inMeter(known, Number(event.target.value), durationSec))}
          >
            {[...new Set([...METERS, known.meter])]
              .sort((a, b) => a - b)
              .map((meter) => (
                <option key={meter}>{meter}</option>
              ))}
          </select>
        </div>
      )}
    </Card>
  );
}

const rounded = (bpm = 0) => Math.round(bpm * 10) / 10;

/** One tempo, or from the slowest to the fastest where it changes. */
function tempoText(beats: Beats, durationSec: number): string {
  const grid = makeGrid(beats, durationSec);
  const all = grid ? beats.anchors.map(({ t }) => bpmAt(grid, t)) : beats.anchors.map(({ bpm }) => bpm);
  const [low, high] = [rounded(Math.min(...all)), rounded(Math.max(...all))];
  return high - low < 1 ? `${low} bpm` : `${Math.round(low)} to ${Math.round(high)} bpm`;
}
