import { EllipsisVertical } from "lucide-react";
import { memo } from "react";
import type { Song } from "@/api/client";
import { IconButton } from "@/components/Button";
import { Menu } from "@/components/Menu";
import { Progress } from "@/components/Progress";
import { Cover } from "./Cover";
import { Key, Length, State, Tempo } from "./SongFacts";
import { Title } from "./SongRow";
import { type SongHandlers, useSongMenu } from "./songMenu";
import { standing, titleOf } from "./words";
import css from "./SongTile.module.css";

interface Props extends SongHandlers {
  song: Song;
}

/** One song of the library as its cover, with two lines below it. */
export const SongTile = memo(function SongTile({ song, ...handlers }: Props) {
  const { items } = useSongMenu(song, handlers);
  const title = titleOf(song);
  const state = standing(song);
  const tells = state.tone !== "ready" || state.detail || song.sameAs;
  return (
    <article className={css.tile} data-tone={state.tone}>
      <div className={css.cover}>
        <Cover song={song} size="large" />
        {state.progress !== undefined && (
          <div className={css.progress}>
            <Progress value={state.progress} label={`${title}: ${state.text}`} />
          </div>
        )}
      </div>
      <div className={css.text}>
        <Title song={song} />
        <span className={css.artist}>{song.artist && <bdi>{song.artist}</bdi>}</span>
        <span className={css.facts}>
          {song.sameAs ? (
            "You have this song already"
          ) : tells ? (
            <State song={song} />
          ) : (
            <>
              <span>
                <Tempo song={song} />
              </span>
              <span>
                <Key song={song} short />
              </span>
              <span>
                <Length song={song} />
              </span>
            </>
          )}
        </span>
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
    </article>
  );
});
