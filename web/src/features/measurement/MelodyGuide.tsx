import { Music2 } from "lucide-react";
import { useRef, useState, useSyncExternalStore } from "react";
import { type Note, useMeasures } from "@/api/measurements";
import { Roll } from "@/components/Roll";
import { noteAt } from "@/components/notes";
import { deviceStore } from "@/lib/device";
import type { SongProps } from "../feature";
import css from "./MelodyGuide.module.css";
import { aloud, namesIn } from "./spelling";

const KEY = "unplugd.melody";

/** The melody as bars against time, over the words: how high to sing, in the key that is chosen. */
export default function MelodyGuide({ song, engine }: SongProps) {
  const measures = useMeasures(song);
  const notes = measures?.melody?.value;
  const [shown, setShown] = useState(recall);
  if (!notes?.length) return null;
  const show = () => {
    remember(!shown);
    setShown(!shown);
  };
  return (
    <section className={css.guide} aria-label="Melody" data-shown={shown}>
      <button type="button" className={css.toggle} aria-pressed={shown} title="How high to sing" onClick={show}>
        <Music2 size={20} aria-hidden="true" /> Melody
      </button>
      {shown && <Guide notes={notes} keyName={measures?.key?.value ?? null} engine={engine} />}
    </section>
  );
}

function recall(): boolean {
  try {
    return deviceStore().getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

function remember(on: boolean): void {
  try {
    if (on) deviceStore().removeItem(KEY);
    else deviceStore().setItem(KEY, "off");
  } catch {
    // No room: it holds for this visit.
  }
}

interface GuideProps {
  notes: readonly Note[];
  keyName: Parameters<typeof namesIn>[0];
  engine: SongProps["engine"];
}

function Guide({ notes, keyName, engine }: GuideProps) {
  const said = useRef<HTMLParagraphElement>(null);
  const semitones = useSyncExternalStore(
    (listener) => engine.subscribe(listener),
    () => engine.state().mix.key,
  );
  const name = (midi: number) => {
    const pitch = Math.round(midi) + semitones;
    return namesIn(keyName, semitones)(pitch);
  };
  const say = (position: number) => {
    const note = noteAt(notes, position);
    const text = note ? aloud(name(note.midi)) : "no note";
    if (said.current && said.current.textContent !== text) said.current.textContent = text;
  };
  return (
    <div className={css.roll}>
      <Roll notes={notes} engine={engine} name={name} onMove={say} />
      <p className="visually-hidden">
        The note to sing: <span ref={said} data-testid="note" />
      </p>
    </div>
  );
}
