import type { TokenSource } from "./client";
import type { Live, LiveMessage, LiveState, SessionMessage } from "./live";

/** All in milliseconds. The gateway ends a connection after 10 minutes of silence, and every one after 2 hours. */
export const timing = { firstWait: 500, longestWait: 30_000, ping: 240_000, pong: 10_000, opening: 15_000 };

/**
 * The one connection of a tab (docs/websocket.md): it comes back by itself, each time with a token that is good, until
 * `close`. `open` may be called again afterwards.
 */
export function createLive(
  url: string,
  tokens: TokenSource,
  connect: (address: string) => WebSocket = (address) => new WebSocket(address),
): Live {
  const onState = new Set<(state: LiveState) => void>();
  const onMessage = new Set<(message: LiveMessage) => void>();
  const onSession = new Set<(message: SessionMessage) => void>();
  const onReconnect = new Set<() => void>();
  const lastSeq = new Map<string, number>();

  let state: LiveState = "closed";
  let socket: WebSocket | undefined;
  // Events of an abandoned attempt are ignored: it has an older number.
  let attempt = 0;
  let failures = 0;
  // A refused handshake looks like any other fault to a page, so the first one is answered with a fresh token.
  let renew = false;
  let renewed = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let nextPing: ReturnType<typeof setTimeout> | undefined;
  let deadline: ReturnType<typeof setTimeout> | undefined;

  function set(next: LiveState) {
    if (state === next) return;
    state = next;
    onState.forEach((listener) => listener(next));
  }

  /** Abandon the present socket in any state. */
  function drop() {
    attempt += 1;
    clearTimeout(retry);
    clearTimeout(nextPing);
    clearTimeout(deadline);
    socket?.close();
    socket = undefined;
  }

  function again() {
    drop();
    const wait = Math.min(timing.longestWait, timing.firstWait * 2 ** failures);
    failures += 1;
    set("waiting");
    // Half of the wait is left to chance, so that many tabs do not come back in step.
    retry = setTimeout(() => void start(), wait * (0.5 + Math.random() / 2));
  }

  async function start() {
    drop();
    const mine = attempt;
    set("connecting");
    deadline = setTimeout(again, timing.opening);
    let token: string;
    try {
      token = await tokens.idToken({ renew });
    } catch {
      if (mine === attempt) again();
      return;
    }
    if (mine !== attempt) return;
    renewed ||= renew;
    renew = false;
    const it = connect(`${url}?token=${encodeURIComponent(token)}`);
    socket = it;
    let opened = false;
    it.onopen = () => {
      if (mine !== attempt) return;
      opened = true;
      clearTimeout(deadline);
      set("open");
      ping();
      onReconnect.forEach((listener) => listener());
    };
    it.onmessage = (event: MessageEvent<unknown>) => {
      if (mine === attempt) hear(event.data);
    };
    it.onclose = () => {
      if (mine !== attempt) return;
      if (!opened) renew = !renewed;
      again();
    };
  }

  function ping() {
    if (state !== "open") return;
    clearTimeout(nextPing);
    clearTimeout(deadline);
    nextPing = setTimeout(ping, timing.ping);
    deadline = setTimeout(again, timing.pong);
    socket?.send('{"action":"ping"}');
  }

  function hear(frame: unknown) {
    // Any frame shows that the connection is alive. Reset the backoff only here, so a server that closes immediately does not cause a reconnect storm.
    clearTimeout(deadline);
    failures = 0;
    renewed = false;
    const message = read(frame);
    if (!message) return;
    const id = "songId" in message ? message.songId : message.sessionId;
    if (message.seq <= (lastSeq.get(id) ?? -1)) return;
    lastSeq.set(id, message.seq);
    if ("songId" in message) onMessage.forEach((listener) => listener(message));
    else onSession.forEach((listener) => listener(message));
  }

  /** The page is seen again, or the network is back: after a sleep the connection may be dead without a sign. */
  function look() {
    if (document.visibilityState === "hidden") return;
    if (state === "waiting") void start();
    else ping();
  }

  return {
    state: () => state,
    onState(listener) {
      onState.add(listener);
      listener(state);
      return () => onState.delete(listener);
    },
    onMessage(listener) {
      onMessage.add(listener);
      return () => onMessage.delete(listener);
    },
    onSession(listener) {
      onSession.add(listener);
      return () => onSession.delete(listener);
    },
    onReconnect(listener) {
      onReconnect.add(listener);
      return () => onReconnect.delete(listener);
    },
    open() {
      if (state !== "closed") return;
      addEventListener("online", look);
      addEventListener("offline", again);
      document.addEventListener("visibilitychange", look);
      void start();
    },
    close() {
      removeEventListener("online", look);
      removeEventListener("offline", again);
      document.removeEventListener("visibilitychange", look);
      drop();
      lastSeq.clear();
      failures = 0;
      renew = renewed = false;
      set("closed");
    },
  };
}

/** A frame as a message; undefined when it is something else, such as a pong, or nothing we know. */
function read(frame: unknown): LiveMessage | SessionMessage | undefined {
  let said: unknown;
  try {
    said = JSON.parse(String(frame));
  } catch {
    return undefined;
  }
  if (typeof said !== "object" || said === null) return undefined;
  const it = said as Record<string, unknown>;
  const sessionId = subjectOf(it, "session");
  if (sessionId !== undefined && Number.isInteger(it.seq)) return ofSession({ ...it, sessionId });
  const songId = songOf(it);
  if (songId === undefined || !Number.isInteger(it.seq)) return undefined;
  const whole: Record<LiveMessage["type"], boolean> = {
    QUEUED: Number.isInteger(it.position),
    PROCESSING_STARTED: true,
    PROGRESS:
      typeof it.stage === "string" &&
      Number.isFinite(it.progress) &&
      (it.etaSec === undefined || Number.isFinite(it.etaSec)),
    COMPLETED: true,
    FAILED: typeof it.errorCode === "string" && typeof it.message === "string",
    CANCELLED: true,
  };
  return Object.hasOwn(whole, String(it.type)) && whole[it.type as LiveMessage["type"]]
    ? ({ ...it, songId } as LiveMessage)
    : undefined;
}

function ofSession(it: Record<string, unknown>): SessionMessage | undefined {
  const whole =
    it.type === "SESSION_READY" ||
    it.type === "SESSION_PITCHED" ||
    (it.type === "WINDOW_INGESTED" && Number.isInteger(it.windowIndex));
  return whole ? (it as SessionMessage) : undefined;
}

/** The song that a message is about: by its subject, or by `songId` in older messages. Undefined for other subjects. */
function songOf(it: Record<string, unknown>): string | undefined {
  if (typeof it.subject === "object" && it.subject !== null) return subjectOf(it, "song");
  return typeof it.songId === "string" ? it.songId : undefined;
}

function subjectOf({ subject }: Record<string, unknown>, wanted: "song" | "session"): string | undefined {
  if (typeof subject !== "object" || subject === null) return undefined;
  const { kind, id } = subject as Record<string, unknown>;
  return kind === wanted && typeof id === "string" ? id : undefined;
}
