import { Music2 } from "lucide-react";
import { useRef, useState, useSyncExternalStore } from "react";
import { type Note, useMeasures } from "@/api/measurements";
import { deviceStore } from "@/lib/device";
import { useFrames } from "@/lib/useFrames";
import type { SongProps } from "../feature";
import { BEHIND, AHEAD, boxOf, inView, noteAt, rangeOf } from "./melody";
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
      {shown && <Roll notes={notes} keyName={measures?.key?.value ?? null} engine={engine} />}
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

interface RollProps {
  notes: readonly Note[];
  keyName: Parameters<typeof namesIn>[0];
  engine: SongProps["engine"];
}

/** Height of a note (CSS pixels). */
const TALL = 12;

function Roll({ notes, keyName, engine }: RollProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const said = useRef<HTMLParagraphElement>(null);
  const semitones = useSyncExternalStore(
    (listener) => engine.subscribe(listener),
    () => engine.state().mix.key,
  );
  const range = rangeOf(notes);
  const name = (midi: number) => {
    const pitch = Math.round(midi) + semitones;
    return namesIn(keyName, semitones)(pitch);
  };
  useFrames(engine, (position) => {
    if (canvas.current) paint(canvas.current, inView(notes, position), position, range, name);
    const note = noteAt(notes, position);
    const text = note ? aloud(name(note.midi)) : "no note";
    if (said.current && said.current.textContent !== text) said.current.textContent = text;
  });
  return (
    <div className={css.roll}>
      <canvas ref={canvas} aria-hidden="true" />
      <p className="visually-hidden">
        The note to sing: <span ref={said} data-testid="note" />
      </p>
    </div>
  );
}

function paint(
  canvas: HTMLCanvasElement,
  notes: readonly Note[],
  seconds: number,
  range: ReturnType<typeof rangeOf>,
  name: (midi: number) => string,
): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (!context || width === 0 || height === 0) return;
  const ratio = devicePixelRatio || 1;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across) canvas.width = across;
  if (canvas.height !== down) canvas.height = down;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const style = getComputedStyle(canvas);
  const [text, sung, line] = ["--text", "--vocals", "--line"].map((one) => style.getPropertyValue(one));
  const now = (BEHIND / (BEHIND + AHEAD)) * width;
  context.fillStyle = line ?? "";
  context.fillRect(now, 0, 2, height);
  context.font = `600 14px ${style.fontFamily}`;
  for (const note of notes) {
    const { left, right, top } = boxOf(note, seconds, range);
    const [x, end, y] = [left * width, right * width, 20 + top * (height - 20 - TALL)];
    context.fillStyle = sung ?? "";
    context.globalAlpha = end <= now ? 0.35 : x <= now ? 1 : 0.7;
    context.beginPath();
    context.roundRect(x, y, Math.max(4, end - x - 2), TALL, TALL / 2);
    context.fill();
    context.globalAlpha = 1;
    context.fillStyle = text ?? "";
    if (end > now) context.fillText(name(note.midi), x, y - 4);
  }
}
