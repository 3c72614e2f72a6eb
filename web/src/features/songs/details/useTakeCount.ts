import { useEffect, useMemo } from "react";
import type { Song } from "@/api/client";
import { useSessions } from "@/api/sessions";

/** How many takes a song has, in words. Ids sort by time: none of its takes is older than the song. */
export function useTakeCount({ songId }: Song): string | null {
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = useSessions();
  const takes = useMemo(() => data?.pages.flatMap((page) => page.data) ?? [], [data]);
  const more = hasNextPage && (takes.at(-1)?.sessionId ?? "~") > songId;
  useEffect(() => {
    if (more && !isFetching && !isError) void fetchNextPage();
  }, [more, isFetching, isError, fetchNextPage]);
  if (!data || more) return null;
  const count = takes.filter((take) => take.songId === songId).length;
  return count === 0 ? "None" : count === 1 ? "1 take" : `${count} takes`;
}
