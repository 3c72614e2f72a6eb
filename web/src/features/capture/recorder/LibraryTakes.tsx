import { RecordArea } from "./RecordArea";

/** In the library: a take of one's own, without a song. */
export default function LibraryTakes() {
  return <RecordArea engine={null} songId={null} />;
}
