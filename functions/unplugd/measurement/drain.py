"""Working off the measure queue: bring rows back, ask the sources, store each answer before the next question.

Any number of these may run at once, and each may be ended at any point: a row belongs to who holds its lease, and the
lease ends by itself. A fault of the table is raised; a fault of a source is an answer of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from unplugd.domain.measure_queue import (
    CURRENT,
    HEARTBEAT_S,
    HISTORICAL,
    LEASE_S,
    ROWS_TAKEN,
    SOURCES,
    Again,
    Due,
    Final,
    Outcome,
    Pause,
    Put,
    Row,
    Source,
)
from unplugd.kernel import metrics
from unplugd.kernel.clock import Clock
from unplugd.kernel.errors import AppError
from unplugd.kernel.ids import NewId
from unplugd.kernel.log import logger

# The function is ended after 300 s; a question that is under way when this is over has the rest.
DRAIN_FOR_S = 240.0
# How many rows one question is about. A call to an outside service costs money, so its answer is stored at once.
ROWS_ASKED: Mapping[str, int] = {CURRENT: ROWS_TAKEN, HISTORICAL: 1}
REPAIRED_AT_ONCE = 500  # rows that one run looks at; all rows are looked at in turn


class Queue(Protocol):
    """What this needs of the measure queue."""

    def put(self, wanted: Sequence[Row]) -> Put: ...
    def take(self, source: str, *, limit: int = ..., now: datetime, new_id: NewId) -> Sequence[Row]: ...
    def extend(self, leased: Sequence[Row], *, until: datetime) -> Sequence[Row]: ...
    def settle(self, row: Row, outcome: Outcome, *, now: datetime, jitter: float) -> Row | None: ...
    def reclaim(self, *, now: datetime) -> int: ...
    def repair(self, *, limit: int, now: datetime) -> int: ...
    def paused_until(self, source: str) -> datetime | None: ...
    def pause(self, source: str, until: datetime) -> None: ...
    def dead(self, source: str) -> Iterator[Row]: ...
    def dead_count(self, source: str) -> int: ...
    def revive(self, row: Row) -> bool: ...


@dataclass(frozen=True)
class Drain:
    """One worker. `sources`: by name; a source that is absent is switched off, and its rows wait. `jitter`: a random
    number from 0 to 1."""

    queue: Queue
    sources: Mapping[str, Source]
    clock: Clock
    new_id: NewId
    jitter: Callable[[], float]
    for_s: float = DRAIN_FOR_S
    heartbeat_s: float = HEARTBEAT_S
    monotonic: Callable[[], float] = time.monotonic
    _until: list[float] = field(default_factory=list, init=False)

    def run(self) -> int:
        """Ask the sources for waiting rows, one batch of each in turn, until none waits, each is paused, or time is
        over. Answers how many rows got an answer that is stored."""
        self._until[:] = [self.monotonic() + self.for_s]
        drained = 0
        working = dict(self.sources)
        while working and not self._over():
            for name, source in list(working.items()):
                rows = [] if self._paused(name) else self._take(name)
                if not rows:
                    del working[name]
                drained += self._work(name, source, rows)
        return drained

    def _over(self) -> bool:
        return self.monotonic() >= self._until[0]

    def _paused(self, name: str) -> datetime | None:
        until = self.queue.paused_until(name)
        return until if until and until > self.clock() else None

    def _take(self, name: str) -> Sequence[Row]:
        return self.queue.take(name, now=self.clock(), new_id=self.new_id)

    def _work(self, name: str, source: Source, rows: Sequence[Row]) -> int:
        drained = 0
        with self._heartbeat(rows) as left:
            while left:
                asked = left[: ROWS_ASKED.get(name, ROWS_TAKEN)]
                until = self._paused(name)
                if until or self._over():
                    outcomes: Sequence[Outcome] = [Pause(until or self.clock())] * len(left)
                    asked = list(left)
                else:
                    outcomes = self._ask(name, source, asked)
                drained += self._settle(name, asked, outcomes)
                del left[: len(asked)]
        return drained

    def _ask(self, name: str, source: Source, rows: Sequence[Row]) -> Sequence[Outcome]:
        """The source's answers; any fault of it is one that a later try may not meet."""
        try:
            outcomes = source.fetch(rows)
            if len(outcomes) != len(rows):
                raise ValueError(f"{len(outcomes)} answers to {len(rows)} questions")
        except AppError as error:
            return [Again(error.message)] * len(rows)
        except Exception as error:
            logger().exception("a source of measurements failed", extra={"source": name})
            return [Again(f"The source failed ({type(error).__name__}).")] * len(rows)
        return outcomes

    def _settle(self, name: str, rows: Sequence[Row], outcomes: Sequence[Outcome]) -> int:
        drained = 0
        for outcome in outcomes:
            until = outcome.until if isinstance(outcome, Pause) else None
            if isinstance(outcome, Final) and outcome.pause_until:
                until = outcome.pause_until
                logger().error("a source refuses us", extra={"source": name, "reason": outcome.reason})
                metrics.put("MeasurementSourceRefused", 1)
            if until and until > self.clock():  # before the rows wait again, so that no worker takes them
                self.queue.pause(name, until)
        for row, outcome in zip(rows, outcomes, strict=True):
            stored = self.queue.settle(row, outcome, now=self.clock(), jitter=self.jitter())
            drained += stored is not None and not isinstance(outcome, Pause)
        return drained

    @contextmanager
    def _heartbeat(self, rows: Sequence[Row]) -> Iterator[list[Row]]:
        """The rows, whose leases are extended until they are taken from the list."""
        left = list(rows)
        done = threading.Event()

        def beat() -> None:
            while not done.wait(self.heartbeat_s):
                try:
                    self.queue.extend(list(left), until=self.clock() + timedelta(seconds=LEASE_S))
                except Exception:  # a lease that cannot be extended ends, and settling then changes nothing
                    logger().warning("leases could not be extended", exc_info=True)

        thread = threading.Thread(target=beat, daemon=True)
        if left:
            thread.start()
        try:
            yield left
        finally:
            done.set()
            if thread.ident:
                thread.join()


def maintain(
    *,
    queue: Queue,
    sources: Mapping[str, Source],
    due: Sequence[Due],
    clock: Clock,
    new_id: NewId,
    jitter: Callable[[], float],
    for_s: float = DRAIN_FOR_S,
) -> dict[str, int]:
    """What is done each five minutes: bring rows back, work them off, ask for what is due. `reclaimed`, `drained` and
    `restarted` are rows. A fault of the table is raised, whatever was done before it."""
    now = clock()
    reclaimed = queue.reclaim(now=now) + queue.repair(limit=REPAIRED_AT_ONCE, now=now)
    drained = Drain(queue, sources, clock, new_id, jitter, for_s).run()
    restarted = sum(queue.put(rows).made for one in due if (rows := one.rows(now)))
    metrics.put("DeadMeasurements", sum(queue.dead_count(name) for name in SOURCES))
    return {"reclaimed": reclaimed, "drained": drained, "restarted": restarted}


def redrive(*, queue: Queue) -> dict[str, Any]:
    """Let every dead row wait again. Answers how many."""
    return {"revived": sum(queue.revive(row) for name in SOURCES for row in queue.dead(name))}
