import { useSyncExternalStore } from "react";
import type { Clip } from "./clip";

/** Whether a clip sounds or is about to, and why it cannot. */
export function useSound(clip: Clip | null): { playing: boolean; trouble: string | null } {
  const state = useSyncExternalStore(
    (listener) => clip?.engine.subscribe(listener) ?? (() => undefined),
    () => clip?.engine.state(),
  );
  return {
    playing: state?.playing === "playing" || state?.playing === "buffering",
    trouble: state?.trouble ?? null,
  };
}
