import { useEffect, useRef } from "react";
import type { Stem } from "@/audio/engine";
import css from "./Mixer.module.css";
import { useStudio } from "./usePlayer";

/** Samples looked at for one reading: 12 ms. */
const WINDOW = 512;
/** What is left of a peak one frame later, so that the eye can follow. */
const DECAY = 0.88;

/** How loud a stem is now, behind its fader and mute. */
export function Meter({ stem }: { stem: Stem }) {
  const { engine, ticker } = useStudio();
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const samples = new Float32Array(WINDOW);
    let analyser: AnalyserNode | undefined;
    let source: AudioNode | undefined;
    let level = 0;
    const show = (next: number) => {
      level = next;
      if (bar.current) bar.current.style.transform = `scaleX(${level})`;
    };
    const read = () => {
      const output = engine.output();
      if (!output || engine.state().playing !== "playing") return;
      if (!analyser) {
        analyser = new AnalyserNode(output.context, { fftSize: WINDOW });
        source = output.stems.get(stem);
        source?.connect(analyser);
      }
      analyser.getFloatTimeDomainData(samples);
      let peak = 0;
      for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
      show(Math.min(1, Math.max(Math.sqrt(peak), level * DECAY)));
    };
    const ends = [ticker.follow(read), engine.subscribe(() => engine.state().playing !== "playing" && show(0))];
    return () => {
      ends.forEach((end) => end());
      if (analyser) source?.disconnect(analyser);
    };
  }, [engine, ticker, stem]);
  return (
    <div className={css.meter} aria-hidden="true">
      <div ref={bar} className={css.level} />
    </div>
  );
}
