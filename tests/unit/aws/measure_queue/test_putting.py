"""Asking for measurements: one row ever, and whose job made it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.cloud import OWNER, STRANGER, Cloud
from tests.unit.aws.measure_queue.queueing import (
    LATER,
    NOW,
    items,
    settle,
    take,
    wanted,
)
from unplugd.aws.measure_queue import MeasureQueue
from unplugd.domain.measure_queue import (
    CURRENT,
    HISTORICAL,
    Again,
    Final,
    Put,
    State,
    Values,
)
from unplugd.kernel.clock import from_iso
from unplugd.kernel.errors import Transient


def test_twice_is_once(queue: MeasureQueue, cloud: Cloud) -> None:
    rows = [wanted(n) for n in range(60)]
    assert queue.put(rows) == Put(made=60)
    before = items(cloud)
    assert queue.put(rows) == Put(waiting=60)
    assert items(cloud) == before


def test_it_says_which_rows_wait_already(queue: MeasureQueue) -> None:
    queue.put([wanted(1, rank=5), wanted(2, rank=7)])
    put = queue.put([wanted(1, rank=9), wanted(2, rank=3), wanted(3)])
    assert sorted(put.open) == ["isrc:GBAYE0000001", "isrc:GBAYE0000002"]


def test_a_large_request_goes_on_where_it_was_cut_short(queue: MeasureQueue, cloud: Cloud) -> None:
    queue.put([wanted(n, rank=5) for n in range(60)])
    settle(queue, take(queue)[0], Values({"plays": 1}))
    written: list[str] = []

    def note(model: Any, **_: Any) -> None:
        written.append(model.name)

    rows = [wanted(n, rank=9 if n == 59 else 5) for n in range(70)]
    events = cloud.db.meta.events
    for call in ("PutItem", "UpdateItem"):
        events.register(f"before-call.dynamodb.{call}", note)
    try:
        assert queue.put(rows) == Put(made=10, raised=1, known=1, waiting=58)
        # The new ones; and the one that is raised is found by a write.
        assert sorted(written) == [*["PutItem"] * 11, "UpdateItem"]
        assert queue.put(rows) == Put(known=1, waiting=69)
        assert len(written) == 12
    finally:
        for call in ("PutItem", "UpdateItem"):
            events.unregister(f"before-call.dynamodb.{call}", note)


def test_the_same_row_twice_in_one_call_is_made_once(queue: MeasureQueue) -> None:
    assert queue.put([wanted(1), wanted(1), wanted(1)]) == Put(made=1, waiting=2)


def test_each_version_person_and_source_has_a_row_of_its_own(queue: MeasureQueue) -> None:
    rows = [wanted(1), wanted(1, version=2), wanted(1, owner=STRANGER), wanted(1, source=CURRENT)]
    assert queue.put(rows) == Put(made=4)


def test_a_waiting_row_takes_the_higher_rank(queue: MeasureQueue) -> None:
    queue.put([wanted(1, rank=5), wanted(2, rank=7)])
    assert queue.put([wanted(1, rank=9), wanted(2, rank=3)]) == Put(raised=1, waiting=1)
    assert [(row.subject, row.rank) for row in take(queue)] == [
        ("isrc:GBAYE0000001", 9),
        ("isrc:GBAYE0000002", 7),
    ]


def test_a_failed_row_takes_the_higher_rank_too(queue: MeasureQueue) -> None:
    queue.put([wanted(1, rank=5)])
    settle(queue, take(queue)[0], Again("503"))
    assert queue.put([wanted(1, rank=9)]) == Put(raised=1)
    assert queue.reclaim(now=LATER) == 1
    assert [row.rank for row in take(queue)] == [9]


def test_what_is_known_is_never_asked_for_again(queue: MeasureQueue) -> None:
    queue.put([wanted(1), wanted(2)])
    first, second = take(queue)
    settle(queue, first, Values({"plays": 1}))
    settle(queue, second, Final("no data"))
    assert queue.put([wanted(1, rank=99), wanted(2, rank=99)]) == Put(known=2)
    assert take(queue) == []


def test_a_dead_row_stays_dead_until_it_is_revived(queue: MeasureQueue) -> None:
    queue.put([wanted(1)])
    now = NOW
    for _ in range(6):
        assert settle(queue, take(queue, now)[0], Again("timed out"), now)
        now += timedelta(hours=1)
        queue.reclaim(now=now)
    assert take(queue, now) == []
    assert queue.put([wanted(1, rank=99)]) == Put(waiting=1)
    assert take(queue, now) == []
    (dead,) = queue.dead(HISTORICAL)
    assert (dead.state, dead.attempts, dead.reason) == (State.DEAD, 6, "timed out")
    assert queue.revive(dead) and not queue.revive(dead)
    assert list(queue.dead(HISTORICAL)) == []
    assert [row.attempts for row in take(queue, now)] == [0]


def test_after_a_fault_of_the_table_the_call_is_made_again(
    queue: MeasureQueue, cloud: Cloud, failing: Callable[..., None]
) -> None:
    rows = [wanted(n) for n in range(50)]
    failing("PutItem", after=20)
    with pytest.raises(Transient):
        queue.put(rows)
    failing("PutItem", after=None)
    again = queue.put(rows)
    assert again.made + again.waiting == 50
    assert len(items(cloud)) == 50


def test_a_job_is_its_persons_alone(queue: MeasureQueue) -> None:
    assert queue.put_job(OWNER, "job", {"source": HISTORICAL, "songs": 2})
    assert not queue.put_job(OWNER, "job", {"source": CURRENT, "songs": 3})
    assert (queue.job(OWNER, "job") or {})["songs"] == 2
    assert queue.job(STRANGER, "job") is None
    queue.put([wanted(1), wanted(2)])
    settle(queue, take(queue, limit=1)[0], Final("no data"))
    found = sorted((row.state, row.subject, row.reason) for row in queue.rows_of_job(OWNER, "job"))
    assert found == [("done", "isrc:GBAYE0000001", "no data"), ("pending", "isrc:GBAYE0000002", None)]
    assert queue.rows_of_job(STRANGER, "job") == []


def test_times_are_read_back_as_they_were_written(queue: MeasureQueue) -> None:
    queue.put([wanted(1)])
    (row,) = take(queue)
    assert from_iso(row.requested_at) == NOW
