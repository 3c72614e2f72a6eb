import { X } from "lucide-react";
import { type PointerEvent, useEffect, useRef, useSyncExternalStore } from "react";
import type { RecordingSession } from "@/api/sessions";
import { type Engine, gainOf, type Mix, volumeOf } from "@/audio/engine";
import { IconButton } from "@/components/Button";
import { Slider } from "@/components/Slider";
import { TAKE } from "@/lib/stems";
import { takeStem } from "@/lib/takes";
import { useFrames } from "@/lib/useFrames";
import type { SongProps } from "../../feature";
import { useOffset } from "../takes/actions";
import { Nudge } from "../takes/Nudge";
import { titleOf } from "../takes/words";
import { chosen } from "./choice";
import { laneBars } from "./peaks";
import css from "./TakeLanes.module.css";
import { useLanes, useMix, usePeaks } from "./useLanes";

/** The takes that play along with the song, each with its own fader, mute, solo and place. */
export default function TakeLanes({ engine }: SongProps) {
  const lanes = useLanes(engine);
  if (!lanes.length) return null;
  return (
    <section className={css.lanes} aria-label="Takes that play along">
      {lanes.map((take) => (
        <Lane key={take.sessionId} take={take} engine={engine} />
      ))}
    </section>
  );
}

function Lane({ take, engine }: { take: RecordingSession; engine: Engine }) {
  const mix = useMix(engine);
  const stem = takeStem(take.sessionId);
  const name = titleOf(take);
  const volume = volumeOf(mix, stem);
  const set = <Part extends "muted" | "soloed" | "volumes">(part: Part, value: Mix[Part][string]) =>
    engine.setMix({ [part]: { ...mix[part], [stem]: value } });
  const { icon: Icon } = TAKE;
  return (
    <div className={css.lane} role="group" aria-label={name} data-silent={gainOf(mix, stem) === 0 || undefined}>
      <span className={css.name} title={name}>
        <Icon size={18} aria-hidden="true" /> <bdi>{name}</bdi>
      </span>
      <button
        type="button"
        className={css.mute}
        aria-pressed={mix.muted[stem] === true}
        aria-label={`Mute ${name}`}
        title="Mute"
        onClick={() => set("muted", !mix.muted[stem])}
      >
        M
      </button>
      <button
        type="button"
        className={css.solo}
        aria-pressed={mix.soloed[stem] === true}
        aria-label={`Solo ${name}`}
        title="Solo"
        onClick={() => set("soloed", !mix.soloed[stem])}
      >
        S
      </button>
      <div className={css.fader}>
        <Slider
          label={`Volume of ${name}`}
          value={volume}
          min={0}
          max={1.5}
          step={0.01}
          text={`${Math.round(volume * 100)} percent`}
          colour={TAKE.colour}
          onChange={(value) => set("volumes", value)}
        />
      </div>
      <IconButton
        label={`Stop playing ${name} along`}
        className={css.close}
        onClick={() => engine.setMix(chosen(engine.state().mix, stem, false))}
      >
        <X size={18} />
      </IconButton>
      <LaneWave take={take} engine={engine} />
      <Nudge take={take} name={name} />
    </div>
  );
}

/** CSS pixels from one bar to the next, and how wide a bar is; as the song's own waveform has them. */
const STEP = 3;
const BAR = 2;

/** The take's waveform on the song's time: press to go there. The timeline does the same for the keyboard. */
function LaneWave({ take, engine }: { take: RecordingSession; engine: Engine }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const peaks = usePeaks(take);
  const offsetMs = useOffset(take);
  const theme = useTheme();
  const { durationSec } = engine;
  useEffect(() => {
    const element = canvas.current;
    if (!element || !peaks) return;
    const observer = new ResizeObserver(() => paint(element, peaks, offsetMs / 1000, durationSec));
    observer.observe(element);
    return () => observer.disconnect();
  }, [peaks, offsetMs, durationSec, theme]);
  useFrames(engine, (position) => {
    if (head.current) head.current.style.transform = `translateX(${(position / durationSec) * 100}%)`;
  });
  const seek = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    engine.seek(((event.clientX - box.left) / box.width) * durationSec);
  };
  return (
    <div className={css.wave} aria-hidden="true" onPointerUp={seek}>
      <canvas ref={canvas} className={css.canvas} data-testid="take-wave" />
      <div ref={head} className={css.head} />
    </div>
  );
}

function paint(canvas: HTMLCanvasElement, peaks: Uint8Array, offsetSec: number, durationSec: number): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (!context || width === 0 || height === 0) return;
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.scale(canvas.width / width, canvas.height / height);
  context.fillStyle = getComputedStyle(canvas).color;
  const count = Math.max(1, Math.floor(width / STEP));
  const step = width / count;
  context.beginPath();
  laneBars(peaks, offsetSec, durationSec, count).forEach((share, bar) => {
    if (share === 0) return;
    const tall = Math.max(1, share * height);
    context.roundRect(bar * step, (height - tall) / 2, BAR, tall, 1);
  });
  context.fill();
}

/** The theme in force: what is painted does not follow it by itself. */
function useTheme(): string {
  return useSyncExternalStore(
    (listener) => {
      const observer = new MutationObserver(listener);
      observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
      return () => observer.disconnect();
    },
    () => document.documentElement.dataset.theme ?? "",
  );
}
