import { useEffect, useMemo } from "react";
import { type SessionSummary, useSessions } from "@/api/sessions";

export interface Takes {
  takes: SessionSummary[];
  /** Nothing is known yet. */
  loading: boolean;
  loadingMore: boolean;
  error: Error | null;
  retry(): void;
  /** Read the next page; undefined where there is none. */
  readMore?: () => void;
}

/** A person's takes, 50 a page. */
export function useTakes(): Takes {
  const { data, isPending, isFetchingNextPage, error, refetch, hasNextPage, fetchNextPage } = useSessions();
  const takes = useMemo(() => data?.pages.flatMap((page) => page.data) ?? [], [data]);
  return {
    takes,
    loading: isPending,
    loadingMore: isFetchingNextPage,
    error,
    retry: () => void (hasNextPage && takes.length ? fetchNextPage() : refetch()),
    readMore: hasNextPage ? () => void fetchNextPage() : undefined,
  };
}

/** The takes that were recorded along with a song. Ids sort by time, so none of them is older than its song. */
export function useTakesOf(songId: string): Takes {
  const all = useTakes();
  const { takes, readMore, error, loadingMore } = all;
  const older = (takes.at(-1)?.sessionId ?? "") < songId;
  const reading = readMore !== undefined && !older;
  useEffect(() => {
    if (reading && !loadingMore && !error) readMore();
  });
  const mine = useMemo(() => takes.filter((take) => take.songId === songId), [takes, songId]);
  return { ...all, takes: mine, loading: all.loading || (reading && !error), readMore: undefined };
}
