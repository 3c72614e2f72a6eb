import { Metronome, Repeat, Scale, Timer, Volume2, X } from "lucide-react";
import { IconButton } from "@/components/Button";
import { Slider } from "@/components/Slider";
import { exactClock } from "./words";
import { Stepper } from "./Stepper";
import css from "./Transport.module.css";
import { useEngineState, useStudio, useWatched } from "./usePlayer";

/** What repeats: the two ends from the playhead, or by a drag over the waveform. */
export function LoopControls({ choosing, onChoosing }: { choosing: boolean; onChoosing(on: boolean): void }) {
  const { controls, music, snap } = useStudio();
  const { loop } = useEngineState();
  const { grid, expected } = useWatched(music);
  const snaps = useWatched(snap);
  return (
    <div className={css.loop} role="group" aria-label="Loop">
      <button
        type="button"
        className={css.toggle}
        aria-pressed={choosing}
        title="Drag over a waveform to choose what repeats (or hold Shift)"
        onClick={() => onChoosing(!choosing)}
      >
        <Repeat size={18} aria-hidden="true" /> Loop
      </button>
      <button type="button" className={css.mark} title="Repeat from here ([)" onClick={controls.loopFromHere}>
        <span className={css.caption}>A</span> {loop ? exactClock(loop.start) : "–"}
      </button>
      <button type="button" className={css.mark} title="Repeat to here (])" onClick={controls.loopToHere}>
        <span className={css.caption}>B</span> {loop ? exactClock(loop.end) : "–"}
      </button>
      {(grid || expected) && (
        <button
          type="button"
          className={css.toggle}
          disabled={expected}
          aria-pressed={snaps}
          title="A loop begins and ends with a bar"
          onClick={() => snap.set(!snaps)}
        >
          Whole bars
        </button>
      )}
      {loop && (
        <IconButton label="Stop repeating (\)" onClick={() => controls.loop(null)}>
          <X size={18} />
        </IconButton>
      )}
    </div>
  );
}

/** A click on each beat, and how loud it is; nothing for a song whose beats are not known. */
function ClickControl() {
  const { click, music } = useStudio();
  const { on, volume } = useWatched(click);
  const { grid, expected } = useWatched(music);
  if (!grid && !expected) return null;
  return (
    <div className={css.click}>
      <button
        type="button"
        role="switch"
        className={css.toggle}
        disabled={expected}
        aria-checked={on}
        title="A click on each beat (M)"
        onClick={() => click.set({ on: !on, volume })}
      >
        <Metronome size={18} aria-hidden="true" /> Click
      </button>
      {on && (
        <div>
          <Slider
            label="Volume of the click"
            value={volume}
            min={0}
            max={1.5}
            step={0.01}
            text={`${Math.round(volume * 100)} percent`}
            onChange={(volume) => click.set({ on, volume })}
          />
        </div>
      )}
    </div>
  );
}

/** Whether the song is played as loud as every other; nothing for a song whose loudness is not known. */
function EvenControl() {
  const { even, music } = useStudio();
  const on = useWatched(even);
  const { levelled, expected } = useWatched(music);
  if (!levelled && !expected) return null;
  return (
    <button
      type="button"
      role="switch"
      className={css.toggle}
      disabled={expected}
      aria-checked={on}
      title="Play every song equally loud"
      onClick={() => even.set(!on)}
    >
      <Scale size={18} aria-hidden="true" /> Even loudness
    </button>
  );
}

/** Speed, key, count-in, click and the volume of the whole. */
export function PracticeControls() {
  const { engine, controls, countIn } = useStudio();
  const { mix } = useEngineState();
  const counts = useWatched(countIn);
  const volume = Math.round(mix.master * 100);
  return (
    <>
      <Stepper
        label="Speed"
        text={`${Math.round(mix.speed * 100)} %`}
        less="Slower (−)"
        more="Faster (+)"
        canLess={mix.speed > 0.5}
        canMore={mix.speed < 1.5}
        changed={mix.speed !== 1}
        onStep={controls.speed}
      />
      <Stepper
        label="Key"
        text={mix.key > 0 ? `+${mix.key}` : String(mix.key).replace("-", "−")}
        less="A semitone lower; drums stay as they are"
        more="A semitone higher; drums stay as they are"
        canLess={mix.key > -6}
        canMore={mix.key < 6}
        changed={mix.key !== 0}
        onStep={controls.key}
      />
      <button
        type="button"
        role="switch"
        className={css.toggle}
        aria-checked={counts}
        title="Clicks before the song starts"
        onClick={() => countIn.set(!counts)}
      >
        <Timer size={18} aria-hidden="true" /> Count-in
      </button>
      <ClickControl />
      <EvenControl />
      <div className={css.master}>
        <Volume2 size={18} aria-hidden="true" />
        <Slider
          label="Volume"
          value={mix.master}
          min={0}
          max={1.5}
          step={0.01}
          text={`${volume} percent`}
          onChange={(master) => engine.setMix({ master })}
        />
      </div>
    </>
  );
}
