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
        ? `In the queue to be timed: number ${queuePosition}`
        : "In the queue to be timed: next";
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

/** Which times are estimates: those of a person's lines are not, even where those of the words in them are. */
export function aboutEstimates(segments: Lyrics["segments"]): string {
  if (!segments.every(isByLine)) return "Some times are estimates: there, the whole line is marked.";
  return segments.some(({ estimated }) => estimated)
    ? "The times of these lyrics are estimates, so whole lines are marked."
    : "Where the words of a line begin is estimated, so whole lines are marked.";
}

/** What a person should know of these words: how good their times are, the notice, singing that has no words. */
export function WordNotes({ lyrics, onEdit }: { lyrics: Lyrics; onEdit(): void }) {
  const { segments, notice, grade, estimated, unworded } = lyrics;
  const graded = grade ? GRADES[grade] : null;
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
      {guessed && <p>{aboutEstimates(segments)}</p>}
      {named.length > 0 && (
        <p>
          Somebody sings at {named.join(", ")}
          {more}, and there are no lyrics for it.
        </p>
      )}
    </Notice>
  );
}
