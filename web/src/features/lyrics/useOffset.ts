import { useEffect, useState } from "react";
import type { Lyrics } from "@/api/client";
import { toast } from "@/components/Toasts";
import { OffsetSaver } from "./offsetSaver";
import type { Save } from "@/api/lyrics";

/** Milliseconds the API takes. */
const MOST_OFFSET = 60_000;

/** The offset as it is heard now, and how to move it. What is moved is heard at once and saved a moment later. */
export function useOffset(lyrics: Lyrics, save: Save): [offsetMs: number, move: (offsetMs: number) => void] {
  const [wanted, setWanted] = useState<number | null>(null);
  const [saver] = useState(
    () =>
      new OffsetSaver({
        saved: () => setWanted(null),
        failed: (error, again) =>
          toast(`The lyrics offset is not saved. ${error.message}`, {
            tone: "error",
            action: { label: "Retry", onSelect: again },
          }),
      }),
  );
  // Who leaves right after a move has meant it.
  useEffect(() => {
    const leave = () => document.visibilityState === "hidden" && void saver.flush();
    document.addEventListener("visibilitychange", leave);
    return () => {
      document.removeEventListener("visibilitychange", leave);
      void saver.flush();
    };
  }, [saver]);
  const move = (offsetMs: number) => {
    const bounded = Math.round(Math.min(MOST_OFFSET, Math.max(-MOST_OFFSET, offsetMs)));
    setWanted(bounded);
    saver.move(bounded, lyrics.version, save);
  };
  return [wanted ?? lyrics.offsetMs, move];
}
