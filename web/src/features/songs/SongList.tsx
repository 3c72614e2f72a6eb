import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import type { Song } from "@/api/client";
import { useSongActions } from "./actions";
import { keepPlace, whereItWas } from "./place";
import { Columns } from "./Columns";
import { RenameDialog } from "./RenameDialog";
import { SongRow } from "./SongRow";
import type { Sort } from "./sorting";
import type { Library } from "./useLibrary";
import css from "./Library.module.css";

interface Props {
  songs: Song[];
  library: Library;
  /** What is above the list and may grow. */
  above: RefObject<HTMLElement | null>;
  onChooseFile(): void;
  sort: Sort;
  onSort(sort: Sort): void;
}

/** How many rows before the end the next page is asked for. */
const AHEAD = 30;

/** The rows; of a long library only those near the window are in the page. */
export function SongList({ songs, library, above, onChooseFile, sort, onSort }: Props) {
  const actions = useSongActions();
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState(0);
  const [renaming, setRenaming] = useState<Song | null>(null);

  useEffect(() => {
    if (!above.current) return;
    const look = new ResizeObserver(() => {
      if (list.current) setTop(Math.round(list.current.getBoundingClientRect().top + scrollY));
    });
    look.observe(above.current);
    look.observe(document.documentElement);
    return () => look.disconnect();
  }, [above]);

  const { initialOffset, initialMeasurementsCache } = useState(whereItWas)[0];
  const virtual = useWindowVirtualizer({
    initialOffset,
    initialMeasurementsCache,
    count: songs.length,
    estimateSize: () => 73,
    overscan: 8,
    scrollMargin: top,
    getItemKey: (index) => songs[index]?.songId ?? index,
  });
  const rows = virtual.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;

  useEffect(() => keepPlace(() => virtual.measurementsCache), [virtual]);

  const { more, loadingMore, error, readMore } = library;
  const wantsMore = more && !loadingMore && !error && last >= songs.length - AHEAD;
  useEffect(() => {
    if (wantsMore) readMore();
  });

  /** After a delete by keyboard, the song that takes the place gets the focus. */
  const onDelete = useCallback(
    (song: Song) => {
      const shown = () => [...(list.current?.children ?? [])] as HTMLElement[];
      const at = shown().findIndex((row) => row.dataset.songId === song.songId);
      actions.deletions.request(song);
      // Once the row is gone.
      setTimeout(() => {
        const next = shown()[at] ?? shown().at(-1);
        (next?.querySelector<HTMLElement>("a[href]") ?? document.querySelector<HTMLElement>("main"))?.focus();
      });
    },
    [actions],
  );

  return (
    <>
      <Columns sort={sort} onSort={onSort} />
      <ul ref={list} className={css.list} role="list" aria-label="Songs" style={{ height: virtual.getTotalSize() }}>
        {rows.map((row) => {
          const song = songs[row.index];
          return (
            song && (
              <li
                key={row.key}
                ref={virtual.measureElement}
                data-index={row.index}
                data-song-id={song.songId}
                className={css.item}
                style={{ transform: `translateY(${row.start - top}px)` }}
                aria-setsize={more ? -1 : songs.length}
                aria-posinset={row.index + 1}
              >
                <SongRow song={song} onRename={setRenaming} onDelete={onDelete} onChooseFile={onChooseFile} />
              </li>
            )
          );
        })}
      </ul>
      {renaming && <RenameDialog song={renaming} onClose={() => setRenaming(null)} />}
    </>
  );
}
