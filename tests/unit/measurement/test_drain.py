"""Working off the measure queue: what a worker asks, stores, leaves to others, and survives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest

from tests.cloud import OWNER, STRANGER, Cloud
from tests.plays_server import KEY, Answer, PlaysServer
from tests.unit.aws.measure_queue.queueing import LATER, NOW, edit, items, repair, states, take, wanted
from unplugd.aws.measure_queue import MeasureQueue
from unplugd.aws.plays import PlaysService
from unplugd.domain.measure_queue import (
    CURRENT,
    HISTORICAL,
    Again,
    HandedOver,
    Outcome,
    Pause,
    Put,
    Row,
    Source,
    Values,
)
from unplugd.kernel.errors import Transient
from unplugd.kernel.ids import NewId
from unplugd.measurement import drain
from unplugd.measurement.drain import Drain
from unplugd.measurement.historical import Historical


class Scripted:
    """A source that answers from a function, and notes what it was asked for."""

    def __init__(self, answer: Callable[[Row], Outcome] = lambda _: Values()) -> None:
        self.answer, self.asked = answer, list[list[str]]()

    def fetch(self, rows: Sequence[Row]) -> Sequence[Outcome]:
        self.asked.append([row.key for row in rows])
        return [self.answer(row) for row in rows]


def names() -> NewId:
    numbers = count()
    return lambda: f"worker-{next(numbers)}"


def worker(queue: MeasureQueue, now: datetime = NOW, heartbeat_s: float = 60, **sources: Source) -> Drain:
    return Drain(queue, sources, lambda: now, names(), lambda: 1.0, heartbeat_s=heartbeat_s)


def outside(queue: MeasureQueue, server: PlaysServer, cap: int = 1000, now: datetime = NOW) -> Historical:
    service = PlaysService(server.url, lambda: KEY, lambda: now)
    spend = partial(queue.spend, HISTORICAL, cap=cap)
    return Historical(service, lambda at: spend(now=at), lambda: now)


def reasons(cloud: Cloud) -> list[str | None]:
    return [items(cloud)[name].get("reason", {}).get("S") for name in sorted(items(cloud))]


# --- one worker -------------------------------------------------------------------------------------------------------


def test_what_waits_is_asked_once_and_done(queue: MeasureQueue, server: PlaysServer, cloud: Cloud) -> None:
    queue.put([wanted(n) for n in range(60)])
    assert worker(queue, historical=outside(queue, server)).run() == 60
    assert set(states(cloud).values()) == {"done"}
    assert sorted(server.asked) == [f"GBAYE{n:07d}" for n in range(60)]
    assert worker(queue, historical=outside(queue, server)).run() == 0
    assert queue.put([wanted(n) for n in range(60)]) == Put(known=60)
    assert len(server.asked) == queue.spent(HISTORICAL, now=NOW) == 60


def test_a_source_that_is_off_leaves_its_rows_waiting(queue: MeasureQueue, cloud: Cloud) -> None:
    queue.put([wanted(1), wanted(2, source=CURRENT)])
    current = Scripted()
    assert worker(queue, current=current).run() == 1
    assert states(cloud) == {wanted(1).key: "pending", wanted(2, source=CURRENT).key: "done"}


def test_each_answer_is_stored_before_the_next_question(queue: MeasureQueue, cloud: Cloud) -> None:
    """A worker that is ended between two calls has lost none that was paid for."""
    queue.put([wanted(n) for n in range(5)])
    seen: list[int] = []

    def answer(_: Row) -> Outcome:
        seen.append(list(states(cloud).values()).count("done"))
        return Values()

    assert worker(queue, historical=Scripted(answer)).run() == 5
    assert seen == [0, 1, 2, 3, 4]


def test_our_own_songs_are_handed_over_together(queue: MeasureQueue, cloud: Cloud) -> None:
    queue.put([wanted(n, source=CURRENT) for n in range(30)])
    current = Scripted(lambda row: HandedOver(row.subject))
    worker(queue, current=current).run()
    assert [len(batch) for batch in current.asked] == [25, 5]
    assert set(states(cloud).values()) == {"leased"}


@pytest.mark.parametrize(
    ("status", "state", "attempts"),
    [
        (404, "done", 0),
        (403, "done", 0),
        (400, "done", 0),
        (408, "failed", 1),
        (500, "failed", 1),
        (503, "failed", 1),
    ],
)
def test_a_status_decides_what_becomes_of_the_row(
    queue: MeasureQueue, server: PlaysServer, cloud: Cloud, status: int, state: str, attempts: int
) -> None:
    queue.put([wanted(1)])
    server.always(status)
    worker(queue, historical=outside(queue, server)).run()
    (item,) = items(cloud).values()
    assert (item["state"]["S"], item["attempts"]["N"]) == (state, str(attempts))
    assert item["reason"]["S"]


def test_a_row_is_dead_after_six_faults_and_costs_six_calls(
    queue: MeasureQueue, server: PlaysServer, cloud: Cloud
) -> None:
    queue.put([wanted(1)])
    server.always(503, Retry_After="7")
    now = NOW
    for _ in range(9):
        worker(queue, now, historical=outside(queue, server, now=now)).run()
        now += timedelta(seconds=7)
        queue.reclaim(now=now)
    assert states(cloud) == {wanted(1).key: "dead"}
    assert len(server.asked) == queue.spent(HISTORICAL, now=NOW) == 6


def test_too_many_questions_pause_the_source_for_all_workers(
    queue: MeasureQueue, server: PlaysServer, cloud: Cloud
) -> None:
    queue.put([wanted(n) for n in range(10)])
    server.always(429, Retry_After="61")
    for _ in range(3):
        assert worker(queue, historical=outside(queue, server)).run() == 0
    assert len(server.asked) == 1
    assert set(states(cloud).values()) == {"pending"}
    assert {item["attempts"]["N"] for item in items(cloud).values()} == {"0"}
    server.always(200, {"plays": {"spotify": 1}})
    soon = NOW + timedelta(seconds=61)
    assert worker(queue, soon, historical=outside(queue, server, now=soon)).run() == 10


def test_a_refused_key_costs_one_row_and_is_said(
    queue: MeasureQueue, server: PlaysServer, cloud: Cloud, counted: list[tuple[str, float]]
) -> None:
    queue.put([wanted(n) for n in range(10)])
    server.always(401)
    assert worker(queue, historical=outside(queue, server)).run() == 1
    assert sorted(states(cloud).values()) == ["done"] + ["pending"] * 9
    assert counted == [("MeasurementSourceRefused", 1)]


def test_a_song_without_a_code_ends_without_a_call(queue: MeasureQueue, server: PlaysServer) -> None:
    from dataclasses import replace

    row = replace(wanted(1), subject="01J9ZQ4X5V8K2M3N4P5Q6R7S8T")
    queue.put([row, replace(row, version=2, isrc="USRC17607839")])
    assert worker(queue, historical=outside(queue, server)).run() == 2
    assert (server.asked, queue.spent(HISTORICAL, now=NOW)) == (["USRC17607839"], 1)


# --- faults of a source and of the table ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", [RuntimeError("secret text"), Transient("Not now.")], ids=["bug", "transient"]
)
def test_a_source_that_raises_costs_a_try_and_stops_no_other(
    queue: MeasureQueue, cloud: Cloud, fault: Exception
) -> None:
    def answer(_: Row) -> Outcome:
        raise fault

    queue.put([wanted(1), wanted(2, source=CURRENT)])
    worker(queue, historical=Scripted(answer), current=Scripted()).run()
    assert states(cloud) == {wanted(1).key: "failed", wanted(2, source=CURRENT).key: "done"}
    assert "secret" not in str(reasons(cloud))


def test_a_source_with_too_few_answers_costs_a_try(queue: MeasureQueue, cloud: Cloud) -> None:
    class Short:
        def fetch(self, rows: Sequence[Row]) -> Sequence[Outcome]:
            return []

    queue.put([wanted(n, source=CURRENT) for n in range(2)])
    worker(queue, current=Short()).run()
    assert list(states(cloud).values()) == ["failed", "failed"]


@pytest.mark.parametrize("after", range(9))
def test_a_failing_table_is_raised_and_the_next_run_goes_on(
    queue: MeasureQueue, cloud: Cloud, failing: Callable[..., None], after: int
) -> None:
    queue.put([wanted(n) for n in range(3)])
    failing("UpdateItem", after=after)
    source = Scripted()
    if after < 8:  # noting the repair and the turn, three leases, three answers
        with pytest.raises(Transient):
            run(queue, source)
    else:
        run(queue, source)
    failing("UpdateItem", after=None)
    later = LATER + timedelta(minutes=5)
    drain.maintain(
        queue=queue,
        sources={HISTORICAL: source},
        due=(),
        clock=lambda: later,
        new_id=names(),
        jitter=lambda: 1.0,
    )
    assert set(states(cloud).values()) == {"done"}


def run(queue: MeasureQueue, source: Source, now: datetime = NOW) -> dict[str, int]:
    return drain.maintain(
        queue=queue,
        sources={HISTORICAL: source},
        due=(),
        clock=lambda: now,
        new_id=names(),
        jitter=lambda: 1.0,
    )


# --- many workers -----------------------------------------------------------------------------------------------------


def at_once(work: Callable[[], object], times: int = 20) -> None:
    threads = [threading.Thread(target=work) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.slow
def test_a_days_cap_holds_under_twenty_workers(
    queue: MeasureQueue, server: PlaysServer, cloud: Cloud
) -> None:
    """Failures count, too. What is left waits for the next day, without an attempt."""
    queue.put([wanted(n) for n in range(50)])
    server.answer = lambda isrc: Answer(500 if int(isrc[-1]) % 3 == 0 else 200)
    at_once(lambda: worker(queue, historical=outside(queue, server, cap=23)).run())
    assert len(server.asked) == queue.spent(HISTORICAL, now=NOW) == 23
    assert len(set(server.asked)) == 23
    assert list(states(cloud).values()).count("pending") == 27
    assert queue.paused_until(HISTORICAL) == datetime(2026, 2, 1, tzinfo=NOW.tzinfo)
    morning = NOW + timedelta(days=1)
    queue.reclaim(now=morning)
    server.always(200, {"plays": {"spotify": 1}})
    worker(queue, morning, historical=outside(queue, server, now=morning)).run()
    assert set(states(cloud).values()) == {"done"}


@pytest.mark.slow
def test_twenty_workers_ask_for_each_row_once(queue: MeasureQueue, server: PlaysServer, cloud: Cloud) -> None:
    queue.put([wanted(n) for n in range(40)])
    queue.put([wanted(n, owner=STRANGER) for n in range(40, 60)])
    at_once(lambda: worker(queue, historical=outside(queue, server)).run())
    worker(queue, historical=outside(queue, server)).run()
    assert set(states(cloud).values()) == {"done"}
    assert sorted(server.asked) == [f"GBAYE{n:07d}" for n in range(60)]


def test_a_slow_answer_keeps_its_lease_by_the_heartbeat(queue: MeasureQueue, cloud: Cloud) -> None:
    queue.put([wanted(1)])
    (before,) = items(cloud).values()
    extended = threading.Event()

    def answer(_: Row) -> Outcome:
        assert extended.wait(60)
        return Values()

    class Watched(MeasureQueue):
        def extend(self, leased: Sequence[Row], *, until: datetime) -> Sequence[Row]:
            kept = super().extend(leased, until=until)
            extended.set()
            return kept

    watched = Watched(cloud.db, before and "unplugd-test-measure-queue")
    assert worker(watched, heartbeat_s=0.01, historical=Scripted(answer)).run() == 1


def test_a_heartbeat_that_fails_ends_no_worker(queue: MeasureQueue, cloud: Cloud) -> None:
    queue.put([wanted(1)])
    tried = threading.Event()

    class Faulty(MeasureQueue):
        def extend(self, leased: Sequence[Row], *, until: datetime) -> Sequence[Row]:
            tried.set()
            raise Transient("Not now.")

    def answer(_: Row) -> Outcome:
        assert tried.wait(60)
        return Values()

    faulty = Faulty(cloud.db, "unplugd-test-measure-queue")
    assert worker(faulty, heartbeat_s=0.01, historical=Scripted(answer)).run() == 1


def test_a_worker_without_time_gives_its_rows_back(queue: MeasureQueue, cloud: Cloud) -> None:
    queue.put([wanted(n) for n in range(5)])
    source, time = Scripted(), [0.0]

    def answer(_: Row) -> Outcome:
        time[0] += 100.0
        return Values()

    source.answer = answer
    tired = Drain(
        queue, {HISTORICAL: source}, lambda: NOW, names(), lambda: 1.0, 250.0, monotonic=lambda: time[0]
    )
    assert tired.run() == 3
    assert sorted(states(cloud).values()) == ["done"] * 3 + ["pending"] * 2
    assert {item["attempts"]["N"] for item in items(cloud).values()} == {"0"}


# --- each five minutes ------------------------------------------------------------------------------------------------


def test_a_run_reports_what_it_did(
    queue: MeasureQueue, cloud: Cloud, counted: list[tuple[str, float]]
) -> None:
    class OfABetterEngine:
        def rows(self, now: datetime) -> Sequence[Row]:
            return [wanted(1, source=CURRENT, version=9), wanted(2, source=CURRENT, version=9)]

    queue.put([wanted(n) for n in range(4)])
    take(queue, limit=3)
    due = OfABetterEngine()
    how: dict[str, Any] = {"queue": queue, "sources": {HISTORICAL: Scripted()}, "new_id": names()}
    how |= {"jitter": lambda: 1.0, "due": [due]}
    found = drain.maintain(**how, clock=lambda: NOW)
    assert found == {"reclaimed": 0, "drained": 1, "restarted": 2}
    found = drain.maintain(**how, clock=lambda: LATER)
    assert found == {"reclaimed": 3, "drained": 3, "restarted": 0}
    assert counted == [("DeadMeasurements", 0), ("DeadMeasurements", 0)]


def test_dead_rows_are_counted_until_a_redrive(
    queue: MeasureQueue, cloud: Cloud, counted: list[tuple[str, float]]
) -> None:
    queue.put([wanted(n) for n in range(3)])
    for n in range(2):
        edit(cloud, wanted(n), attempts={"N": "5"})
    run(queue, Scripted(lambda row: Again("503") if row.attempts == 5 else Values()))
    assert counted == [("DeadMeasurements", 2)]
    assert drain.redrive(queue=queue) == {"revived": 2}
    assert drain.redrive(queue=queue) == {"revived": 0}
    run(queue, Scripted())
    assert counted[1:] == [("DeadMeasurements", 0)]
    assert set(states(cloud).values()) == {"done"}


def test_a_pause_stores_nothing_and_ends_the_batch(queue: MeasureQueue, cloud: Cloud) -> None:
    queue.put([wanted(n, source=CURRENT) for n in range(3)])
    current = Scripted(lambda _: Pause(LATER))
    assert worker(queue, current=current).run() == 0
    assert (len(current.asked), set(states(cloud).values())) == (1, {"pending"})
    assert repair(queue) == 0
    assert {item["userId"]["S"] for item in items(cloud).values()} == {OWNER}
