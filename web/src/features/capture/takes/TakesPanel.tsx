import { Headphones } from "lucide-react";
import type { SessionSummary } from "@/api/sessions";
import { Button } from "@/components/Button";
import { takeStem } from "@/lib/takes";
import type { SongProps } from "../../feature";
import { chosen } from "../lane/choice";
import { useMix } from "../lane/useLanes";
import Score from "../score/Score";
import { useOffset, useTakeActions } from "./actions";
import { Nudge } from "./Nudge";
import { TakeList } from "./TakeList";
import css from "./Takes.module.css";
import { useTakesOf } from "./useTakes";
import { titleOf } from "./words";

/** The takes that were recorded along with a song. */
export default function TakesPanel({ song, engine }: SongProps) {
  const takes = useTakesOf(song.songId);
  return (
    <section className={`${css.page} ${css.panel}`} aria-labelledby="takes-title">
      <h2 id="takes-title">Takes</h2>
      <TakeList
        takes={takes}
        label="Takes of this song"
        empty={<p className={css.note}>Nothing was recorded along with this song yet.</p>}
        more={(take) => take.status === "READY" && <Along take={take} song={song} engine={engine} />}
      />
    </section>
  );
}

/** Play the take along with the song, where it begins, and how it went. */
function Along({ take, song, engine }: SongProps & { take: SessionSummary }) {
  const mix = useMix(engine);
  const stem = takeStem(take.sessionId);
  const name = titleOf(take);
  const actions = useTakeActions();
  const offsetMs = useOffset(take);
  const on = mix.takes.includes(stem);
  return (
    <>
      <Button
        className={css.along}
        aria-pressed={on}
        aria-label={`Play ${name} along`}
        onClick={() => engine.setMix(chosen(engine.state().mix, stem, !on))}
      >
        <Headphones size={18} aria-hidden="true" /> Play along
      </Button>
      <Nudge take={take} name={name} />
      <Score song={song} engine={engine} take={take} offsetMs={offsetMs} onMove={(ms) => actions.nudge(take, ms)} />
    </>
  );
}
