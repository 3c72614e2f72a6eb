/** What the WebSocket says about songs (docs/websocket.md). */
export type LiveMessage = { songId: string; seq: number } & (
  | { type: "QUEUED"; position: number }
  | { type: "PROCESSING_STARTED" }
  | { type: "PROGRESS"; stage: string; progress: number; message: string; etaSec?: number }
  | { type: "COMPLETED" }
  | { type: "FAILED"; errorCode: string; message: string }
  | { type: "CANCELLED" }
);

/** What it says about recordings. */
export type SessionMessage = { sessionId: string; seq: number } & (
  { type: "WINDOW_INGESTED"; windowIndex: number } | { type: "SESSION_READY" | "SESSION_PITCHED" }
);

export type LiveState = "connecting" | "open" | "waiting" | "closed";

/** The one connection of a tab. */
export interface Live {
  state(): LiveState;
  /** Now, and on every change, until the returned function is called. */
  onState(listener: (state: LiveState) => void): () => void;
  /** Each message once: a `seq` of a song that is not greater than the last one is dropped. */
  onMessage(listener: (message: LiveMessage) => void): () => void;
  /** The same for messages about recordings. */
  onSession(listener: (message: SessionMessage) => void): () => void;
  /** After each (re)connection: read by REST what was missed. */
  onReconnect(listener: () => void): () => void;
  open(): void;
  close(): void;
}
