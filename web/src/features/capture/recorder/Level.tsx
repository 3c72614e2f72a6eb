import { useEffect, useRef, useState } from "react";
import { clock } from "@/lib/time";
import type { Gap } from "../queue/model";
import { CHUNK_FRAMES } from "./protocol";
import type { Recorder } from "./recorder";
import css from "./Recorder.module.css";

/** Below this the bar is empty (dB). */
const FLOOR_DB = -60;
const HOT = 0.89; // −1 dB

const onScale = (peak: number) => Math.max(0, 1 - (20 * Math.log10(Math.max(peak, 1e-6))) / FLOOR_DB);

/** Calls `draw` for each frame that is shown. */
function useDrawing(draw: () => void) {
  const latest = useRef(draw);
  useEffect(() => {
    latest.current = draw;
  });
  useEffect(() => {
    let frame = 0;
    const step = () => {
      latest.current();
      frame = requestAnimationFrame(step);
    };
    step();
    return () => cancelAnimationFrame(frame);
  }, []);
}

/** How loud the microphone is, with a light for too loud. Written without React. */
export function Level({ recorder }: { recorder: Recorder }) {
  const meter = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  const [clipped, setClipped] = useState(false);
  useDrawing(() => {
    const { peak, clipped } = recorder.meter;
    const value = onScale(peak);
    if (bar.current) {
      bar.current.style.transform = `scaleX(${value})`;
      bar.current.toggleAttribute("data-hot", peak >= HOT);
    }
    meter.current?.setAttribute("aria-valuenow", String(Math.round(value * 100)));
    setClipped(clipped);
  });
  return (
    <div className={css.row}>
      <div
        ref={meter}
        className={css.meter}
        role="meter"
        aria-label="Input level"
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <div ref={bar} className={css.level} />
      </div>
      <button
        type="button"
        className={css.clip}
        data-on={clipped || undefined}
        disabled={!clipped}
        onClick={() => recorder.clearClip()}
      >
        {clipped ? "Too loud: turn it down" : "Not too loud"}
      </button>
    </div>
  );
}

/** The take's length so far. */
export function Length({ recorder, rate }: { recorder: Recorder; rate: number }) {
  const place = useRef<HTMLSpanElement>(null);
  useDrawing(() => {
    const { frames } = recorder.meter;
    const text = clock(frames / rate);
    if (!place.current) return;
    if (place.current.textContent !== text) place.current.textContent = text;
    place.current.dataset.frames = String(frames);
  });
  return <span ref={place} className={css.time} data-testid="length" />;
}

/** The take as it grows, with the places where sound is missing. */
export function LiveWave({ recorder, gaps }: { recorder: Recorder; gaps: readonly Gap[] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useDrawing(() => {
    const board = canvas.current;
    const pen = board?.getContext("2d");
    if (!board || !pen) return;
    const [width, height] = [board.clientWidth, board.clientHeight];
    const scale = devicePixelRatio;
    if (board.width !== Math.round(width * scale)) {
      board.width = Math.round(width * scale);
      board.height = Math.round(height * scale);
    }
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    const colours = getComputedStyle(board);
    const { wave, frames } = recorder.meter;
    const shown = Math.min(wave.length, Math.floor(width / 2));
    const last = frames / CHUNK_FRAMES;
    pen.fillStyle = colours.getPropertyValue("--vocals");
    for (let i = 0; i < shown; i++) {
      const size = Math.max(1, Math.sqrt(wave[wave.length - shown + i] ?? 0) * height);
      pen.fillRect(i * 2, (height - size) / 2, 1.5, size);
    }
    for (const { start, frames: length, why } of gaps) {
      const from = (start / CHUNK_FRAMES - last + shown) * 2;
      if (from < 0) continue;
      pen.fillStyle = colours.getPropertyValue(why === "paused" ? "--muted" : "--danger");
      pen.fillRect(from, 0, Math.max(2, (length / CHUNK_FRAMES) * 2), height);
    }
  });
  return <canvas ref={canvas} className={css.wave} role="img" aria-label="The take so far" />;
}
