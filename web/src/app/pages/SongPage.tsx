import { useSong, isFinished } from "@/api/songs";
import { Studio } from "@/features/player/Studio";
import { LyricsPanel } from "@/features/lyrics/LyricsPanel";
import { SingView } from "@/features/lyrics/SingView";
import { TakeAway } from "@/features/takeaway/TakeAway";
import { UnfinishedView } from "@/features/library/UnfinishedView";
import { Boundary } from "@/components/Boundary";
import { PageSkeleton } from "../PageSkeleton";

/** One song: its player, its words, and what can be taken away. */
export default function SongPage({ songId, singing }: { songId: string; singing: boolean }) {
  const { data: song, error, refetch } = useSong(songId);
  if (!song) return error ? <UnfinishedView error={error} onRetry={() => void refetch()} /> : <PageSkeleton />;
  if (!isFinished(song)) return <UnfinishedView song={song} />;
  return (
    <Studio
      song={song}
      singing={singing}
      // What breaks in one of these does not silence the player.
      lyrics={(engine) => (
        <Boundary>
          <LyricsPanel song={song} engine={engine} />
        </Boundary>
      )}
      sing={(engine) => (
        <Boundary>
          <SingView song={song} engine={engine} />
        </Boundary>
      )}
      takeAway={(engine) => (
        <Boundary>
          <TakeAway song={song} engine={engine} />
        </Boundary>
      )}
    />
  );
}
