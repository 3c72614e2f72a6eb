import { type ReactNode, useState } from "react";
import type { SessionSummary } from "@/api/sessions";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { useDeletedTakes } from "./actions";
import { RenameTake } from "./RenameTake";
import { TakeRow } from "./TakeRow";
import css from "./Takes.module.css";
import type { Takes } from "./useTakes";

interface Props {
  takes: Takes;
  label: string;
  withSong?: boolean;
  /** Shown where there are none. */
  empty: ReactNode;
  /** What else can be done with a take here. */
  more?(take: SessionSummary): ReactNode;
}

/** Takes, newest first. */
export function TakeList({ takes, label, empty, more, withSong }: Props) {
  const deleted = useDeletedTakes();
  const [renaming, setRenaming] = useState<SessionSummary | null>(null);
  const shown = takes.takes.filter(({ sessionId }) => !deleted.has(sessionId));
  const { error, loading, retry } = takes;
  return (
    <>
      {error && (
        <Notice tone="error" action={<Button onClick={retry}>Retry</Button>}>
          {error.message}
        </Notice>
      )}
      {loading && (
        <p className={css.note} role="status">
          Loading your takes…
        </p>
      )}
      {shown.length > 0 && (
        <ul className={css.list} aria-label={label}>
          {shown.map((take) => (
            <li key={take.sessionId}>
              <TakeRow take={take} onRename={setRenaming} withSong={withSong}>
                {more?.(take)}
              </TakeRow>
            </li>
          ))}
        </ul>
      )}
      {!shown.length && !loading && !error && empty}
      {takes.readMore && (
        <Button className={css.earlier} busy={takes.loadingMore} onClick={takes.readMore}>
          Earlier takes
        </Button>
      )}
      {renaming && <RenameTake take={renaming} onClose={() => setRenaming(null)} />}
    </>
  );
}
