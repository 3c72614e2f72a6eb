import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { Skeleton } from "@/components/Progress";
import { Ask } from "./Ask";
import { Done } from "./Done";
import { Frame, Waiting } from "./Frame";
import { useOutbox } from "./outbox/useOutbox";
import { useGame } from "./usePractice";

/** A session of due cards. */
export default function PracticePage() {
  const { outbox, state: waiting } = useOutbox();
  const session = useGame(outbox);
  const state = session?.state;
  const left = state?.turn ? `${state.waiting + 1} left` : undefined;
  return (
    <Frame title="Guess The Track" back="/" note={left}>
      <Waiting outbox={outbox} state={waiting} />
      {(!state || state.phase === "idle" || state.phase === "loading") && (
        <div aria-busy="true" aria-label="Looking for what is due">
          <Skeleton height="12rem" />
        </div>
      )}
      {session && state?.phase === "failed" && (
        <Notice tone="error" action={<Button onClick={() => void session.game.load()}>Try again</Button>}>
          {state.failure}
        </Notice>
      )}
      {session && state?.turn && <Ask game={session.game} state={state} turn={state.turn} />}
      {session && state?.phase === "done" && <Done game={session.game} state={state} />}
    </Frame>
  );
}
