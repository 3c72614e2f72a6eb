import { Mic } from "lucide-react";
import { useSyncExternalStore } from "react";
import type { Engine } from "@/audio/engine";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import type { RecordingView } from "../queue/model";
import { useKeeping } from "../queue/useQueue";
import { RecordPanel } from "./RecordPanel";
import { theRecorder } from "./recorder";
import css from "./Recorder.module.css";
import { missing, stateOf } from "./words";

/** The way to a take: a button, the recorder once it is open, and what is on its way to the library. */
export function RecordArea({ engine, songId }: { engine: Engine | null; songId: string | null }) {
  const recorder = theRecorder();
  const { keeping, takes } = useKeeping();
  const state = useSyncExternalStore(recorder.subscribe, recorder.state);
  const mine = state.songId === songId;
  const open = mine && state.phase !== "off";
  const elsewhere = !mine && state.phase !== "off";
  const shown = takes.filter(
    (take) => (songId === null || take.songId === songId) && !(open && take.state === "recording"),
  );
  return (
    <div className={`${css.area} ${engine ? css.docked : ""}`}>
      {!open && (
        <div className={`${css.row} ${engine ? css.end : ""}`}>
          {keeping === null && (
            <p className={css.quiet}>This browser window keeps nothing on the device, so it cannot record.</p>
          )}
          <Button
            disabled={!keeping || elsewhere}
            onClick={() => keeping && void recorder.open({ keeping, engine, songId })}
          >
            <Mic size={18} aria-hidden="true" /> {engine ? "Record" : "New take"}
          </Button>
        </div>
      )}
      {!open && mine && state.trouble && <Notice tone="error">{state.trouble}</Notice>}
      {open && <RecordPanel recorder={recorder} withSong={engine !== null} />}
      {keeping && shown.length > 0 && (
        <ul className={css.takes} aria-label="Takes on their way">
          {shown.map((take) => (
            <OnTheWay key={take.id} take={take} queue={keeping.queue} />
          ))}
        </ul>
      )}
    </div>
  );
}

function OnTheWay({
  take,
  queue,
}: {
  take: RecordingView;
  queue: { retry(id: string): void; discard(id: string): void };
}) {
  const { id, title, ending, trouble, state, gaps, sampleRate, note } = take;
  return (
    <li>
      <p>
        <strong dir="auto">{title}</strong> <span role="status">{stateOf(take)}</span>
        {ending && <> {ending}</>} {state !== "recording" && missing(gaps, sampleRate)}
      </p>
      {(trouble?.way === "retry" || note) && <Button onClick={() => queue.retry(id)}>Try now</Button>}
      {trouble && <Button onClick={() => queue.discard(id)}>Remove from this device</Button>}
    </li>
  );
}
