"""The queue of measurements: its rows, what an answer of a source makes of one, and whose rows are taken next.

There is one row for each person, subject, source and version, ever. A row waits (`pending`), is with a worker
(`leased`), waits for its next try (`failed`), or has ended (`done`, `dead`). A dead row comes back only by a
redrive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from unplugd.kernel.clock import to_iso

CURRENT, HISTORICAL = "current", "historical"
SOURCES = (CURRENT, HISTORICAL)
ISRC = "isrc:"  # a subject that is no song of the person's: this, and the code

ROWS_TAKEN = 25  # the most that one worker holds
# A worker that is alive extends its lease each HEARTBEAT_S. One that is not is noticed this late, and no later.
LEASE_S = 60
HEARTBEAT_S = 20
# How long a row stays with the execution that it was handed over to before its source is asked again what became of it.
HANDED_OVER_S = 3600
MAX_ATTEMPTS = 6
MAX_WAIT_S = 3600.0
FIRST_WAIT_S = 30.0
MAX_RETRY_AFTER_S = 24 * 3600.0  # a source that asks for more is asked again after a day
# Leases that end without an answer are no attempts: their worker was ended, and rows beside a bad one are not to blame.
# A row that ends so many workers in a row is dead, because each of its calls may cost money.
MAX_LOSSES = 20
MAX_RANK = 10**12 - 1
MAX_REASON = 300


class State(StrEnum):
    """The state of a row; the stored strings."""

    PENDING = "pending"
    LEASED = "leased"
    FAILED = "failed"
    DONE = "done"
    DEAD = "dead"


ENDED = frozenset({State.DONE, State.DEAD})


@dataclass(frozen=True)
class Row:
    """One measurement that was asked for. Times are ISO 8601.

    `subject`: a song's id, or `isrc:` and a code. `version`: of what measures. `rank`: most wanted first (0 to
    MAX_RANK); `attempts`: tries that failed, `losses`: leases in a row that ended without an answer. `isrc`: the code
    of a song, for a source that goes by it. `execution`: what the row was handed over to. `reason`: why it ended, or
    why the last try failed."""

    user_id: str
    subject: str
    source: str
    version: int
    requested_at: str
    rank: int = 0
    state: State = State.PENDING
    attempts: int = 0
    losses: int = 0
    isrc: str | None = None
    measures: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    job_id: str | None = None
    lease_token: str | None = None
    lease_until: str | None = None
    due_at: str | None = None
    execution: str | None = None
    reason: str | None = None
    values: Mapping[str, Any] | None = None
    done_at: str | None = None

    @property
    def key(self) -> str:
        """The row's name among those of its person."""
        return f"{self.subject}#{self.source}#{self.version}"

    @property
    def code(self) -> str | None:
        """The ISRC that an outside source is asked for."""
        return self.subject.removeprefix(ISRC) if self.subject.startswith(ISRC) else self.isrc

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.state in ENDED


@dataclass(frozen=True)
class Put:
    """What became of rows that were put: made now; raised to a higher rank; known (done before); waiting as before. A
    dead row counts as waiting: it waits for a redrive."""

    made: int = 0
    raised: int = 0
    known: int = 0
    waiting: int = 0
    open: tuple[str, ...] = field(default=(), compare=False)  # the subjects of those that were raised or wait


# --- what a source answers for a row ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Values:
    """It is measured. `values` are kept in the row; empty when they are kept elsewhere."""

    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Final:
    """There is no value, and asking again would not change that: nothing is known, or the source refuses the question.
    `pause_until`: when the next row may be asked for, if the refusal looks like one of all questions."""

    reason: str
    pause_until: datetime | None = None


@dataclass(frozen=True)
class Again:
    """A fault that a later try may not meet. `retry_after_s`: when the source said to come back."""

    reason: str
    retry_after_s: float | None = None


@dataclass(frozen=True)
class Pause:
    """The source takes no more questions until then. This is no attempt of the row."""

    until: datetime
    reason: str = "The source asked for a pause."


