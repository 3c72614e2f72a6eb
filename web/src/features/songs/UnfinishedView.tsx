import { ArrowLeft, Check } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { Link, useLocation } from "wouter";
import { Problem, type Song } from "@/api/client";
import { Button } from "@/components/Button";
import { Empty } from "@/components/Notice";
import { Progress } from "@/components/Progress";
import { STEPS, stepOf } from "@/lib/stages";
import type { Slots } from "../feature";
import { usePendingCommand, useSongActions } from "./actions";
import { LiveNote } from "./LiveNote";
import { canCancel, remedyOf, standing, titleOf } from "./words";
import css from "./Unfinished.module.css";

/** The page of a song that cannot be played (yet): its state and what can be done. */
export default function UnfinishedView(props: Slots["unfinishedSong"]) {
  const name = "song" in props ? titleOf(props.song) : "Song";
  useEffect(() => {
    document.title = `${name} · Unplugd`;
  }, [name]);
  return (
    <>
      <header className={css.bar}>
        <Link href="/" className={css.back}>
          <ArrowLeft size={20} aria-hidden="true" /> Library
        </Link>
      </header>
      <main className={css.page}>{"song" in props ? <Standing song={props.song} /> : <Missing {...props} />}</main>
    </>
  );
}

function Missing({ error, onRetry }: { error: unknown; onRetry(): void }) {
  if (error instanceof Problem && error.status === 404)
    return (
      <Empty title="This song is not in your library">
        <p>It may have been deleted, or the link belongs to someone else.</p>
        <Link href="/" className={css.way}>
          Go to your library
        </Link>
      </Empty>
    );
  return (
    <Empty
      title="The song could not be read"
      action={
        <Button kind="primary" onClick={onRetry}>
          Retry
        </Button>
      }
    >
      <p role="alert">{error instanceof Error ? error.message : "Something went wrong."}</p>
    </Empty>
  );
}

function Standing({ song }: { song: Song }) {
  const actions = useSongActions();
  const pending = usePendingCommand(song);
  const [, go] = useLocation();
  const state = standing(song);
  const remedy = remedyOf(song);
  const works = song.status === "QUEUED" || song.status === "PROCESSING";
  // The links are on their way: the studio opens with them.
  const text = song.status === "COMPLETED" ? "Ready: opening the studio" : state.text;

  return (
    <article className={css.card} data-tone={state.tone}>
      <div>
        <h1 className={css.title} dir="auto">
          {titleOf(song)}
        </h1>
        {song.artist && (
          <p className={css.artist} dir="auto">
            {song.artist}
          </p>
        )}
      </div>
      <div className={css.now}>
        <p className={css.text} role="status">
          {text}
        </p>
        {state.progress !== undefined && <Progress value={state.progress} label={state.text} />}
        {state.detail && <p className={css.detail}>{state.detail}</p>}
        {song.status === "PENDING_UPLOAD" && (
          <p className={css.detail}>Processing starts as soon as the file has arrived and has been checked.</p>
        )}
        {works && <p className={css.detail}>You can leave this page: the song is processed in the background.</p>}
      </div>
      {works && <Steps song={song} />}
      <LiveNote />
      <div className={css.buttons}>
        {remedy === "retry" && (
          <Button kind="primary" busy={pending === "retry"} onClick={() => void actions.retry(song)}>
            Retry
          </Button>
        )}
        {remedy === "another-file" && (
          <Button kind="primary" onClick={() => go("/")}>
            Choose another file
          </Button>
        )}
        {canCancel(song) && (
          <Button busy={pending === "cancel"} onClick={() => void actions.cancel(song)}>
            Cancel
          </Button>
        )}
        {!canCancel(song) && song.status !== "COMPLETED" && (
          <Button
            kind="danger"
            onClick={() => {
              actions.deletions.request(song);
              go("/");
            }}
          >
            Delete
          </Button>
        )}
      </div>
    </article>
  );
}

/** What is done and what is to come. */
function Steps({ song }: { song: Song }) {
  const at = song.status === "QUEUED" ? 0 : stepOf(song.stage);
  return (
    <ol className={css.steps}>
      {STEPS.map((name, index) => (
        <Step key={name} done={index < at} now={index === at}>
          {name}
        </Step>
      ))}
    </ol>
  );
}

function Step({ done, now, children }: { done: boolean; now: boolean; children: ReactNode }) {
  return (
    <li className={css.step} aria-current={now ? "step" : undefined} data-done={done || undefined}>
      <span className={css.dot} aria-hidden="true">
        {done && <Check size={14} />}
      </span>
      {children}
      {done && <span className="visually-hidden"> (done)</span>}
    </li>
  );
}
