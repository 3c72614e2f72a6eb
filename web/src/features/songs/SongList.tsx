import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Song } from "@/api/client";
import { useSongActions } from "./actions";
import { Columns } from "./Columns";
import { GroupHeading } from "./GroupHeading";
import { type Grouping, type Line, lines } from "./groups";
import { GAP, type Layout, placesIn } from "./layout";
import { keepPlace, whereItWas } from "./place";
import { RenameDialog } from "./RenameDialog";
import { SongRow } from "./SongRow";
import { SongTile } from "./SongTile";
import type { Sort } from "./sorting";
import type { Library } from "./useLibrary";
import css from "./Library.module.css";

interface Props {
  songs: Song[];
  library: Library;
  /** What is above the list and may grow. */
  above: RefObject<HTMLElement | null>;
  onChooseFile(): void;
  layout: Layout;
  by: Grouping;
  sort: Sort;
  onSort(sort: Sort): void;
}

/** How many songs before the end the next page is asked for. */
const AHEAD = 30;
/** Heights in pixels, until they are measured: of a row, of a heading, and of a tile without its cover. */
const [ROW, HEADING, BELOW_COVER] = [69, 84, 94];

/** The songs as rows or tiles, in groups where a person wants them; only those near the window are in the page. */
export function SongList({ songs, library, above, onChooseFile, layout, by, sort, onSort }: Props) {
  const actions = useSongActions();
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState(0);
  const [room, setRoom] = useState(0);
  const [renaming, setRenaming] = useState<Song | null>(null);

  useEffect(() => {
    if (!above.current) return;
    const look = new ResizeObserver(() => {
      if (!list.current) return;
      setTop(Math.round(list.current.getBoundingClientRect().top + scrollY));
      setRoom(list.current.clientWidth);
    });
    look.observe(above.current);
    look.observe(document.documentElement);
    return () => look.disconnect();
  }, [above, layout]);

  const { columns, width } = useMemo(
    () => (layout === "grid" ? placesIn(room) : { columns: 1, width: room }),
    [layout, room],
  );
  const shown = useMemo(() => lines(songs, by, columns), [songs, by, columns]);
  const { initialOffset, initialMeasurementsCache } = useState(whereItWas)[0];
  const virtual = useWindowVirtualizer({
    initialOffset,
    initialMeasurementsCache,
    count: shown.length,
    estimateSize: (index) =>
      shown[index]?.kind === "heading" ? HEADING : layout === "grid" ? width + BELOW_COVER : ROW,
    overscan: layout === "grid" ? 2 : 8,
    scrollMargin: top,
    getItemKey: (index) => keyOf(shown[index], layout) ?? index,
  });
  // Tiles are as high as they are wide, and some: what was measured at another width is no longer so.
  const measure = virtual.measure;
  useEffect(() => {
    if (layout === "grid") measure();
  }, [measure, layout, width]);
  const visible = virtual.getVirtualItems();
  const last = visible.at(-1)?.index ?? 0;

  useEffect(() => keepPlace(() => virtual.measurementsCache), [virtual]);

  const { more, loadingMore, error, readMore } = library;
  const wantsMore = more && !loadingMore && !error && last >= shown.length - AHEAD / columns;
  useEffect(() => {
    if (wantsMore) readMore();
  });

  /** After a delete by keyboard, the song that takes the place gets the focus. */
  const onDelete = useCallback(
    (song: Song) => {
      const rows = () => [...(list.current?.querySelectorAll<HTMLElement>("[data-song-id]") ?? [])];
      const at = rows().findIndex((row) => row.dataset.songId === song.songId);
      actions.deletions.request(song);
      // Once the row is gone.
      setTimeout(() => {
        const next = rows()[at] ?? rows().at(-1);
        (next?.querySelector<HTMLElement>("a[href]") ?? document.querySelector<HTMLElement>("main"))?.focus();
      });
    },
    [actions],
  );

  const Piece = layout === "grid" ? SongTile : SongRow;
  return (
    <>
      {layout === "list" && <Columns sort={sort} onSort={onSort} />}
      <ul
        ref={list}
        className={layout === "grid" ? `${css.list} ${css.covers}` : css.list}
        role="list"
        aria-label="Songs"
        style={{ height: virtual.getTotalSize() }}
      >
        {visible.map(({ key, index, start }) => {
          const line = shown[index];
          const y = start - top;
          if (line?.kind === "heading")
            return (
              <li
                key={key}
                ref={virtual.measureElement}
                data-index={index}
                className={css.item}
                style={{ transform: `translateY(${y}px)` }}
              >
                <GroupHeading group={line.group} by={by} />
              </li>
            );
          return line?.songs.map((song, column) => (
            <li
              key={song.songId}
              // All of a line are equally high.
              ref={column ? undefined : virtual.measureElement}
              data-index={index}
              data-song-id={song.songId}
              className={css.item}
              style={{
                transform: `translate(${column * (width + GAP)}px, ${y}px)`,
                ...(layout === "grid" && { width }),
              }}
              aria-setsize={more ? -1 : songs.length}
              aria-posinset={line.at + column + 1}
            >
              <Piece song={song} onRename={setRenaming} onDelete={onDelete} onChooseFile={onChooseFile} />
            </li>
          ));
        })}
      </ul>
      {renaming && <RenameDialog song={renaming} onClose={() => setRenaming(null)} />}
    </>
  );
}

/** What a line's height is remembered by. */
function keyOf(line: Line | undefined, layout: Layout): string | undefined {
  if (line?.kind === "heading") return `# ${line.group.key}`;
  const first = line?.songs[0]?.songId;
  return layout === "grid" ? `${first} …` : first;
}
