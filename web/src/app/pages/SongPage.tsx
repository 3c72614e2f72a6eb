import { lazy } from "react";
import { isFinished, useSong } from "@/api/songs";
import type { Engine } from "@/audio/engine";
import { Boundary } from "@/components/Boundary";
import type { SongProps } from "@/features/feature";
import { PageSkeleton } from "../PageSkeleton";
import { FEATURES, part, slot } from "../slots";
import { Absent } from "./Absent";

/** The tabs of the studio, by their order. */
async function loadPanels() {
  const panels = FEATURES.flatMap(({ name, songPanel }) => (songPanel ? [{ id: name, ...songPanel }] : []));
  panels.sort((a, b) => a.order - b.order);
  return Promise.all(
    panels.map(async ({ id, label, load, when }) => ({
      id,
      label,
      when,
      Panel: await part(load().then((file) => file.default)),
    })),
  );
}

/** One song: its player with the panels of the features; or the state of a song that cannot be played (yet). */
export const SongPage = lazy(async () => {
  // All at once: a file that is requested by another one would come later.
  const [Studio = Absent, Unfinished = Absent, Karaoke, Lane, Guide, Record, Lanes, panels] = await Promise.all([
    slot("studio"),
    slot("unfinishedSong"),
    part(slot("karaoke")),
    part(slot("lane")),
    part(slot("guide")),
    part(slot("record")),
    part(slot("lanes")),
    loadPanels(),
  ]);

  return { default: Page };

  function Page({ songId, singing }: { songId: string; singing: boolean }) {
    const { data: song, error, refetch } = useSong(songId);
    if (!song) return error ? <Unfinished error={error} onRetry={() => void refetch()} /> : <PageSkeleton />;
    if (!isFinished(song)) return <Unfinished song={song} />;
    // What breaks in a panel does not silence the player.
    const bounded = (Part: (typeof panels)[number]["Panel"]) => (engine: Engine) => {
      const props: SongProps = { song, engine };
      return <Boundary>{Part && <Part {...props} />}</Boundary>;
    };
    return (
      <Studio
        song={song}
        singing={singing}
        panels={panels
          .filter(({ when }) => !when || when(song))
          .map(({ id, label, Panel }) => ({ id, label, content: bounded(Panel) }))}
        karaoke={Karaoke && bounded(Karaoke)}
        lane={Lane && bounded(Lane)}
        guide={Guide && bounded(Guide)}
        record={Record && bounded(Record)}
        lanes={Lanes && bounded(Lanes)}
      />
    );
  }
});
