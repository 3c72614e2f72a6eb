"""Putting a song in the queue: the one way, for uploads, retries, new lyrics and interrupted runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from unplugd.domain.notify import Push, notify_owner
from unplugd.domain.song import Song
from unplugd.kernel.clock import Clock, to_iso
from unplugd.kernel.log import logger

# The conditional write that makes a song wait since its `queued_at`, and the row after it. None: the condition failed,
# nothing was written.
Write = Callable[[Song], Song | None]
# The place in the queue of a song whose `queued_at` says since when it waits; 1 is next.
PlaceOf = Callable[[Song], int]


class WakeQueue(Protocol):
    """Where wake-ups for the starter go."""

    def wake(self) -> None: ...


def join_queue(song: Song, *, write: Write, place_of: PlaceOf, since: Clock) -> Song | None:
    """Compute the place of `song`, write both by `write`, and log it. The starter, which reads the queue afterwards and
    notifies last, calls this; every other function calls `put_in_queue`.

    `since` says at which time the song joins. It is asked last: a function may have taken seconds before, and with the
    time of its begin its song would come before others that joined, or even started, during these seconds."""
    place = place_of(replace(song, queued_at=to_iso(since())))
    queued = write(replace(song, queued_at=to_iso(since()), queue_position=place))
    if queued is not None:
        logger().info("queued", extra={"songId": queued.song_id, "attempt": queued.attempt})
    return queued


def put_in_queue(
    song: Song, *, write: Write, place_of: PlaceOf, queue: WakeQueue, push: Push, clock: Clock
) -> Song | None:
    """As `join_queue`; then wake the starter, and last notify the owner."""
    queued = join_queue(song, write=write, place_of=place_of, since=clock)
    if queued is not None:
        queue.wake()
        notify_owner(queued, push=push, now=clock())
    return queued
