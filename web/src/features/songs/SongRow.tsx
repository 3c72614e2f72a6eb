import {
  AudioLines,
  Ban,
  CircleX,
  Clock,
  EllipsisVertical,
  FilePlus2,
  Gauge,
  type LucideIcon,
  Pencil,
  Play,
  RotateCcw,
  SquareArrowOutUpRight,
  Trash2,
  TriangleAlert,
} from "lucide-react";
import { memo, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import type { Song } from "@/api/client";
import { isUnreadable, useSong } from "@/api/songs";
import { Button, IconButton } from "@/components/Button";
import { Menu, type MenuItem } from "@/components/Menu";
import { Progress } from "@/components/Progress";
import { clock } from "@/lib/time";
import { usePendingCommand, useSongActions } from "./actions";
import { isUnmeasured, keyOf, lengthAloud, tempoOf } from "./measured";
import { SameSound } from "./SameSound";
import { canCancel, day, remedyOf, type Standing, standing, titleOf } from "./words";
import css from "./SongRow.module.css";

interface Props {
  song: Song;
  onRename(song: Song): void;
  onDelete(song: Song): void;
  onChooseFile(): void;
}

const ICONS: Record<Standing["tone"], LucideIcon> = {
  ready: Play,
  active: AudioLines,
  waiting: Clock,
  failed: TriangleAlert,
  stopped: Ban,
};

/** A menu that closes gives the focus back a moment later: what moves the focus itself has to come after that. */
const afterMenu = (act: () => void) => setTimeout(() => setTimeout(act));

/** One song of the library: what it is, its state, and what can be done about it. */
export const SongRow = memo(function SongRow({ song, onRename, onDelete, onChooseFile }: Props) {
  const actions = useSongActions();
  const pending = usePendingCommand(song);
  const [, go] = useLocation();
  const title = titleOf(song);
  const state = standing(song);
  const Icon = ICONS[state.tone];
  const remedy = remedyOf(song);
  const page = `/songs/${song.songId}`;
  const tempo = tempoOf(song);
  const key = keyOf(song);

  const remedies = {
    retry: { label: "Retry", icon: <RotateCcw size={18} />, onSelect: () => void actions.retry(song) },
    "retry-lyrics": {
      label: "Retry lyrics",
      icon: <RotateCcw size={18} />,
      onSelect: () => void actions.retry(song),
    },
    "another-file": { label: "Choose another file", icon: <FilePlus2 size={18} />, onSelect: onChooseFile },
  };
  const cure = remedy && remedies[remedy];

  const remove = {
    label: "Delete",
    icon: <Trash2 size={18} />,
    danger: true,
    onSelect: () => afterMenu(() => onDelete(song)),
  };
  const readable: (MenuItem | "line")[] = [
    { label: "Open", icon: <SquareArrowOutUpRight size={18} />, onSelect: () => go(page) },
    { label: "Rename…", icon: <Pencil size={18} />, onSelect: () => afterMenu(() => onRename(song)) },
    ...(cure ? [cure] : []),
    ...(isUnmeasured(song)
      ? [
          {
            label: "Measure tempo and key",
            icon: <Gauge size={18} />,
            onSelect: () => void actions.measure(song),
          },
        ]
      : []),
    canCancel(song)
      ? { label: "Cancel", icon: <CircleX size={18} />, onSelect: () => void actions.cancel(song) }
      : remove,
  ];
  const items = isUnreadable(song) ? [remove] : readable;

  return (
    <article className={css.row} data-tone={state.tone}>
      <span className={css.icon} aria-hidden="true">
        <Icon size={20} />
      </span>
      <div className={css.main}>
        <div className={css.name}>
          {isUnreadable(song) ? (
            <span className={css.title}>
              <bdi>{title}</bdi>
            </span>
          ) : (
            <Link href={page} className={css.title}>
              <bdi>{title}</bdi>
            </Link>
          )}
          {song.artist && (
            <span className={css.artist}>
              <bdi>{song.artist}</bdi>
            </span>
          )}
        </div>
        <div className={css.state}>
          <span className={css.status}>
            {song.status === "QUEUED" && song.queuePosition === null ? <Place song={song} /> : state.text}
          </span>
          {state.detail && <span className={css.detail}>{state.detail}</span>}
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
          {tempo && (
            <Said spoken={tempo.spoken}>
              {tempo.text}
              <span className={css.unit}> BPM</span>
            </Said>
          )}
        </span>
        <span className={css.key}>
          {key && (
            <Said spoken={key.spoken}>
              {key.text} <span className={css.camelot}>{key.camelot}</span>
            </Said>
          )}
        </span>
        <span className={css.length}>
          {typeof song.durationSec === "number" && (
            <Said spoken={lengthAloud(song.durationSec)}>{clock(song.durationSec)}</Said>
          )}
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
      <SameSound song={song} onDelete={onDelete} />
    </article>
  );
});

/** Text that is short for the eye and plain for the ear. */
function Said({ spoken, children }: { spoken: string; children: ReactNode }) {
  return (
    <>
      <span className="visually-hidden">{spoken}</span>
      <span aria-hidden="true">{children}</span>
    </>
  );
}

/** Lists leave out the position in the queue: it is requested for the rows that are shown. */
function Place({ song }: { song: Song }) {
  const { data } = useSong(song.songId);
  return standing(data?.status === "QUEUED" ? data : song).text;
}
