import type { Group, Grouping } from "./groups";
import css from "./Library.module.css";

/** The name of an artist or an album, and how much there is of it. */
export function GroupHeading({ group: { name, artist, songs }, by }: { group: Group; by: Grouping }) {
  const seconds = songs.reduce((sum, { durationSec }) => sum + (durationSec ?? 0), 0);
  const facts = [
    name && by === "album" ? (artist ?? (artist === null ? "Several artists" : "")) : "",
    songs.length === 1 ? "1 song" : `${songs.length.toLocaleString("en")} songs`,
    seconds >= 30 ? long(seconds) : "",
  ];
  return (
    <div className={css.group}>
      <h2>
        <bdi>{name ?? (by === "album" ? "Without an album" : "Without an artist")}</bdi>
      </h2>
      <p>{facts.filter(Boolean).join(" · ")}</p>
    </div>
  );
}

/** How long it plays in all: "12 min", "3 h 20 min". */
function long(seconds: number): string {
  const minutes = Math.round(seconds / 60) || 1;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
