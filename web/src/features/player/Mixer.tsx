import { RotateCcw } from "lucide-react";
import { useSyncExternalStore } from "react";
import { gainOf, type Stem, volumeOf } from "@/audio/engine";
import { Button } from "@/components/Button";
import { Slider } from "@/components/Slider";
import { lookOf } from "@/lib/stems";
import { Meter } from "./Meter";
import css from "./Mixer.module.css";
import { isActive, mixOf } from "./presets";
import { SeekBar } from "./SeekBar";
import { useEngineState, usePresets, useStudio } from "./usePlayer";
import { Waveform, type WaveformData } from "./Waveform";

interface Props {
  waveforms: ReadonlyMap<Stem, WaveformData> | null;
  choosing: boolean;
  onChosen(): void;
}

/** Presets, and a channel strip for each stem. */
export function Mixer({ waveforms, ...rest }: Props) {
  const { stems } = useStudio().engine;
  return (
    <section className={css.mixer} aria-label="Mixer">
      <Presets />
      <div className={css.strips}>
        {stems.map((stem, index) => (
          <Strip key={stem} stem={stem} digit={index + 1} waveform={waveforms?.get(stem) ?? null} {...rest} />
        ))}
      </div>
    </section>
  );
}

function Presets() {
  const player = useStudio();
  const { mix } = useEngineState();
  const presets = usePresets();
  const untouched = useSyncExternalStore(
    (listener) => {
      const watched = [player.engine, player.countIn, player.click, player.snap];
      const ends = watched.map((one) => one.subscribe(listener));
      return () => ends.forEach((end) => end());
    },
    () => player.isUntouched(),
  );
  return (
    <div className={css.presets} role="group" aria-label="Presets">
      {presets.data?.data.map((preset) => (
        <button
          key={preset.id}
          type="button"
          className={css.chip}
          aria-pressed={isActive(preset, mix, player.engine.stems)}
          title={preset.description}
          onClick={() => player.engine.setMix(mixOf(preset, player.engine.stems, mix))}
        >
          {preset.name}
        </button>
      ))}
      {presets.isError && (
        <Button kind="quiet" onClick={() => void presets.refetch()}>
          Presets did not load. Retry
        </Button>
      )}
      <Button kind="quiet" className={css.reset} disabled={untouched} onClick={player.reset}>
        <RotateCcw size={16} aria-hidden="true" /> Reset mix
      </Button>
    </div>
  );
}

interface StripProps extends Omit<Props, "waveforms"> {
  stem: Stem;
  /** Its key. */
  digit: number;
  waveform: WaveformData | null;
}

function Strip({ stem, digit, waveform, choosing, onChosen }: StripProps) {
  const { controls } = useStudio();
  const { mix } = useEngineState();
  const { icon: Icon, label: name, colour } = lookOf(stem);
  const volume = volumeOf(mix, stem);
  const percent = Math.round(volume * 100);
  return (
    <div
      className={css.strip}
      role="group"
      aria-label={name}
      data-silent={gainOf(mix, stem) === 0 || undefined}
      style={{ ["--colour" as string]: colour }}
    >
      <span className={css.name}>
        <Icon size={18} aria-hidden="true" /> {name}
      </span>
      <button
        type="button"
        className={css.mute}
        aria-pressed={mix.muted[stem] === true}
        aria-label={`Mute ${name.toLowerCase()}`}
        title={`Mute (${digit})`}
        onClick={() => controls.mute(stem)}
      >
        M
      </button>
      <button
        type="button"
        className={css.solo}
        aria-pressed={mix.soloed[stem] === true}
        aria-label={`Solo ${name.toLowerCase()}`}
        title={`Solo (Shift + ${digit})`}
        onClick={() => controls.solo(stem)}
      >
        S
      </button>
      <div className={css.fader}>
        <Slider
          label={`Volume of ${name.toLowerCase()}`}
          value={volume}
          min={0}
          max={1.5}
          step={0.01}
          text={`${percent} percent`}
          colour={colour}
          onChange={(volume) => controls.volume(stem, volume)}
        />
        <Meter stem={stem} />
      </div>
      <span className={css.percent} aria-hidden="true">
        {percent}
      </span>
      <div className={css.wave}>
        <SeekBar silent choosing={choosing} onChosen={onChosen}>
          <Waveform data={waveform} colour={colour} />
        </SeekBar>
      </div>
    </div>
  );
}
