import type { Lyrics, Song } from "@/api/client";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { Progress } from "@/components/Progress";
import { clock, wait } from "@/lib/time";
import { isByLine } from "./timeline";
import css from "./LyricsPanel.module.css";

/** The state of a run for the lyrics, while there is one. */
export function RunNote({ song }: { song: Song }) {
  const { lyricsStatus, queuePosition, progress, stage, etaSec } = song;
  if (lyricsStatus !== "QUEUED" && lyricsStatus !== "PROCESSING") return null;
  const left = etaSec ? `, ${wait(etaSec)} left` : "";
  const says =
    lyricsStatus === "PROCESSING"
      ? `Listening for when each word is sung${left}`
      : queuePosition && queuePosition > 1
        ? `In line to be timed: number ${queuePosition}`
        : "In line to be timed: next";
  const known = lyricsStatus === "PROCESSING" && stage === "whisper" ? progress : null;
  return (
    <div className={css.run} role="status">
      <span>{says}. You can keep playing the song.</span>
      <Progress value={known} label="Syncing the lyrics" />
    </div>
  );
}

/** How many stretches without words are named. */
const NAMED = 3;

const GRADES = { good: null, rough: "The times are rough.", unusable: "The times are unusable." } as const;

/** What a person should know of these words: how good their times are, the notice, singing that has no words. */
export function WordNotes({ lyrics, onEdit }: { lyrics: Lyrics; onEdit(): void }) {
  const { segments, notice, grade, estimated, unworded } = lyrics;
  const graded = grade ? GRADES[grade] : null;
  const all = segments.length > 0 && segments.every(isByLine);
  const guessed = estimated && !notice;
  const named = unworded.slice(0, NAMED).map(({ start }) => clock(start));
  const more = unworded.length > NAMED ? " and later" : "";
  if (!notice && !guessed && !named.length) return null;
  return (
    <Notice action={graded ? <Button onClick={onEdit}>Correct the times</Button> : undefined}>
      {notice && (
        <p>
          {graded && <strong>{graded} </strong>}
          {notice}
        </p>
      )}
      {guessed && (
        <p>
          {all
            ? "The times of these lyrics are estimates, so whole lines are marked."
            : "Some times are estimates: there, the whole line is marked."}
        </p>
      )}
      {named.length > 0 && (
        <p>
          Somebody sings at {named.join(", ")}
          {more}, and there are no lyrics for it.
        </p>
      )}
    </Notice>
  );
}
