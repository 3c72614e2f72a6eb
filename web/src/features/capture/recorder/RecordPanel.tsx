import { Circle, Pause, Play, Square, X } from "lucide-react";
import { useEffect, useId, useRef, useState, useSyncExternalStore } from "react";
import { SAMPLE_RATE } from "@/audio/frames";
import { Button, IconButton } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { Slider } from "@/components/Slider";
import { Length, Level, LiveWave } from "./Level";
import type { Recorder } from "./recorder";
import css from "./Recorder.module.css";
import { missing } from "./words";

/** The open microphone: what it hears, how it is set, and the take that is made of it. */
export function RecordPanel({ recorder, withSong }: { recorder: Recorder; withSong: boolean }) {
  const state = useSyncExternalStore(recorder.subscribe, recorder.state);
  const [countIn, setCountIn] = useState(withSong);
  const [more, setMore] = useState(false);
  const id = useId();
  const { phase, gaps, trouble } = state;
  const ready = phase === "ready";
  const taking = phase === "recording" || phase === "paused";
  return (
    <section className={css.panel} aria-label="Recorder">
      <div className={css.head}>
        <h2>{withSong ? "Record along" : "New take"}</h2>
        <IconButton label="Close the recorder" disabled={phase === "ending"} onClick={() => recorder.close()}>
          <X size={20} />
        </IconButton>
      </div>
      {trouble && <Notice tone="error">{trouble}</Notice>}
      <div className={css.row}>
        {ready && (
          <Button kind="primary" onClick={() => void recorder.record(withSong && countIn)}>
            <Circle size={18} aria-hidden="true" fill="currentColor" /> Start recording
          </Button>
        )}
        {(taking || phase === "starting") && (
          <Button kind="primary" onClick={() => void recorder.end()}>
            <Square size={18} aria-hidden="true" fill="currentColor" /> {taking ? "Finish" : "Cancel"}
          </Button>
        )}
        {phase === "recording" && (
          <Button onClick={() => recorder.pause()}>
            <Pause size={18} aria-hidden="true" /> Pause the take
          </Button>
        )}
        {phase === "paused" && (
          <Button onClick={() => void recorder.resume()}>
            <Play size={18} aria-hidden="true" /> Go on
          </Button>
        )}
        <span role="status" className={taking ? css.live : css.quiet}>
          {WORDS[phase]}
        </span>
        {taking && <Length recorder={recorder} rate={SAMPLE_RATE} />}
      </div>
      <Level recorder={recorder} />
      {taking && <LiveWave recorder={recorder} gaps={gaps} />}
      {taking && missing(gaps, SAMPLE_RATE) && <Notice>{missing(gaps, SAMPLE_RATE)}</Notice>}
      {state.camera && phase !== "opening" && <Picture recorder={recorder} />}
      {!taking && (
        <>
          <p className={css.quiet}>
            Use headphones: else the microphone hears the loudspeakers too. Echo cancellation is off, because it tears
            holes into music.
          </p>
          <div className={css.row}>
            <label className={css.field}>
              Microphone
              <select
                value={state.input ?? ""}
                disabled={!ready}
                onChange={(event) => void recorder.change({ input: event.target.value })}
              >
                {state.inputs.map(({ id, label }) => (
                  <option key={id} value={id}>
                    {label}
                  </option>
                ))}
              </select>
            </label>
            {withSong && (
              <label className={css.check}>
                <input type="checkbox" checked={countIn} onChange={(event) => setCountIn(event.target.checked)} />
                Count in, one bar of the song
              </label>
            )}
            <Button
              kind="quiet"
              aria-expanded={more}
              aria-controls={more ? `${id}-more` : undefined}
              onClick={() => setMore(!more)}
            >
              Settings
            </Button>
          </div>
          {more && (
            <div id={`${id}-more`} className={css.area} role="group" aria-label="Settings of the recorder">
              <div className={css.row}>
                <div className={css.field}>
                  Hear yourself
                  <Slider
                    label="Hear yourself"
                    value={state.monitor}
                    {...{ min: 0, max: 1, step: 0.05 }}
                    text={`${Math.round(state.monitor * 100)} percent`}
                    onChange={(level) => recorder.setMonitor(level)}
                  />
                </div>
                <Check
                  label="Stereo"
                  checked={state.channels === 2}
                  disabled={!ready}
                  onChange={(on) => void recorder.change({ channels: on ? 2 : 1 })}
                />
                <Check
                  label="Camera: one picture a second"
                  checked={state.camera}
                  disabled={!ready}
                  onChange={(on) => void recorder.change({ camera: on })}
                />
              </div>
              <div className={css.row}>
                <p className={css.quiet}>
                  Your devices are late by {state.latencyMs.toFixed(1)} ms ({state.measured ? "measured" : "estimated"}
                  ). The take is moved by that; nothing is cut off.
                </p>
                <Button disabled={!ready} busy={state.testing} onClick={() => void recorder.test()}>
                  {state.testing ? "Listening…" : "Measure it"}
                </Button>
              </div>
              {state.minutesLeft !== null && (
                <p className={css.quiet}>This device has room for {state.minutesLeft.toLocaleString("en")} minutes.</p>
              )}
            </div>
          )}
        </>
      )}
    </section>
  );
}

const WORDS = {
  off: "",
  opening: "Opening the microphone…",
  ready: "The microphone is on. Nothing is recorded yet.",
  starting: "Starting…",
  recording: "Recording",
  paused: "Paused",
  ending: "Writing the end…",
};

function Check(props: { label: string; checked: boolean; disabled: boolean; onChange(on: boolean): void }) {
  const { label, checked, disabled, onChange } = props;
  return (
    <label className={css.check}>
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}

function Picture({ recorder }: { recorder: Recorder }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const video = recorder.camera()?.video;
    if (!video) return;
    video.className = css.video ?? "";
    video.setAttribute("aria-label", "What the camera sees");
    place.current?.append(video);
    return () => video.remove();
  }, [recorder]);
  return <div ref={place} />;
}
