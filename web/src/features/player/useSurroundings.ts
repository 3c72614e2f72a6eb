import { useEffect } from "react";
import type { Engine } from "@/audio/engine";
import { isGoing } from "./controls";
import type { Player } from "./player";

/** The page's title while a song is open. */
export function useTitle(title: string): void {
  useEffect(() => {
    const before = document.title;
    document.title = title;
    return () => {
      document.title = before;
    };
  }, [title]);
}

const MEDIA_ACTIONS = ["play", "pause", "stop", "seekbackward", "seekforward", "seekto", "previoustrack"] as const;

/** The system's media keys and lock screen. */
export function useMediaSession(player: Player | null, title: string, artist: string): void {
  useEffect(() => {
    if (!player || !("mediaSession" in navigator)) return;
    const session = navigator.mediaSession;
    const { engine, controls } = player;
    const handle = (details: MediaSessionActionDetails) => {
      const { action, seekOffset = 5, seekTime } = details;
      if (action === "play") controls.play();
      else if (action === "pause" || action === "stop") controls.pause();
      else if (action === "seekbackward") controls.skip(-seekOffset);
      else if (action === "seekforward") controls.skip(seekOffset);
      else if (action === "previoustrack") controls.seek(0);
      else if (seekTime !== undefined) controls.seek(seekTime);
    };
    for (const action of MEDIA_ACTIONS) setHandler(session, action, handle);
    const tell = () => {
      session.playbackState = isGoing(engine) ? "playing" : "paused";
      const { durationSec } = engine;
      const position = Math.min(durationSec, Math.max(0, engine.position()));
      if (durationSec > 0)
        session.setPositionState({ duration: durationSec, position, playbackRate: engine.state().mix.speed });
    };
    tell();
    const unsubscribe = engine.subscribe(tell);
    return () => {
      unsubscribe();
      for (const action of MEDIA_ACTIONS) setHandler(session, action, null);
      session.playbackState = "none";
    };
  }, [player]);
  useEffect(() => {
    if (!("mediaSession" in navigator)) return;
    navigator.mediaSession.metadata = new MediaMetadata({ title, artist, album: "Unplugd" });
    return () => {
      navigator.mediaSession.metadata = null;
    };
  }, [title, artist]);
}

/** Browsers throw on actions that they do not know. */
function setHandler(session: MediaSession, action: MediaSessionAction, handle: MediaSessionActionHandler | null) {
  try {
    session.setActionHandler(action, handle);
  } catch {
    // The other keys work without it.
  }
}

/** Keeps the screen on while it plays and is looked at: hands are on an instrument. */
export function useWakeLock(engine: Engine | undefined): void {
  useEffect(() => {
    if (!engine || !("wakeLock" in navigator)) return;
    let lock: Promise<WakeLockSentinel | null> | null = null;
    const update = () => {
      const wanted = isGoing(engine) && document.visibilityState === "visible";
      if (wanted === (lock !== null)) return;
      if (wanted) lock = navigator.wakeLock.request("screen").catch(() => null);
      else {
        void lock?.then((held) => held?.release());
        lock = null;
      }
    };
    update();
    const unsubscribe = engine.subscribe(update);
    document.addEventListener("visibilitychange", update);
    return () => {
      unsubscribe();
      document.removeEventListener("visibilitychange", update);
      void lock?.then((held) => held?.release());
    };
  }, [engine]);
}
