import { useRef } from "react";
import { useFrames } from "@/lib/useFrames";
import css from "./Roll.module.css";
import { AHEAD, BEHIND, boxOf, inView, rangeOf, type RollNote, type Sung, sungInView } from "./notes";

interface Props {
  notes: readonly RollNote[];
  engine: Parameters<typeof useFrames>[0];
  /** What is written over a note; without it nothing is. */
  name?: (midi: number) => string;
  /** A line over the notes: what was sung. */
  sung?: Sung;
  onMove?: (position: number) => void;
}

/** A melody as bars that move along with the song, and what was sung of it as a line. For the eye only. */
export function Roll({ notes, engine, name, sung, onMove }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const range = rangeOf(notes);
  useFrames(engine, (position) => {
    if (canvas.current) paint(canvas.current, { notes: inView(notes, position), position, range, name, sung });
    onMove?.(position);
  });
  return (
    <div className={css.roll}>
      <canvas ref={canvas} aria-hidden="true" />
    </div>
  );
}

/** Height of a note (CSS pixels), and of the names over the highest. */
const [TALL, NAMES] = [12, 20];

interface Picture extends Pick<Props, "notes" | "name" | "sung"> {
  position: number;
  range: ReturnType<typeof rangeOf>;
}

function paint(canvas: HTMLCanvasElement, { notes, position, range, name, sung }: Picture): void {
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
  const [text, voice, line] = ["--text", "--vocals", "--line"].map((one) => style.getPropertyValue(one));
  const now = (BEHIND / (BEHIND + AHEAD)) * width;
  const heightOf = (top: number) => NAMES + top * (height - NAMES - TALL);
  context.fillStyle = line ?? "";
  context.fillRect(now, 0, 2, height);
  context.font = `600 14px ${style.fontFamily}`;
  for (const note of notes) {
    const { left, right, top } = boxOf(note, position, range);
    const [x, end, y] = [left * width, right * width, heightOf(top)];
    context.fillStyle = voice ?? "";
    context.globalAlpha = end <= now ? 0.35 : x <= now ? 1 : 0.7;
    context.beginPath();
    context.roundRect(x, y, Math.max(4, end - x - 2), TALL, TALL / 2);
    context.fill();
    context.globalAlpha = 1;
    context.fillStyle = text ?? "";
    if (name && end > now) context.fillText(name(note.midi), x, y - 4);
  }
  context.strokeStyle = text ?? "";
  context.lineWidth = 2.5;
  context.lineJoin = "round";
  for (const stretch of sung ? sungInView(sung, position) : []) {
    context.beginPath();
    for (const { at, midi } of stretch) {
      const { left, top } = boxOf({ start: at, end: at, midi }, position, range);
      context.lineTo(left * width, heightOf(Math.min(1, Math.max(0, top))) + TALL / 2);
    }
    context.stroke();
  }
}
