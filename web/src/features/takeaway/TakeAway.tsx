import type { FinishedSong } from "@/api/songs";
import type { Song } from "@/api/client";
import type { Engine } from "@/audio/engine";

/** What can be taken away of a finished song: the mix as it stands, its parts, its words. */
export function TakeAway({ song }: { song: FinishedSong & Song; engine: Engine }) {
  return (
    <section aria-label="Take away">
      <h2>Take away</h2>
      <a href={song.stems.vocals.url}>Vocals</a>
    </section>
  );
}
