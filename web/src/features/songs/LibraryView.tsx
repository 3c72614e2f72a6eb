import { useCallback, useEffect, useMemo, useRef } from "react";
import { Button } from "@/components/Button";
import { Empty, Notice } from "@/components/Notice";
import type { Slots } from "../feature";
import { useDeleted } from "./actions";
import { Announcer, LiveNote } from "./LiveNote";
import { RowSkeletons } from "./RowSkeletons";
import { SongList } from "./SongList";
import { Toolbar } from "./Toolbar";
import { Unmeasured } from "./Unmeasured";
import { useLibrary } from "./useLibrary";
import { understand } from "./searching";
import { useLayout } from "./layout";
import { useView } from "./useView";
import css from "./Library.module.css";

/** All songs of a person. `header` is shown above them: the place to upload songs. */
export default function LibraryView({ header }: Slots["library"]) {
  const view = useView();
  const [layout, setLayout] = useLayout();
  const asked = useMemo(() => understand(view.q).asked, [view.q]);
  const library = useLibrary(view.show, asked, view.sort);
  const deleted = useDeleted();
  const above = useRef<HTMLDivElement>(null);
  useEffect(() => {
    document.title = "Library · Unplugd";
  }, []);

  const songs = useMemo(() => library.songs.filter(({ songId }) => !deleted.has(songId)), [library.songs, deleted]);
  const { loading, loadingMore, more, error, readMore } = library;
  const empty = !loading && !error && songs.length === 0;
  const nothing = empty && !more;
  const filtered = view.show !== "all" || view.q !== "";

  // A search reads only so many songs at once: an empty page is not the end. There is no list yet that would read on.
  const searching = empty && more;
  // In another order than the newest first, and in groups, the next song may be anywhere.
  const sorting = !loading && more && !error && (view.sort !== "newest" || view.by !== "none");
  useEffect(() => {
    if ((searching || sorting) && !loadingMore) readMore();
  });

  /** The header's own file dialog; where it has none, its first control. */
  const chooseFile = useCallback(() => {
    const input = above.current?.querySelector<HTMLInputElement>('input[type="file"]');
    if (input) return input.click();
    scrollTo({ top: 0 });
    above.current?.querySelector<HTMLElement>("button, a[href]")?.focus();
  }, []);

  return (
    <div className={css.wide}>
      <div ref={above} className={css.above}>
        {header}
        <Toolbar view={view} layout={layout} onLayout={setLayout} empty={nothing && !filtered} />
        <LiveNote />
      </div>
      <Announcer />
      {(loading || searching) && <RowSkeletons count={6} label="Loading your songs" />}
      {songs.length > 0 && !filtered && <Unmeasured songs={songs} more={more} />}
      {sorting && !searching && (
        <>
          <p className={css.reading}>
            Reading all your songs to sort them: {songs.length.toLocaleString("en")} so far…
          </p>
          <RowSkeletons count={6} label="Reading all your songs to sort them" />
        </>
      )}
      {songs.length > 0 && !sorting && (
        <SongList
          songs={songs}
          library={library}
          above={above}
          onChooseFile={chooseFile}
          layout={layout}
          by={view.by}
          sort={view.sort}
          onSort={view.setSort}
        />
      )}
      {error && (
        <Notice tone="error" action={<Button onClick={library.retry}>Retry</Button>}>
          {songs.length ? "The older songs could not be read." : "Your songs could not be read."} {error.message}
        </Notice>
      )}
      {loadingMore && !searching && !sorting && <RowSkeletons count={2} label="Loading older songs" />}
      {nothing && !filtered && (
        <Empty
          title="Upload your first song"
          action={
            header && (
              <Button className={css.inviting} onClick={chooseFile}>
                Choose a file from this device
              </Button>
            )
          }
        >
          <p>Unplugd separates it into vocals and instruments, and writes the lyrics for you to sing.</p>
        </Empty>
      )}
      {nothing && filtered && (
        <Empty
          title={view.q ? `No song matches “${view.q}”` : NONE[view.show]}
          action={
            <Button className={css.inviting} onClick={view.clear}>
              {view.q ? "Clear search" : "Show all songs"}
            </Button>
          }
        >
          {view.q && view.show !== "all" && <p>Only songs of the chosen kind were searched.</p>}
          {(asked.bpm || asked.key) && <p>Songs that were not measured have no BPM and no key to be found by.</p>}
        </Empty>
      )}
    </div>
  );
}

const NONE = {
  all: "No songs",
  ready: "No song is ready yet",
  active: "Nothing is in progress",
  failed: "Nothing has failed",
};
