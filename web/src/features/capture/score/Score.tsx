import { useQuery } from "@tanstack/react-query";
import { useId, useMemo, useState } from "react";
import { useApi } from "@/api/context";
import { useLyrics } from "@/api/lyrics";
import { type Note, useMeasures } from "@/api/measurements";
import { type SessionSummary, useSession } from "@/api/sessions";
import { Button } from "@/components/Button";
import { Roll } from "@/components/Roll";
import { clock } from "@/lib/time";
import type { SongProps } from "../../feature";
import { compare, type Curve, fold } from "./compare";
import { fetchPitch } from "./pitch";
import css from "./Score.module.css";
import { keyWords, linesOf, moveBy, percent, pitchWords, timingWords } from "./words";

interface Props extends SongProps {
  take: SessionSummary;
  /** The take’s place in its song, if that was moved and is not stored yet. */
  offsetMs?: number;
  /** Move the take by so many ms. */
  onMove?(ms: number): void;
}

/** How a take that was recorded along with the song compares with its melody. Only its owner sees it. */
export default function Score(props: Props) {
  const { take, song } = props;
  const [open, setOpen] = useState(false);
  const id = useId();
  if (take.status !== "READY" || take.songId !== song.songId) return null;
  return (
    <section className={css.score} aria-label="Score">
      <Button kind="quiet" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        {open ? "Close the score" : "How did it go?"}
      </Button>
      <div id={id}>{open && <Known {...props} />}</div>
    </section>
  );
}

/** Why there is no score (yet), or the score. */
function Known(props: Props) {
  const { take: listed, song } = props;
  const api = useApi();
  const take = useSession(listed.sessionId).data ?? listed;
  const measures = useMeasures(song);
  const lyrics = useLyrics(song);
  const pitch = useQuery({
    queryKey: ["pitch", take.sessionId],
    enabled: take.pitchStatus === "DONE",
    staleTime: Infinity,
    queryFn: ({ signal }) => fetchPitch(api, take.sessionId, signal),
  });
  const notes = measures?.melody?.value;
  switch (take.pitchStatus) {
    case null:
      return <Why>There is no score for this take: it was recorded before takes were measured.</Why>;
    case "WAITING":
      return <Why>What you sang is being measured. This takes a few seconds.</Why>;
    case "FAILED":
      return <Why>What you sang could not be measured, so there is no score. The take itself is as it was.</Why>;
  }
  if (song.measuredAt === null)
    return <Why>The song was not measured yet, so its melody is not known. Measure it in the library.</Why>;
  if (pitch.isError)
    return (
      <Why>
        What you sang could not be loaded.{" "}
        <Button kind="quiet" onClick={() => void pitch.refetch()}>
          Try again
        </Button>
      </Why>
    );
  if (!measures || !pitch.data || lyrics.isPending) return <Why>Loading what you sang…</Why>;
  if (!notes?.length) return <Why>No melody was heard in this song, so there is nothing to compare with.</Why>;
  const lines = lyrics.data ? linesOf(lyrics.data) : [];
  return <Result {...props} take={take} curve={pitch.data} notes={notes} lines={lines} />;
}

const Why = ({ children }: { children: React.ReactNode }) => (
  <p className={css.why} role="status">
    {children}
  </p>
);

interface ResultProps extends Props {
  curve: Curve;
  notes: readonly Note[];
  lines: ReturnType<typeof linesOf>;
}

function Result({ take, engine, curve, notes, lines, offsetMs = take.offsetMs, onMove }: ResultProps) {
  const written = JSON.stringify(lines);
  const score = useMemo(
    () => compare(curve, offsetMs, notes, JSON.parse(written) as typeof lines),
    [curve, offsetMs, notes, written],
  );
  const key = score?.key ?? 0;
  const sung = useMemo(() => overNotes(curve, offsetMs, notes, key), [curve, offsetMs, notes, key]);
  if (!score) return <Why>This take is outside the song’s melody. Move it to its place in the song.</Why>;
  const [move, other] = [moveBy(score), keyWords(score.key)];
  return (
    <div className={css.result}>
      <dl className={css.figures}>
        <div>
          <dt>In tune</dt>
          <dd>{score.pitch === null ? "–" : percent(score.pitch)}</dd>
          <dd className={css.words}>{pitchWords(score)}</dd>
        </div>
        <div>
          <dt>Timing</dt>
          <dd>{score.lateMs === null ? "–" : `${score.lateMs > 0 ? "+" : ""}${score.lateMs} ms`}</dd>
          <dd className={css.words}>{timingWords(score) ?? "Too little is sung to tell"}</dd>
        </div>
        <div>
          <dt>Sung</dt>
          <dd>{percent(score.sung)}</dd>
          <dd className={css.words}>of the song’s melody</dd>
        </div>
      </dl>
      {other && <p className={css.why}>{other}</p>}
      {move !== null && (
        <p className={css.why}>
          All lines are {move < 0 ? "late" : "early"} by about the same. If you were on time, it is the device.{" "}
          {onMove && (
            <Button kind="quiet" onClick={() => onMove(move)}>
              Move the take {Math.abs(move)} ms {move < 0 ? "earlier" : "later"}
            </Button>
          )}
        </p>
      )}
      <div className={css.roll}>
        <Roll notes={notes} engine={engine} sung={sung} />
        <p className={css.legend}>
          <span className={css.bar} /> the song <span className={css.line} /> you. Octaves do not count.
        </p>
      </div>
      <ol className={css.lines} aria-label="Line by line">
        {score.lines.map(({ line, ...compared }) => (
          <li key={line.start}>
            <button type="button" onClick={() => engine.seek(Math.max(0, line.start - 1))}>
              <span className={css.text}>{line.text || `From ${clock(line.start)}`}</span>
              <span className={css.share}>{compared.pitch === null ? "–" : percent(compared.pitch)}</span>
              <span className={css.words}>
                {[pitchWords(compared), timingWords(compared)].filter(Boolean).join(" · ")}
              </span>
            </button>
          </li>
        ))}
      </ol>
      <p className={css.why}>Only you see this. It is a help, no mark: the melody was heard by a machine.</p>
    </div>
  );
}

/** What was sung, in the octave of the song's note at that moment and in the song's key. */
function overNotes({ step, midi }: Curve, offsetMs: number, notes: readonly Note[], key: number) {
  const begins = offsetMs / 1000;
  let at = 0;
  const near = (seconds: number) => {
    while (at + 1 < notes.length && apart(notes[at + 1], seconds) <= apart(notes[at], seconds)) at++;
    return notes[at]?.midi ?? 0;
  };
  const shown = midi.map((pitch, i) => {
    const note = near(begins + i * step);
    return pitch === null ? null : note + fold(pitch - key - note);
  });
  return { begins, step, midi: shown };
}

const apart = (note: Note | undefined, seconds: number) =>
  note ? Math.max(note.start - seconds, seconds - note.end, 0) : Infinity;
