import { useMemo, useState, useSyncExternalStore } from "react";
import { type Span, useMeasures } from "@/api/measurements";
import { makeGrid, placeAt } from "@/audio/grid";
import { useFrames } from "@/lib/useFrames";
import type { SongProps } from "../feature";
import css from "./ChordLane.module.css";
import { aloud, chordText, keyText } from "./spelling";

/** Chords that are shown: the one that sounds, and those to come. */
const SHOWN = 5;
/** Chords are shown a little early (s): a hand needs time to move. */
const LEAD = 0.05;

/** Where the song is, in bars and beats, and its chords: now and next, as they sound in the key that is chosen. */
export default function ChordLane({ song, engine }: SongProps) {
  const measures = useMeasures(song);
  const key = measures?.key?.value ?? null;
  const chords = measures?.chords?.value ?? NONE;
  const beats = measures?.beats?.value;
  const grid = useMemo(() => (beats ? makeGrid(beats, song.durationSec ?? 0) : null), [beats, song.durationSec]);
  const semitones = useSyncExternalStore(
    (listener) => engine.subscribe(listener),
    () => engine.state().mix.key,
  );
  const atOf = (position: number) => chords.findLastIndex(({ start }) => start <= position + LEAD);
  const [at, setAt] = useState(-1);
  // With the first drawing of chords the right one is named: a frame later the row would move.
  const [known, setKnown] = useState(chords);
  if (known !== chords) {
    setKnown(chords);
    setAt(atOf(engine.position()));
  }
  const [place, setPlace] = useState("");
  useFrames(engine, (position) => {
    setAt(atOf(position));
    if (!grid) return;
    const { bar, beat } = placeAt(grid, position);
    setPlace(`${bar}.${beat}`);
  });
  // Its place is kept while it is on the way, so that nothing moves when it comes.
  if (measures === undefined) return <div className={css.lane} />;
  if (!chords.length && !grid) return null;
  const now = chords[at];
  const coming = chords.slice(at + 1, at + SHOWN);
  const text = (label: string) => chordText(label, key, semitones);
  const sounding = now ? text(now.label) : null;
  return (
    <section className={css.lane} aria-label="Chords">
      {grid && (
        <p className={css.place} title="Bar and beat">
          <span className="visually-hidden">Bar and beat </span>
          <span data-testid="place">{place}</span>
        </p>
      )}
      {chords.length > 0 && (
        <>
          <p className={css.now} data-testid="chord-now">
            <span aria-hidden="true">{sounding?.written ?? "–"}</span>
            <span className="visually-hidden">Now {sounding?.spoken ?? "no chord"}</span>
          </p>
          <ol className={css.next} aria-label="Next chords">
            {coming.map(({ start, label }) => (
              <li key={start}>
                <button type="button" title="Go to this chord" onClick={() => engine.seek(start)}>
                  <span aria-hidden="true">{text(label).written}</span>
                  <span className="visually-hidden">{text(label).spoken}</span>
                </button>
              </li>
            ))}
          </ol>
        </>
      )}
      {key && (
        <p className={css.key} title="The key as it is played">
          <span aria-hidden="true">{keyText(key, semitones)}</span>
          <span className="visually-hidden">Key {aloud(keyText(key, semitones))}</span>
        </p>
      )}
    </section>
  );
}

const NONE: readonly Span[] = [];
