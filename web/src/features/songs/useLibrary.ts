import { useMemo } from "react";
import type { Song } from "@/api/client";
import { useSongs } from "@/api/songs";
import { behind, merge, type Show, STATUSES } from "./filters";
import type { Asked } from "./searching";
import { type Sort, sorted } from "./sorting";

export interface Library {
  songs: Song[];
  /** Nothing is known yet. */
  loading: boolean;
  /** Why the songs, or more of them, could not be read. */
  error: Error | null;
  more: boolean;
  loadingMore: boolean;
  readMore(): void;
  retry(): void;
}

/**
 * The songs that match, as far as they have been read. The API lists the newest first: any other order is known when all
 * have been read.
 */
export function useLibrary(show: Show, asked: Asked, sort: Sort): Library {
  const statuses = STATUSES[show];
  const filter = (slot: number) => ({ ...(statuses[slot] && { status: statuses[slot] }), ...asked });
  const slot = (index: number) => ({ enabled: index < statuses.length });
  const first = useSongs(filter(0), slot(0));
  const second = useSongs(filter(1), slot(1));
  const third = useSongs(filter(2), slot(2));

  const used = [first, second, third].slice(0, statuses.length);
  const [a, b, c] = used.map(({ data }) => data);
  const loading = used.some(({ data, isPending }) => isPending && !data);
  const parts = useMemo(
    () =>
      [a, b, c].flatMap((list) =>
        list ? [{ songs: list.pages.flatMap((page) => page.data), more: Boolean(list.pages.at(-1)?.nextCursor) }] : [],
      ),
    [a, b, c],
  );
  const more = parts.some((part) => part.more);
  // Before all are read there is no other order, and a hundred of them on the way would cost more than the reading.
  const order = more ? "newest" : sort;
  const songs = useMemo(() => (loading ? [] : sorted(merge(show, parts), order)), [loading, show, parts, order]);
  // What is on the screen stays there when it cannot be read again: LiveNote shows the state of the connection.
  const failed = used.filter(({ data, isError, isFetchNextPageError }) => isError && (!data || isFetchNextPageError));

  return {
    songs,
    loading: loading && failed.length === 0,
    error: failed[0]?.error ?? null,
    more,
    loadingMore: used.some(({ isFetchingNextPage }) => isFetchingNextPage),
    readMore() {
      for (const index of behind(parts)) {
        const list = used[index];
        // Asked for at every drawing: what is under way is not begun again.
        if (list?.hasNextPage && !list.isFetching && !list.isPlaceholderData)
          void list.fetchNextPage({ cancelRefetch: false });
      }
    },
    retry() {
      for (const list of failed) void (list.isFetchNextPageError ? list.fetchNextPage() : list.refetch());
    },
  };
}
