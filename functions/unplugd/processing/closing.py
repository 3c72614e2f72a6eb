"""The end of a measuring, written to the row of the measure queue that asked for it.

It goes by what the song's row says, so it may come twice, late or never: the queue asks again after a while, and the
source then looks at the same row (measurement/current.py). So a fault here is no fault of the song."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from unplugd.domain.measure_queue import CURRENT, Row, Values
from unplugd.domain.song import MeasureStatus, Song
from unplugd.kernel.errors import AppError
from unplugd.kernel.log import logger
from unplugd.processing import rules
from unplugd.processing.ports import Asked

Jitter = Callable[[], float]  # a random number from 0 to 1


def measured(song: Song, *, asked: Asked, now: datetime) -> None:
    """End the rows that ask for what the song now has: whichever worker holds them."""
    with _later_if_not(song):
        for row in _open_rows(song, asked):
            if row.version <= song.measured_by:
                asked.settle(row, Values(), now=now, jitter=0.0)


def failed(
    song: Song, judged: rules.Verdict, cause: str, *, asked: Asked, now: datetime, jitter: Jitter
) -> None:
    """Let the row that was handed over to this execution, and to no later one, be tried again, or end."""
    if song.measure_status is not MeasureStatus.FAILED:
        return
    with _later_if_not(song):
        for row in _open_rows(song, asked):
            if row.key == song.measure_row and row.execution == song.measure_execution:
                asked.settle(row, rules.measuring_outcome(judged, cause), now=now, jitter=jitter())


def _open_rows(song: Song, asked: Asked) -> list[Row]:
    if not song.measure_row:  # no one asked: the song was measured as part of its separation
        return []
    return [row for row in asked.of_subject(song.user_id, song.song_id, CURRENT) if not row.ended]


@contextmanager
def _later_if_not(song: Song) -> Iterator[None]:
    try:
        yield
    except AppError as error:
        extra = {"songId": song.song_id, "reason": error.message}
        logger().warning("the measure queue was not reached; it will ask", extra=extra)