@dataclass(frozen=True)
class HandedOver:
    """An execution measures it and ends the row itself. After `for_s` seconds without that, the source is asked
    again."""

    execution: str
    for_s: float = HANDED_OVER_S


Outcome = Values | Final | Again | Pause | HandedOver


class Source(Protocol):
    """What measures. An exception that it raises counts as a fault of each of the rows."""

    def fetch(self, rows: Sequence[Row]) -> Sequence[Outcome]:
        """One outcome for each row, in their order."""
        ...


class Due(Protocol):
    """What knows of rows that nobody asks for and that are due, such as those of a better engine."""

    def rows(self, now: datetime) -> Sequence[Row]:
        """Some of them; the others with the next call."""
        ...


def wait_s(attempts: int, jitter: float) -> float:
    """How long a row waits after a failed try; `attempts` were made before that one. `jitter`: from 0 to 1."""
    return min(MAX_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempts, 16)) * (0.5 + jitter / 2)


def after(row: Row, outcome: Outcome, *, now: datetime, jitter: float) -> Row:
    """The row as an answer leaves it. `jitter`: a random number from 0 to 1."""
    row = replace(row, lease_token=None, lease_until=None, due_at=None, losses=0)
    match outcome:
        case Values():
            return replace(
                row, state=State.DONE, values=outcome.values, reason=None, done_at=to_iso(now), execution=None
            )
        case Final():
            return replace(
                row,
                state=State.DONE,
                reason=outcome.reason[:MAX_REASON],
                done_at=to_iso(now),
                execution=None,
            )
        case Pause():
            return replace(row, state=State.PENDING)
        case HandedOver():
            until = to_iso(now + timedelta(seconds=outcome.for_s))
            return replace(
                row,
                state=State.LEASED,
                lease_token=f"execution:{outcome.execution}",
                lease_until=until,
                execution=outcome.execution,
            )
        case Again():
            return _failed(row, outcome, now, jitter)


def _failed(row: Row, outcome: Again, now: datetime, jitter: float) -> Row:
    attempts = row.attempts + 1
    row = replace(row, attempts=attempts, reason=outcome.reason[:MAX_REASON], execution=None)
    if attempts >= MAX_ATTEMPTS:
        return replace(row, state=State.DEAD, done_at=to_iso(now))
    pause = wait_s(row.attempts - 1, jitter)
    if outcome.retry_after_s is not None:
        pause = min(MAX_RETRY_AFTER_S, max(0.0, outcome.retry_after_s))
    return replace(row, state=State.FAILED, due_at=to_iso(now + timedelta(seconds=pause)))


def reclaimed(row: Row, *, now: datetime) -> Row:
    """The row whose lease has expired, or whose next try is due."""
    back = replace(row, state=State.PENDING, lease_token=None, lease_until=None, due_at=None, execution=None)
    if row.state is not State.LEASED or row.execution:
        return back
    back = replace(back, losses=row.losses + 1)
    if back.losses < MAX_LOSSES:
        return back
    reason = f"{MAX_LOSSES} workers ended without an answer"
    return replace(back, state=State.DEAD, reason=reason, done_at=to_iso(now))


def revived(row: Row) -> Row:
    """A dead row that is tried again: its tries count from the start."""
    return replace(row, state=State.PENDING, attempts=0, losses=0, reason=None, done_at=None)


# --- whose rows are next ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    """A waiting row, as far as its turn is concerned."""

    user_id: str
    key: str
    rank: int


def in_turn(waiting: Iterable[Waiting]) -> Sequence[Waiting]:
    """The order in which rows are taken. In each round every person gets one row, their most wanted first; within a
    round the most wanted row is first."""
    people: dict[str, list[Waiting]] = {}
    for row in sorted(waiting, key=lambda row: (-row.rank, row.key)):
        people.setdefault(row.user_id, []).append(row)
    rounds = [
        (turn, -row.rank, row.user_id, row) for rows in people.values() for turn, row in enumerate(rows)
    ]
    return [row for *_, row in sorted(rounds, key=lambda each: each[:3])]
