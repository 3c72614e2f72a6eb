import { WifiOff } from "lucide-react";
import { useEffect, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { useServices } from "@/api/context";
import { findSong, useLiveState } from "@/api/songs";
import { titleOf } from "./words";
import css from "./Library.module.css";

/** Interruptions (ms) shorter than this are not shown: most end by themselves. */
const MATTERS_MS = 3000;

/** Whether live messages have been missing for a while. */
function useIsDown(): boolean {
  const open = useLiveState() === "open";
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(!open), open ? 0 : MATTERS_MS);
    return () => clearTimeout(timer);
  }, [open]);
  return late && !open;
}

/** Says so when the page may lag behind. */
export function LiveNote() {
  const down = useIsDown();
  return (
    <div role="status">
      {down && (
        <p className={css.down}>
          <WifiOff size={18} aria-hidden="true" /> Live updates are paused; reconnecting…
        </p>
      )}
    </div>
  );
}

/** Announces to screen readers that a song is done. */
export function Announcer() {
  const { live } = useServices();
  const client = useQueryClient();
  const [text, setText] = useState("");
  useEffect(
    () =>
      live.onMessage(({ type, songId }) => {
        const song = findSong(client, songId);
        if (!song || (type !== "COMPLETED" && type !== "FAILED")) return;
        setText(`${titleOf(song)} ${type === "COMPLETED" ? "is ready" : "has failed"}.`);
      }),
    [live, client],
  );
  return (
    <p className="visually-hidden" role="status">
      {text}
    </p>
  );
}
