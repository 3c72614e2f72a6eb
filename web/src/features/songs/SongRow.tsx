import { EllipsisVertical } from "lucide-react";
import { memo } from "react";
import { Link } from "wouter";
import type { Song } from "@/api/client";
import { isUnreadable } from "@/api/songs";
import { Button, IconButton } from "@/components/Button";
import { Menu } from "@/components/Menu";
import { Progress } from "@/components/Progress";
import { usePendingCommand } from "./actions";
import { Cover } from "./Cover";
import { SameSound } from "./SameSound";
import { Key, Length, State, Tempo } from "./SongFacts";
import { type SongHandlers, useSongMenu } from "./songMenu";
import { day, songPath, standing, titleOf } from "./words";
import css from "./SongRow.module.css";

interface Props extends SongHandlers {
  song: Song;
}

/** One song of the library: what it is, its state, and what can be done about it. */
export const SongRow = memo(function SongRow({ song, ...handlers }: Props) {
  const pending = usePendingCommand(song);
  const { cure, items } = useSongMenu(song, handlers);
  const title = titleOf(song);
  const state = standing(song);

  return (
    <article className={css.row} data-tone={state.tone}>
      <span className={css.cover}>
        <Cover song={song} />
      </span>
      <div className={css.main}>
        <Title song={song} />
        {song.artist && (
          <span className={css.artist}>
            <bdi>{song.artist}</bdi>
          </span>
        )}
        <div className={css.state}>
          <State song={song} />
        </div>
        {state.progress !== undefined && <Progress value={state.progress} label={`${title}: ${state.text}`} />}
      </div>
      {cure && (
        <Button className={css.cure} busy={pending === "retry"} onClick={cure.onSelect}>
          {cure.label}
        </Button>
      )}
      <div className={css.facts}>
        <span className={css.tempo}>
          <Tempo song={song} />
        </span>
        <span className={css.key}>
          <Key song={song} />
        </span>
        <span className={css.length}>
          <Length song={song} />
        </span>
        {song.uploadedAt && <time dateTime={song.uploadedAt}>{day(song.uploadedAt)}</time>}
      </div>
      <div className={css.menu}>
        <Menu
          trigger={
            <IconButton label={`More about ${title}`}>
              <EllipsisVertical size={20} />
            </IconButton>
          }
          items={items}
        />
      </div>
      <SameSound song={song} onDelete={handlers.onDelete} />
    </article>
  );
});

/** The way to the song; plain text for a song that cannot be opened. */
export function Title({ song }: { song: Song }) {
  const title = <bdi>{titleOf(song)}</bdi>;
  if (isUnreadable(song)) return <span className={css.title}>{title}</span>;
  return (
    <Link href={songPath(song)} className={css.title}>
      {title}
    </Link>
  );
}
