import { Maximize, MicVocal, Minimize, X } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { VOICE } from "@/audio/engine";
import { IconButton } from "@/components/Button";
import css from "./SingStage.module.css";
import { PlayGroup, Status, Timeline } from "./Transport";
import { useFullscreen } from "./useMedia";
import { useEngineState, useStudio } from "./usePlayer";
import type { WaveformData } from "./Waveform";

/** How long (ms) the controls stay after the last sign of life. */
const STAYS = 3000;

/** Words on the whole screen, and controls that go away while they are not needed. */
export function SingStage({
  title,
  waveform,
  guide,
  onLeave,
  children,
}: {
  title: string;
  waveform: WaveformData | null;
  /** Above the words. */
  guide: ReactNode;
  onLeave(): void;
  children: ReactNode;
}) {
  const { controls } = useStudio();
  const { playing, mix, trouble } = useEngineState();
  const fullscreen = useFullscreen();
  const awake = useSignsOfLife();
  const stage = useRef<HTMLDivElement>(null);
  const shown = awake || playing !== "playing" || trouble !== null;

  useEffect(() => {
    stage.current?.focus();
    return () => {
      if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
    };
  }, []);
  const switchFullscreen = () => {
    const done = fullscreen ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    // Where the browser refuses, the view fills the window as before.
    done.catch(() => undefined);
  };

  return (
    <div ref={stage} className={css.stage} data-shown={shown} tabIndex={-1}>
      <main className={css.words}>
        <h1 className="visually-hidden">{title}</h1>
        <div>{guide}</div>
        <div className={css.sung}>{children}</div>
      </main>
      <div className={css.top}>
        <IconButton label="Leave the singing view (Esc)" onClick={onLeave}>
          <X size={24} />
        </IconButton>
      </div>
      <section className={css.bottom} aria-label="Player">
        <Status choosing={false} />
        <Timeline waveform={waveform} choosing={false} onChosen={() => undefined} />
        <div className={css.row}>
          <button
            type="button"
            className={css.voice}
            aria-pressed={!mix.muted[VOICE]}
            title="The recorded voice (4)"
            onClick={() => controls.mute(VOICE)}
          >
            <MicVocal size={20} aria-hidden="true" /> Voice
          </button>
          <PlayGroup />
          <IconButton label={fullscreen ? "Leave full screen" : "Full screen"} onClick={switchFullscreen}>
            {fullscreen ? <Minimize size={22} /> : <Maximize size={22} />}
          </IconButton>
        </div>
      </section>
    </div>
  );
}

/** Whether somebody moved, pressed or focused anything in the last seconds. */
function useSignsOfLife(): boolean {
  const [awake, setAwake] = useState(true);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const wake = () => {
      setAwake(true);
      clearTimeout(timer);
      timer = setTimeout(() => setAwake(false), STAYS);
    };
    timer = setTimeout(() => setAwake(false), STAYS);
    const signs = ["pointermove", "pointerdown", "keydown", "focusin"];
    for (const sign of signs) addEventListener(sign, wake, { passive: true });
    return () => {
      clearTimeout(timer);
      for (const sign of signs) removeEventListener(sign, wake);
    };
  }, []);
  return awake;
}
