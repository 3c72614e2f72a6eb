"""A song's measurements: what the machine measured, what its owner says instead, and the jobs that measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from audiofile import MAX_SECONDS
from unplugd.domain import files
from unplugd.domain.measure_queue import Due, Source
from unplugd.domain.song import Song, Status
from unplugd.kernel.clock import Clock, to_iso
from unplugd.kernel.errors import AppError, Conflict, NotFound, Transient
from unplugd.kernel.ids import NewId, is_song_id
from unplugd.kernel.log import logger
from unplugd.measurement import drain, rules, view
from unplugd.measurement.jobs import create_measurement_job as create_measurement_job
from unplugd.measurement.jobs import get_job as get_job
from unplugd.measurement.model import KEPT_VERSIONS, Edits, from_document, to_document

_TRIES = 4  # against other changes, and a new measurement, at this moment
_BUSY = "This song is being changed at this moment. Please try again."


class Songs(Protocol):
    """What this room needs of the songs table."""

    def get(self, user_id: str, song_id: str) -> Song | None: ...
    def save_edits(self, song: Song, *, seen: Song, now: str) -> Song | None: ...


class Results(Protocol):
    """The output bucket."""

    def read_json(self, key: str) -> dict[str, Any] | None: ...
    def write_json(self, key: str, document: Mapping[str, Any]) -> None: ...
    def names(self, prefix: str) -> Iterator[str]: ...
    def delete(self, key: str) -> None: ...


def get_measurements(song_id: str, *, owner: str, songs: Songs, results: Results) -> dict[str, Any]:
    """Every measure of a song, each null until something is known of it."""
    song = _own(song_id, owner, songs)
    document, edits = _machine(song, results), _edits(song, results)
    return {
        "songId": song.song_id,
        "measuredAt": song.measured_at,
        "measures": view.measures(document, edits, song.measured_at),
    }


def put_measurement(
    song_id: str,
    measure: str,
    value: Any,
    lock: Any,
    *,
    owner: str,
    songs: Songs,
    results: Results,
    now: datetime,
    new_id: NewId,
) -> dict[str, Any]:
    """Set fields of one measure; the others keep their values. Changes at the same moment all count: the later one is
    made over the earlier one."""
    rules.known(measure)
    rules.change(measure, value, lock, duration_s=MAX_SECONDS)  # a fault of any song's value

    def changed(song: Song, edits: Edits) -> Edits:
        fields, locked = rules.change(measure, value, lock, duration_s=song.duration_sec or MAX_SECONDS)
        return rules.with_change(edits, measure, fields, locked=locked, over=song.measured_at)

    return _change(song_id, measure, changed, owner, songs, results, now, new_id)


def delete_measurement(
    song_id: str,
    measure: str,
    *,
    owner: str,
    songs: Songs,
    results: Results,
    now: datetime,
    new_id: NewId,
) -> dict[str, Any]:
    """Go back to what the machine measured."""
    rules.known(measure)
    return _change(
        song_id,
        measure,
        lambda _song, edits: rules.without(edits, measure),
        owner,
        songs,
        results,
        now,
        new_id,
    )


def maintain_measurements(
    *,
    redrive: bool,
    queue: drain.Queue,
    sources: Mapping[str, Source],
    due: Sequence[Due],
    clock: Clock,
    new_id: NewId,
    jitter: Callable[[], float],
) -> dict[str, Any]:
    """What is done each five minutes; or, with `redrive`, let the dead rows wait again. Answers in rows."""
    if redrive:
        return drain.redrive(queue=queue)
    return drain.maintain(queue=queue, sources=sources, due=due, clock=clock, new_id=new_id, jitter=jitter)


def _change(
    song_id: str,
    measure: str,
    changed: Callable[[Song, Edits], Edits],
    owner: str,
    songs: Songs,
    results: Results,
    now: datetime,
    new_id: NewId,
) -> dict[str, Any]:
    """Write the next version of the edits, then point the row at it: that write decides, and is made over what was
    read or not at all."""
    for _ in range(_TRIES):
        song = _own(song_id, owner, songs)
        if song.status is not Status.COMPLETED:
            raise Conflict("Only a complete song has measurements.")
        before = _edits(song, results)
        edits = changed(song, before)
        document = _machine(song, results)
        if edits == before or _save(song, edits, document, songs, results, now, new_id):
            shown = view.measures(document, edits, song.measured_at)[measure]
            return {"songId": song.song_id, "measure": measure, "measured": shown}
    raise Transient(_BUSY)


def _save(
    song: Song,
    edits: Edits,
    document: Mapping[str, Any],
    songs: Songs,
    results: Results,
    now: datetime,
    new_id: NewId,
) -> bool:
    version = song.edits_version + 1
    key = files.edits_key(song.user_id, song.song_id, version, new_id())
    results.write_json(key, to_document(edits, version))
    row = replace(
        song,
        edits_key=key,
        edits_version=version,
        **view.figures(document, edits, song.measured_at),
    )
    saved = songs.save_edits(row, seen=song, now=to_iso(now))
    if saved is None:
        # A write whose answer was lost is sent again, and then fails the condition that it met the first time.
        current = songs.get(song.user_id, song.song_id)
        if current is None or current.edits_key != key:
            results.delete(key)
            return False
    _tidy(row, results)
    return True


def _tidy(song: Song, results: Results) -> None:
    """Remove versions that no request can be reading any more. After a fault, the next change removes them."""
    try:
        for key in list(results.names(files.edits_prefix(song.user_id, song.song_id))):
            version = files.person_version(key)
            if version is not None and version <= song.edits_version - KEPT_VERSIONS:
                results.delete(key)
    except AppError:
        logger().warning("some old changes remain", extra={"songId": song.song_id})


def _machine(song: Song, results: Results) -> dict[str, Any]:
    return results.read_json(files.measurements_key(song.user_id, song.song_id)) or {}


def _edits(song: Song, results: Results) -> Edits:
    if not song.edits_key:
        return {}
    stored = results.read_json(song.edits_key)
    if stored is None:  # replaced a few times since the row was read
        raise Transient(_BUSY)
    return from_document(stored)


def _own(song_id: str, owner: str, songs: Songs) -> Song:
    song = songs.get(owner, song_id) if is_song_id(song_id) else None
    if song is None:
        raise NotFound("There is no such song in your library.")
    return song
