import type { Lyrics } from "@/api/client";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import css from "./dialogs.module.css";
import type { Segment } from "./timeline";

interface Props {
  mine: readonly Segment[];
  theirs: Lyrics;
  busy: boolean;
  onMine(): void;
  onTheirs(): void;
  onClose(): void;
}

/** The lyrics were saved elsewhere (usually by the same person in another tab): both versions are shown, one is picked. */
export function ConflictDialog({ mine, theirs, busy, onMine, onTheirs, onClose }: Props) {
  const onlyMine = linesNotIn(mine, theirs.segments);
  const onlyTheirs = linesNotIn(theirs.segments, mine);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Changed in another tab"
      description="These lyrics were saved somewhere else while you were editing. None of your changes are lost: choose which version to keep."
    >
      {onlyMine.length + onlyTheirs.length === 0 ? (
        <p>Both versions have the same text. Only the times differ.</p>
      ) : (
        <div className={css.sides}>
          <Side title={`Yours (${count(mine.length)})`} lines={onlyMine} />
          <Side title={`Theirs (${count(theirs.segments.length)})`} lines={onlyTheirs} />
        </div>
      )}
      <div className={css.buttons}>
        <Button onClick={onTheirs} disabled={busy}>
          Take theirs
        </Button>
        <Button kind="primary" onClick={onMine} busy={busy}>
          Keep mine
        </Button>
      </div>
    </Dialog>
  );
}

const count = (lines: number) => (lines === 1 ? "1 line" : `${lines} lines`);

function Side({ title, lines }: { title: string; lines: readonly string[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <ul tabIndex={0} aria-label={title}>
        {lines.map((line, i) => (
          <li key={i} dir="auto">
            {line}
          </li>
        ))}
        {lines.length === 0 && <li className={css.same}>No differences</li>}
      </ul>
    </section>
  );
}

/** The lines of `some` that `others` lack, each as often as it is missing. */
export function linesNotIn(some: readonly Segment[], others: readonly Segment[]): string[] {
  const left = new Map<string, number>();
  for (const { text } of others) left.set(text, (left.get(text) ?? 0) + 1);
  return some.flatMap(({ text }) => {
    const known = left.get(text) ?? 0;
    left.set(text, known - 1);
    return known > 0 ? [] : [text];
  });
}
