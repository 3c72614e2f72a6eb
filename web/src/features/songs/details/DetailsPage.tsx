import { ArrowLeft, Play } from "lucide-react";
import { useEffect } from "react";
import { Link, useLocation, useParams } from "wouter";
import type { Song } from "@/api/client";
import { useArtwork, useDetails } from "@/api/details";
import { isFinished, isUnreadable, useSong } from "@/api/songs";
import { Button } from "@/components/Button";
import { Empty, Notice } from "@/components/Notice";
import { Skeleton } from "@/components/Progress";
import { Sleeve } from "@/components/Sleeve";
import { SameSound } from "../SameSound";
import { useSongActions } from "../actions";
import { songPath, standing, titleOf } from "../words";
import css from "./Details.module.css";
import { DetailsForm } from "./DetailsForm";
import { factsOf, filesOf, type Fact } from "./facts";
import { useTakeCount } from "./useTakeCount";

/** All that is known of one song, and what a person may correct of it. */
export default function DetailsPage() {
  const { songId = "" } = useParams();
  const { data: song, error, refetch } = useSong(songId);
  const name = song ? titleOf(song) : "Song";
  useEffect(() => {
    document.title = `Details of ${name} · Unplugd`;
  }, [name]);
  return (
    <>
      <Link href="/" className={css.back}>
        <ArrowLeft size={20} aria-hidden="true" /> Library
      </Link>
      {song ? (
        <Known song={song} />
      ) : error ? (
        <Empty title="The song could not be read" action={<Button onClick={() => void refetch()}>Retry</Button>}>
          <p role="alert">{error.message}</p>
        </Empty>
      ) : (
        <div role="status" aria-label="Loading the song">
          <Skeleton width="40%" height="2em" />
        </div>
      )}
    </>
  );
}

function Known({ song }: { song: Song }) {
  const { data: details, error } = useDetails(song.songId, { enabled: !isUnreadable(song) });
  const picture = useArtwork(song, "large");
  const takes = useTakeCount(song);
  const actions = useSongActions();
  const [, go] = useLocation();
  const { text, detail } = standing(song);
  return (
    <article className={css.page}>
      <div className={css.sleeve}>
        <Sleeve seed={song.songId} camelot={song.camelot} bpm={song.tempoBpm} picture={picture} />
      </div>
      <div className={css.head}>
        <h1>
          <bdi>{titleOf(song)}</bdi>
        </h1>
        {song.artist && (
          <p className={css.artist}>
            <bdi>{song.artist}</bdi>
          </p>
        )}
        <p className={css.quiet}>{[text, detail].filter(Boolean).join(" · ")}</p>
        {!isUnreadable(song) && (
          <Link href={songPath(song)} className={css.open}>
            <Play size={18} aria-hidden="true" /> {isFinished(song) ? "Play" : "Open"}
          </Link>
        )}
        <SameSound
          song={song}
          onDelete={(gone) => {
            actions.deletions.request(gone);
            go("/");
          }}
        />
      </div>
      {error && <Notice tone="error">What the file says could not be read. {error.message}</Notice>}
      {!isUnreadable(song) && (
        <section className={css.part} aria-labelledby="edit">
          <h2 id="edit">Edit</h2>
          <DetailsForm key={song.songId} song={song} />
        </section>
      )}
      <section className={css.part} aria-labelledby="known">
        <h2 id="known">What is known</h2>
        <Facts facts={[...factsOf(song, details), { name: "Takes", text: takes }]} />
      </section>
      <section className={css.part} aria-labelledby="files">
        <h2 id="files">Files</h2>
        <Facts facts={filesOf(song)} />
      </section>
    </article>
  );
}

function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className={css.facts}>
      {facts.map(({ name, text }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <bdi>{text ?? "–"}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}
