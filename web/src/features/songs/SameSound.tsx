import { useState } from "react";
import { Link } from "wouter";
import type { Song } from "@/api/client";
import { useSong } from "@/api/songs";
import { Button } from "@/components/Button";
import { useDeleted, useSongActions } from "./actions";
import { canCancel, titleOf } from "./words";
import css from "./SameSound.module.css";

/** The notice that a person has this song already. It is an offer: both can stay. */
export function SameSound({ song, onDelete }: { song: Song; onDelete(song: Song): void }) {
  return song.sameAs ? <Known song={song} other={song.sameAs} onDelete={onDelete} /> : null;
}

function Known({ song, other, onDelete }: { song: Song; other: string; onDelete(song: Song): void }) {
  const actions = useSongActions();
  const deleted = useDeleted();
  const { data: known } = useSong(other);
  const [busy, setBusy] = useState(false);
  // It may have gone since.
  if (!known || deleted.has(other) || !["QUEUED", "PROCESSING", "COMPLETED"].includes(known.status)) return null;

  async function act(what: () => Promise<boolean>) {
    setBusy(true);
    if (!(await what())) setBusy(false);
  }
  const remove = async () => {
    if (canCancel(song) && !(await actions.cancel(song))) return false;
    onDelete(song);
    return true;
  };

  return (
    <div className={css.same} role="note">
      <p>
        You have this song already:{" "}
        <Link href={`/songs/${other}`} className={css.link}>
          <bdi>{titleOf(known)}</bdi>
        </Link>
      </p>
      <Button className={css.button} busy={busy} onClick={() => void act(() => actions.keepBoth(song))}>
        Keep both
      </Button>
      <Button className={css.button} busy={busy} onClick={() => void act(remove)}>
        Remove this one
      </Button>
    </div>
  );
}
