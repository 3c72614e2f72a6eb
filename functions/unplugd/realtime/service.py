"""Connections and what is pushed over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from unplugd.kernel.clock import to_iso
from unplugd.kernel.errors import Unauthorized
from unplugd.kernel.log import logger
from unplugd.realtime import messages, rules
from unplugd.songs.model import Song

# API Gateway ends a WebSocket after two hours whatever we do, so a row older than that is a corpse.
MAX_CONNECTION_S = 2 * 3600
# How often a part's report is worked into the song's figure anew because another part was quicker.
_TRIES = 4

Push = Callable[[str, Mapping[str, Any]], int]


class Connections(Protocol):
    """The stored connections."""

    def add(self, connection_id: str, *, user_id: str, expires_at: int) -> None: ...
    def remove(self, connection_id: str) -> None: ...
    def of(self, user_id: str) -> Sequence[str]: ...


class Sockets(Protocol):
    """The open connections."""

    def send(self, connection_id: str, message: Mapping[str, Any]) -> None: ...


class Identity(Protocol):
    """Who a verified token speaks for."""

    @property
    def user_id(self) -> str: ...
    @property
    def expires_at(self) -> int: ...


class Songs(Protocol):
    """What progress needs of the songs."""

    def get(self, user_id: str, song_id: str) -> Song | None: ...
    def record_progress(
        self, song: Song, *, stage: str, progress: int, now: str, parts: str | None = None
    ) -> Song | None: ...


def connect(
    connection_id: str,
    token: str | None,
    *,
    verify: Callable[[str], Identity],
    connections: Connections,
    now: datetime,
) -> None:
    """Store the connection of whoever the ID token speaks for; `Unauthorized` without a valid one."""
    if not token:
        raise Unauthorized("Connect with ?token=<your ID token>.")
    identity = verify(token)
    expires_at = min(identity.expires_at, int(now.timestamp()) + MAX_CONNECTION_S)
    connections.add(connection_id, user_id=identity.user_id, expires_at=expires_at)


def disconnect(connection_id: str, *, connections: Connections) -> None:
    """Forget a connection."""
    connections.remove(connection_id)


def ping(connection_id: str, message: Mapping[str, Any], *, sockets: Sockets) -> None:
    """Answer a client's frame: a ping with a pong, anything else with what we understand."""
    answer = {"action": "pong"}
    if message.get("action") != "ping":
        answer = {"action": "unknown", "message": 'Send {"action": "ping"}; nothing else is understood.'}
    try:
        sockets.send(connection_id, answer)
    except Exception as fault:  # whoever asked has gone: its $disconnect is on its way
        logger().info("nobody waits for this answer", extra={"fault": type(fault).__name__})


def push(user_id: str, message: Mapping[str, Any], *, connections: Connections, sockets: Sockets) -> int:
    """Send `message` to every connection of a person; answers how many took it.

    Never raises: what a client missed stands in the song's row. A connection whose send fails in any way is removed."""
    extra = {"userId": user_id, "songId": message.get("songId"), "type": message.get("type")}
    try:
        open_now = connections.of(user_id)
    except Exception:
        logger().exception("the connections could not be read", extra=extra)
        return 0
    if not open_now:
        logger().warning("nobody is connected to hear this", extra=extra)
        return 0
    return sum(_send(one, message, connections, sockets) for one in open_now)


def _send(connection_id: str, message: Mapping[str, Any], connections: Connections, sockets: Sockets) -> bool:
    try:
        sockets.send(connection_id, message)
    except Exception as fault:
        extra = {"connectionId": connection_id, "fault": type(fault).__name__}
        logger().info("removed a connection that takes no messages", extra=extra)
        try:
            connections.remove(connection_id)
        except Exception:
            logger().exception("the connection could not be removed; its ttl will", extra=extra)
        return False
    return True


def send_progress(said: Mapping[str, Any], *, songs: Songs, push: Push, now: datetime) -> bool:
    """Store a task's report and push it. False when it is late, repeated or of another attempt: nobody hears it."""
    told = rules.report(said)
    for _ in range(_TRIES):
        song = songs.get(told.user_id, told.song_id)
        if song is None or song.attempt != told.attempt:
            return False
        progress, parts = rules.of_stage(told, song.part_progress)
        if song.stage == told.stage and progress <= (song.progress or 0):
            return False
        stored = songs.record_progress(
            song, stage=told.stage, progress=progress, parts=parts, now=to_iso(now)
        )
        if stored is not None:
            if message := messages.for_song(stored, now=now):
                push(told.user_id, message)
            return True
        if not told.parts:
            break
    return False
