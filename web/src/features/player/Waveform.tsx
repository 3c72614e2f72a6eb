import { useEffect, useRef } from "react";
import { barHeights } from "@/audio/peaks";
import { useTheme } from "./useMedia";
import css from "./Waveform.module.css";

export interface WaveformData {
  values: Int8Array;
  pairsPerSecond: number;
  durationSec: number;
  /** The peak that fills the height. */
  full: number;
}

/** CSS pixels from one bar to the next, and how wide a bar is. */
const STEP = 3;
const BAR = 2;

/** A painted waveform. Painted again only for another size, theme or song; without data it is a plain line. */
export function Waveform({ data, colour }: { data: WaveformData | null; colour: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  useEffect(() => {
    const element = canvas.current;
    if (!element || !data) return;
    const observer = new ResizeObserver(() => paint(element, data));
    observer.observe(element);
    return () => observer.disconnect();
  }, [data, theme, colour]);
  if (!data) return <span className={css.plain} style={{ color: colour }} />;
  return <canvas ref={canvas} data-testid="waveform" className={css.canvas} style={{ color: colour }} />;
}

function paint(canvas: HTMLCanvasElement, data: WaveformData): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (!context || width === 0 || height === 0) return;
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.scale(canvas.width / width, canvas.height / height);
  context.fillStyle = getComputedStyle(canvas).color;
  const count = Math.max(1, Math.floor(width / STEP));
  const heights = barHeights(data.values, data.pairsPerSecond, data.durationSec, count, data.full);
  const step = width / count;
  context.beginPath();
  heights.forEach((share, bar) => {
    const tall = Math.max(1, share * height);
    context.roundRect(bar * step, (height - tall) / 2, BAR, tall, 1);
  });
  context.fill();
}
