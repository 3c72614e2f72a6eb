import { useState } from "react";
import { Problem } from "@/api/client";
import { type ChangeMeasure, type Measure, useChangeMeasure, useMeasures } from "@/api/measurements";
import { Notice } from "@/components/Notice";
import type { SongProps } from "../feature";
import { KeyCard } from "./KeyCard";
import css from "./MusicPanel.module.css";
import { PartsCard } from "./PartsCard";
import { TempoCard } from "./TempoCard";

export interface CardProps extends SongProps {
  busy: boolean;
  change: ChangeMeasure;
}

/** Tempo, key and parts of a song: what was measured, and what its owner says instead. */
export default function MusicPanel(props: SongProps) {
  const measures = useMeasures(props.song);
  const send = useChangeMeasure(props.song);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const change: ChangeMeasure = async (measure: Measure, to) => {
    setBusy(true);
    setFault(null);
    try {
      await send(measure, to);
    } catch (error) {
      setFault(error instanceof Problem ? error.message : "This could not be saved. Try again.");
    } finally {
      setBusy(false);
    }
  };
  if (!measures) return null;
  const card = { ...props, busy, change };
  return (
    <div className={css.page}>
      <h2>Music</h2>
      <p className={css.about}>
        What Unplugd heard. Correct what is wrong: your values are kept, and you can always go back.
      </p>
      {fault && <Notice tone="error">{fault}</Notice>}
      <div className={css.columns}>
        <TempoCard {...card} beats={measures.beats} />
        <KeyCard {...card} known={measures.key} />
        {measures.sections && <PartsCard {...card} sections={measures.sections} />}
      </div>
    </div>
  );
}
