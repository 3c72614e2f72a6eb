import { useEffect, useRef } from "react";
import type { Grid } from "@/audio/grid";
import { linesOf } from "./lines";
import { useTheme } from "./useMedia";
import { useStudio, useWatched } from "./usePlayer";
import css from "./Waveform.module.css";

/** Where bars and beats begin, over a waveform; nothing for a song whose beats are not known. */
export function BarLines() {
  const { grid } = useWatched(useStudio().music);
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  useEffect(() => {
    const element = canvas.current;
    if (!element || !grid) return;
    const observer = new ResizeObserver(() => paint(element, grid));
    observer.observe(element);
    return () => observer.disconnect();
  }, [grid, theme]);
  return grid && <canvas ref={canvas} className={css.lines} data-testid="bar-lines" />;
}

function paint(canvas: HTMLCanvasElement, grid: Grid): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (!context || width === 0 || height === 0) return;
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.scale(canvas.width / width, canvas.height / height);
  context.fillStyle = getComputedStyle(canvas).color;
  const { bars, beats } = linesOf(grid, width);
  const draw = (times: number[], share: number) => {
    for (const time of times) {
      const x = Math.round((time / grid.durationSec) * width * ratio) / ratio;
      context.fillRect(x, height * (1 - share), 1, height * share);
    }
  };
  draw(bars, 1);
  draw(beats, 0.25);
  canvas.dataset.bars = String(bars.length);
  canvas.dataset.beats = String(beats.length);
}
