"""Jobs of measuring: a person asks for songs to be measured, and asks later how far that is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from audiofile.measuring import ENGINE_VERSION
from unplugd.domain import measure_queue, prices
from unplugd.domain.billing import Billing
from unplugd.domain.measurable import Measurable
from unplugd.domain.measure_queue import CURRENT, HISTORICAL, ISRC, Put, Row, State
from unplugd.kernel.clock import from_iso, to_iso
from unplugd.kernel.errors import Invalid, NotFound, PaymentRequired
from unplugd.kernel.ids import is_song_id
from unplugd.measurement import scope as scopes
from unplugd.measurement.scope import Asked, Subject

HISTORICAL_VERSION = 1  # raise it when what is stored of an outside source's answer changes
_INDEX_LAG = timedelta(minutes=1)  # for so long a new row may be missing in the index of a job's rows
MAX_OTHERS = 100  # rows of other jobs that a job waits for, and whose states are asked one by one
_ID_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Songs(Protocol):
    """The songs table, as far as measuring is concerned."""

    def measurable(self, owner: str, *, complete: bool) -> Iterator[Measurable]: ...
    def one_measurable(self, owner: str, song_id: str) -> Measurable | None: ...


class JobRow(Protocol):
    """A row that a job made."""

    @property
    def subject(self) -> str: ...
    @property
    def state(self) -> str: ...


class Queue(Protocol):
    """The measure queue."""

    def put(self, wanted: Sequence[Row]) -> Put: ...
    def put_job(self, user_id: str, job_id: str, facts: Mapping[str, Any]) -> bool: ...
    def job(self, user_id: str, job_id: str) -> Mapping[str, Any] | None: ...
    def rows_of_job(self, user_id: str, job_id: str) -> Sequence[JobRow]: ...
    def of_subject(self, user_id: str, subject: str, source: str) -> Sequence[Row]: ...


@dataclass(frozen=True)
class Counts:
    """The songs of a job by state."""

    waiting: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0

    @property
    def state(self) -> str:
        """The job's state. It has failed when no song was measured; else the counts say how many were."""
        if self.running or (self.waiting and (self.done or self.failed)):
            return "running"
        if self.waiting:
            return "waiting"
        return "failed" if self.failed and not self.done else "done"


def create_measurement_job(
    asked: Asked,
    *,
    owner: str,
    email: str | None,
    songs: Songs,
    queue: Queue,
    billing: Billing,
    now: datetime,
) -> dict[str, Any]:
    """Put a row in the queue for each song that is not measured and does not wait already. The same request again is
    the same job, with the same id, and makes no row."""
    found = scopes.subjects(asked, _songs(asked, owner, songs))
    if not found:
        problem = scopes.NOTHING[asked.source]
        raise Invalid(problem, details=[{"field": "scope", "problem": problem.removeprefix("scope ")}])
    wanted = [one for one in found if not _is_measured(one, asked.source)]
    if asked.source == HISTORICAL:
        url = billing.checkout_url(owner, email, lookups=len(wanted))
        if url is not None:
            raise PaymentRequired("This needs a subscription.", checkout_url=url)
    job_id = _job_id(owner, asked)
    put = queue.put([_row(one, asked, owner, job_id, now) for one in wanted])
    known = len(found) - len(wanted) + put.known
    queue.put_job(
        owner,
        job_id,
        {
            "id": job_id,
            "source": asked.source,
            "scope": asked.scope.kind,
            "songs": len(found),
            "made": put.made,
            "known": known,
            "others": list(put.open[:MAX_OTHERS]) or None,
            "requestedAt": to_iso(now),
        },
    )
    waiting = put.raised + put.waiting
    if asked.source == HISTORICAL:
        skipped = {"known": known, "waiting": waiting}
        return {"id": job_id, "source": asked.source, "enqueued": put.made, "skipped": skipped}
    cost = prices.measuring_all(one.song.duration_s for one in wanted if one.song)
    return {
        "id": job_id,
        "source": asked.source,
        "state": Counts(waiting=put.made + waiting, done=0).state,
        "songs": len(found),
        # Which rows are new is not known row by row: the songs of a job count as equally long.
        "estimatedCostUsd": round(cost * put.made / len(wanted), 4) if wanted else 0.0,
    }


def get_job(job_id: str, *, owner: str, queue: Queue, now: datetime) -> dict[str, Any]:
    """How far a job of the caller's is."""
    job = queue.job(owner, job_id) if is_song_id(job_id) else None
    if job is None:
        raise NotFound("There is no such job of yours.")
    counts = _counts(job, owner, queue, now)
    known = int(job["known"])
    return {
        "id": job_id,
        "kind": "measurement",
        "source": job["source"],
        "state": counts.state,
        "songs": known + counts.waiting + counts.running + counts.done + counts.failed,
        "waiting": counts.waiting,
        "running": counts.running,
        "done": known + counts.done,
        "failed": counts.failed,
        "requestedAt": job["requestedAt"],
    }


def _counts(job: Mapping[str, Any], owner: str, queue: Queue, now: datetime) -> Counts:
    states = {row.subject: row.state for row in queue.rows_of_job(owner, job["id"])}
    missing = 0
    if now - from_iso(job["requestedAt"]) < _INDEX_LAG:
        missing = max(0, int(job["made"]) - len(states))
    for subject in job.get("others") or ():
        if subject not in states:
            rows = queue.of_subject(owner, subject, job["source"])
            newest = max(rows, key=lambda row: row.version, default=None)
            if newest:
                states[subject] = newest.state
    each = list(states.values())
    ended = (State.DONE, State.DEAD)
    running = each.count(State.LEASED)
    open_rows = sum(1 for state in each if state not in ended)
    return Counts(open_rows - running + missing, running, each.count(State.DONE), each.count(State.DEAD))


def _songs(asked: Asked, owner: str, songs: Songs) -> list[Measurable]:
    if asked.scope.kind == "songIds":
        found = (songs.one_measurable(owner, one) for one in asked.scope.values if is_song_id(one))
        return [song for song in found if song]
    return scopes.matching(asked.scope, songs.measurable(owner, complete=asked.source == CURRENT))


def _version(source: str) -> int:
    return ENGINE_VERSION if source == CURRENT else HISTORICAL_VERSION


def _is_measured(subject: Subject, source: str) -> bool:
    """Whether the engine of today measured the song already, in its separation or before."""
    return source == CURRENT and subject.song is not None and subject.song.measured_by >= ENGINE_VERSION


def _row(subject: Subject, asked: Asked, owner: str, job_id: str, now: datetime) -> Row:
    return Row(
        user_id=owner,
        subject=subject.song.song_id if subject.song else f"{ISRC}{subject.isrc}",
        source=asked.source,
        version=_version(asked.source),
        requested_at=to_iso(now),
        rank=min(measure_queue.MAX_RANK, subject.song.rank if subject.song else int(now.timestamp())),
        isrc=subject.isrc if subject.song else None,
        measures=asked.measures,
        platforms=asked.platforms,
        job_id=job_id,
    )


def _job_id(owner: str, asked: Asked) -> str:
    """The id of a request: the same for the same one, of the form that all our ids have."""
    said = [owner, asked.source, _version(asked.source), asked.scope.kind, asked.scope.values]
    digest = hashlib.sha256(json.dumps([*said, asked.measures, asked.platforms]).encode()).digest()
    number = int.from_bytes(digest[:16])
    return "".join(_ID_DIGITS[number >> 5 * place & 31] for place in range(25, -1, -1))
