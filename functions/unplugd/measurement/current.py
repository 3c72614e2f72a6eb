"""The source `current`: our own engine measures the person's songs, from the stems that they have.

A row of the measure queue becomes a job of its song (domain.job.MEASUREMENT). The completion of that job ends the row.
If it is lost, the row comes back after a while, and what the song's row says then decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from unplugd.domain.job import MEASUREMENT, owed_kind
from unplugd.domain.measure_queue import (
    CURRENT,
    Again,
    Final,
    HandedOver,
    Outcome,
    Pause,
    Put,
    Row,
    Values,
)
from unplugd.domain.measurement import ENGINE_VERSION
from unplugd.domain.queue import Waiting
from unplugd.domain.song import MeasureStatus, Song, Status
from unplugd.kernel.clock import Clock, to_iso
from unplugd.kernel.errors import AppError
from unplugd.kernel.ids import is_song_id
from unplugd.kernel.log import logger

# How many songs wait to be measured at most, over all people. The measure queue is fair and knows what is most wanted;
# what has left it is first come, first served.
MOST_WAITING = 25
FULL_FOR = timedelta(minutes=4)  # less than the time between two looks at the queue
BUSY_FOR_S = 600.0  # a run for lyrics takes minutes
NEW_FOR_S = 1800.0  # a song that is uploaded now is measured when it is separated
FIRST_OF_ENGINE = 1  # nothing was measured by an older one

_GONE = Final("The song was deleted.")
_NO_STEMS = Final("The song has no stems. It is measured when it is separated.")
_CANCELLED = Final("Its owner cancelled the measuring.")
_NEW = Again("The song is still being processed.", NEW_FOR_S)
_BUSY = Again("The song has another job.", BUSY_FOR_S)
_MOVED = Again("The song changed at that moment.")
_UNREADABLE = Again("The song's record cannot be read.", NEW_FOR_S)


class Songs(Protocol):
    """What this needs of the songs table."""

    def get(self, user_id: str, song_id: str) -> Song | None: ...
    def queue_measuring(self, song: Song, *, row: str, now: str) -> Song | None: ...
    def measured_before(
        self, version: int, *, after: str, limit: int
    ) -> tuple[Sequence[tuple[str, str]], str]: ...


class Queue(Protocol):
    """The songs that wait to be measured."""

    def later(self) -> Sequence[Waiting]: ...


class WakeQueue(Protocol):
    """Where wake-ups for the starter go."""

    def wake(self) -> None: ...


@dataclass(frozen=True)
class Current:
    """See domain.measure_queue.Source."""

    songs: Songs
    queue: Queue
    wake: WakeQueue
    clock: Clock

    def fetch(self, rows: Sequence[Row]) -> Sequence[Outcome]:
        """Hand rows over to executions, as many as there is room for. A fault of one row is its own."""
        room = MOST_WAITING - len(self.queue.later())
        outcomes: list[Outcome] = []
        queued = 0
        for row in rows:
            try:
                outcome, new = self._one(row, full=queued >= room)
            except AppError as error:
                outcome, new = Again(error.message), False
            outcomes.append(outcome)
            queued += new
        if queued:
            self._wake()
        return outcomes

    def _one(self, row: Row, *, full: bool) -> tuple[Outcome, bool]:
        """What becomes of a row, and whether a song now waits for it."""
        song = self.songs.get(row.user_id, row.subject) if is_song_id(row.subject) else None
        known = _known(row, song)
        if known or song is None:
            return known or _GONE, False
        if full:
            return Pause(self.clock() + FULL_FOR, "Enough songs wait to be measured."), False
        queued = self.songs.queue_measuring(song, row=row.key, now=to_iso(self.clock()))
        if queued is None or queued.measure_execution is None:
            return _MOVED, False
        return HandedOver(queued.measure_execution), True

    def _wake(self) -> None:
        try:
            self.wake.wake()
        except AppError:  # there is a wake-up each minute
            logger().warning("the starter was not woken")


def _known(row: Row, song: Song | None) -> Outcome | None:
    """What the song says already; None when it is to be measured now."""
    if song is None:
        return _GONE
    if song.measured_by >= row.version:
        return Values()
    if song.status in (Status.QUEUED, Status.PROCESSING):
        return _NEW
    if song.status is not Status.COMPLETED:
        return _NO_STEMS
    same = song.measure_row == row.key
    if song.job and song.job.kind is MEASUREMENT and same and song.measure_execution:
        return HandedOver(
            song.measure_execution
        )  # the worker that queued it was ended before it could say so
    if song.job or owed_kind(song):
        return _BUSY
    return _CANCELLED if same and song.measure_status is MeasureStatus.CANCELLED else None


# --- a better engine --------------------------------------------------------------------------------------------------

SONGS_LOOKED_AT = 1000  # by one call


class Asked(Protocol):
    """The measure queue."""

    def put(self, wanted: Sequence[Row]) -> Put: ...


class Place(Protocol):
    """Where the walk through the songs is."""

    def read(self) -> str: ...
    def note(self, after: str) -> None: ...


@dataclass(frozen=True)
class OlderEngine:
    """See domain.measure_queue.Due: the songs that an older engine measured. There is one walk through all songs for
    each version of the engine; each call looks at the next SONGS_LOOKED_AT.

    The rows of a call are put again by the next one, which only then goes on: what its caller could not store is not
    lost. Songs that were never measured are measured when their owner asks for it."""

    songs: Songs
    asked: Asked
    place: Place
    version: int = ENGINE_VERSION

    def rows(self, now: datetime) -> Sequence[Row]:
        """The next of them."""
        if self.version <= FIRST_OF_ENGINE:
            return ()
        version, step, after = _read(self.place.read())
        if version != self.version:
            step, after = "next", ""
        if step == "done":
            return ()
        found, end = self._look(after, now)
        if step == "next":
            self.place.note(f"{self.version} given {after}")
            return found
        self.asked.put(found)
        self.place.note(f"{self.version} next {end}" if end else f"{self.version} done ")
        return ()

    def _look(self, after: str, now: datetime) -> tuple[Sequence[Row], str]:
        keys, end = self.songs.measured_before(self.version, after=after, limit=SONGS_LOOKED_AT)
        rows = [
            Row(user_id, song_id, CURRENT, self.version, requested_at=to_iso(now))
            for user_id, song_id in keys
        ]
        return rows, end


def _read(stored: str) -> tuple[int, str, str]:
    """Version, step and place of a note; of none, or one that cannot be read, a version that there is not."""
    version, _, rest = stored.partition(" ")
    step, _, after = rest.partition(" ")
    good = version.isascii() and version.isdigit() and len(version) < 10
    return int(version) if good else 0, step, after
