import type { SongProps } from "../../feature";
import { RecordArea } from "./RecordArea";

/** On a song's page: a take along with the song. It ends when the page is left, since the song's sound does. */
export default function SongTake({ song, engine }: SongProps) {
  return <RecordArea engine={engine} songId={song.songId} />;
}
