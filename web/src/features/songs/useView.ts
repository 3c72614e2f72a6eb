import { useCallback } from "react";
import { useSearchParams } from "wouter";
import { type Show, toShow } from "./filters";
import { type Grouping, toGrouping } from "./groups";
import { type Sort, toSort } from "./sorting";

/** Which songs are shown, and in which order. It is part of the address, so that Back leads to the same place. */
export interface View {
  show: Show;
  /** What was typed into the search, filters such as `bpm:120-130` included. */
  q: string;
  sort: Sort;
  by: Grouping;
  setShow(show: Show): void;
  setQ(q: string): void;
  setSort(sort: Sort): void;
  setBy(by: Grouping): void;
  clear(): void;
}

/** The API takes no longer search. */
export const MAX_SEARCH = 200;

export function useView(): View {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (changes: Record<string, string>) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          for (const [name, value] of Object.entries(changes))
            if (value) after.set(name, value);
            else after.delete(name);
          return after;
        },
        { replace: true },
      ),
    [setParams],
  );
  return {
    show: toShow(params.get("show")),
    q: (params.get("q") ?? "").trim().slice(0, MAX_SEARCH),
    setShow: (show) => set({ show: show === "all" ? "" : show }),
    setQ: (q) => set({ q: q.trim() }),
    sort: toSort(params.get("sort")),
    setSort: (sort) => set({ sort: sort === "newest" ? "" : sort }),
    by: toGrouping(params.get("by")),
    setBy: (by) => set({ by: by === "none" ? "" : by }),
    clear: () => set({ show: "", q: "" }),
  };
}
