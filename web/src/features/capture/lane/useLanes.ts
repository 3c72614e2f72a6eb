import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { Problem } from "@/api/client";
import { useApi } from "@/api/context";
import { fetchWindow, type RecordingSession, sessionCalls, sessionKeys } from "@/api/sessions";
import type { Engine, Mix } from "@/audio/engine";
import { sessionOf, takeStem } from "@/lib/takes";
import { useDeletedTakes, useTakeActions } from "../takes/actions";
import { chosen } from "./choice";
import { joinPeaks, readPeaks } from "./peaks";

export function useMix(engine: Engine): Mix {
  return useSyncExternalStore(
    (listener) => engine.subscribe(listener),
    () => engine.state().mix,
  );
}

/** The takes that are chosen for this song and ready, in the engine too: they play along at their places. */
export function useLanes(engine: Engine): RecordingSession[] {
  const api = useApi();
  const client = useQueryClient();
  const actions = useTakeActions();
  const deleted = useDeletedTakes();
  const { takes } = useMix(engine);
  const ids = takes.map(sessionOf);
  const found = useQueries({
    queries: ids.map((sessionId) => ({
      queryKey: sessionKeys.one(sessionId),
      queryFn: ({ signal }: { signal: AbortSignal }) => sessionCalls.get(api, sessionId, signal),
    })),
  });
  const gone = ids.filter((sessionId, index) => {
    const error = found[index]?.error;
    return deleted.has(sessionId) || (error instanceof Problem && error.status === 404);
  });
  const goneNow = gone.join();
  useEffect(() => {
    for (const sessionId of goneNow ? goneNow.split(",") : [])
      engine.setMix(chosen(engine.state().mix, takeStem(sessionId), false));
  }, [engine, goneNow]);

  const lanes = found.flatMap(({ data }) => (data?.status === "READY" && !deleted.has(data.sessionId) ? [data] : []));
  const places = useSyncExternalStore(actions.subscribe, () =>
    lanes.map((take) => `${take.sessionId} ${actions.offsetOf(take)} ${take.windowSeconds}`).join(),
  );
  useEffect(() => {
    engine.setTakes(
      (places ? places.split(",") : []).map((place) => {
        const [sessionId = "", offsetMs, windowSeconds] = place.split(" ");
        return {
          stem: takeStem(sessionId),
          offsetMs: Number(offsetMs),
          windowSeconds: Number(windowSeconds),
          window: (index, signal) => fetchWindow(api, client, { sessionId, index, file: "streamUrl", signal }),
        };
      }),
    );
  }, [engine, api, client, places]);
  return lanes;
}

/** The peaks of a whole take; null until they are known. */
export function usePeaks({ sessionId, windowSeconds, ingested }: RecordingSession): Uint8Array | null {
  const api = useApi();
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: [...sessionKeys.one(sessionId), "peaks"],
    staleTime: Infinity,
    queryFn: async ({ signal }) => {
      const windows = new Map<number, number[]>();
      for (const index of ingested) {
        const figures = await fetchWindow(api, client, { sessionId, index, file: "figuresUrl", signal });
        if (figures) windows.set(index, readPeaks(JSON.parse(new TextDecoder().decode(figures))));
      }
      return joinPeaks(windows, windowSeconds);
    },
  });
  return data ?? null;
}
