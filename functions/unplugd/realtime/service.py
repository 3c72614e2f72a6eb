"""Connections and what is pushed over them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from unplugd.kernel.errors import NotFound, TooMany, Unauthorized
from unplugd.kernel.log import logger

# API Gateway closes every WebSocket after two hours, so an older row is stale.
MAX_CONNECTION_S = 2 * 3600
# The most connections of one person. A message goes to each of them in turn, so this bounds the time that notifying one
# person takes. Tabs and devices are a dozen; the rest is room for rows whose $disconnect was lost: these stay for an
# hour (a token's life) unless a message finds them first. bench/load opens 100 for one person.
MAX_CONNECTIONS = 200


class Connections(Protocol):
    """The stored connections."""

    def add(self, connection_id: str, *, user_id: str, expires_at: int) -> None: ...
    def remove(self, connection_id: str) -> None: ...
    def of(self, user_id: str) -> Sequence[str]: ...
    def count(self, user_id: str, *, at: int) -> int: ...


class Remembered(Protocol):
    """What a ping needs of the stored connections."""

    def expires_at(self, connection_id: str) -> int | None: ...


class Sockets(Protocol):
    """The open connections. `send` raises `NotFound` for one that no longer exists."""

    def send(self, connection_id: str, message: Mapping[str, Any]) -> None: ...
    def close(self, connection_id: str) -> None: ...


class Identity(Protocol):
    """Who a verified token speaks for."""

    @property
    def user_id(self) -> str: ...
    @property
    def expires_at(self) -> int: ...


def connect(
    connection_id: str,
    token: str | None,
    *,
    verify: Callable[[str], Identity],
    connections: Connections,
    now: datetime,
) -> None:
    """Store the connection of the person whose ID token it brings. Raises `Unauthorized` without a valid one, `TooMany`
    when the person has MAX_CONNECTIONS (or a few more: those that open at the same moment do not count each other)."""
    if not token:
        raise Unauthorized("Connect with ?token=<your ID token>.")
    identity = verify(token)
    at = int(now.timestamp())
    if connections.count(identity.user_id, at=at) >= MAX_CONNECTIONS:
        raise TooMany(f"You have {MAX_CONNECTIONS} connections open. Close some, then connect again.")
    expires_at = min(identity.expires_at, at + MAX_CONNECTION_S)
    connections.add(connection_id, user_id=identity.user_id, expires_at=expires_at)


def disconnect(connection_id: str, *, connections: Connections) -> None:
    """Forget a connection."""
    connections.remove(connection_id)


def ping(
    connection_id: str,
    message: Mapping[str, Any],
    *,
    connections: Remembered,
    sockets: Sockets,
    now: datetime,
) -> None:
    """Answer a client's frame: a ping with a pong, anything else with what we understand.

    A pong promises that messages arrive. A connection whose row was removed or has expired would get none, so it is
    closed instead, and its client reconnects."""
    if not _is_remembered(connection_id, connections, now):
        logger().info("closed a connection that no message would reach")
        _close(connection_id, sockets)
        return
    answer = {"action": "pong"}
    if message.get("action") != "ping":
        answer = {"action": "unknown", "message": 'Send {"action": "ping"}; nothing else is understood.'}
    try:
        sockets.send(connection_id, answer)
    except Exception as fault:  # the client has closed: its $disconnect follows
        logger().info("the client of this frame has closed", extra={"fault": type(fault).__name__})


def _is_remembered(connection_id: str, connections: Remembered, now: datetime) -> bool:
    try:
        expires_at = connections.expires_at(connection_id)
    except Exception:  # a fault of the table closes no connection: the next ping asks again
        logger().exception("the connection could not be looked up")
        return True
    return expires_at is not None and expires_at > now.timestamp()


def push(
    user_id: str,
    message: Mapping[str, Any],
    *,
    connections: Connections,
    sockets: Sockets,
    within_s: float,
) -> int:
    """Send `message` to the connections of a person, one after another; answers how many took it. No send begins later
    than `within_s` seconds after the first: finding the connections, in a function that has just been loaded, is slow
    and takes nothing of that time.

    Never raises: the song's row has what a client missed. A connection whose send fails in any way is removed and
    closed, so that its client reconnects and reads the row."""
    extra = {"userId": user_id, "songId": message.get("songId"), "type": message.get("type")}
    try:
        open_now = connections.of(user_id)
    except Exception:
        logger().exception("the connections could not be read", extra=extra)
        return 0
    if not open_now:
        logger().warning("no connection is open to receive this message", extra=extra)
        return 0
    until = time.monotonic() + within_s
    delivered = 0
    failed: dict[str, Exception] = {}
    for one in open_now:
        if _is_late(until):
            logger().warning("some connections were not tried: the time is up", extra=extra)
            break
        if fault := _fault_of_sending(one, message, sockets):
            failed[one] = fault
        else:
            delivered += 1
    _drop_all(failed, until, connections, sockets)
    return delivered


def _drop_all(
    failed: Mapping[str, Exception], until: float, connections: Connections, sockets: Sockets
) -> None:
    """Remove and close the connections whose send failed. This comes after all sends: when a row cannot be removed, the
    tries take seconds, which other connections of the person need. Those for which the time is up fail again."""
    for number, (one, fault) in enumerate(failed.items()):
        if number and _is_late(until):
            return
        _drop(one, fault, connections)
        # A connection that no longer exists needs no closing. When the time is up, the next ping closes it.
        if not isinstance(fault, NotFound) and not _is_late(until):
            _close(one, sockets)


def _is_late(until: float) -> bool:
    return time.monotonic() >= until


def _fault_of_sending(connection_id: str, message: Mapping[str, Any], sockets: Sockets) -> Exception | None:
    try:
        sockets.send(connection_id, message)
    except Exception as fault:
        return fault
    return None


def _drop(connection_id: str, fault: Exception, connections: Connections) -> None:
    extra = {"connectionId": connection_id, "fault": type(fault).__name__}
    logger().info("removed a connection that takes no messages", extra=extra)
    try:
        connections.remove(connection_id)
    except Exception:
        logger().exception("the connection could not be removed; its ttl will", extra=extra)


def _close(connection_id: str, sockets: Sockets) -> None:
    try:
        sockets.close(connection_id)
    except Exception as fault:  # most likely it closed by itself
        extra = {"connectionId": connection_id, "fault": type(fault).__name__}
        logger().info("a connection could not be closed", extra=extra)
