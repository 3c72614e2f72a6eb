"""Rows of other versions of the code, and what is known of the sources."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from tests.cloud import Cloud
from tests.unit.aws.measure_queue.queueing import (
    LATER,
    NOW,
    edit,
    items,
    repair,
    settle,
    states,
    take,
    wanted,
)
from unplugd.aws.measure_queue import UNREADABLE_FOR, MeasureQueue
from unplugd.domain.measure_queue import (
    CURRENT,
    HISTORICAL,
    Again,
    Values,
)


def test_rows_of_an_earlier_version_are_found_and_taken(queue: MeasureQueue, cloud: Cloud) -> None:
    """Without a place in the index no query finds them; every later attribute is absent."""
    row = wanted(1)
    queue.put([row])
    edit(cloud, row, **dict.fromkeys(("work", "place", "attempts", "losses", "rank", "jobId")))
    assert take(queue) == []
    assert repair(queue) == 1
    assert repair(queue) == 0
    assert [(one.subject, one.attempts, one.rank) for one in take(queue)] == [(row.subject, 0, 0)]


def test_rows_leased_without_an_end_wait_again(queue: MeasureQueue, cloud: Cloud) -> None:
    queue.put([wanted(1), wanted(2)])
    leased, failed = take(queue)
    settle(queue, failed, Again("503"))
    edit(cloud, leased, **dict.fromkeys(("work", "place", "leaseToken", "leaseUntil")))
    edit(cloud, failed, **dict.fromkeys(("work", "place", "dueAt")))
    assert repair(queue) == 2
    assert len(take(queue)) == 2


def test_a_row_with_another_place_in_the_index_gets_ours(queue: MeasureQueue, cloud: Cloud) -> None:
    row = wanted(1, rank=7)
    queue.put([row])
    edit(cloud, row, place={"S": "7"}, work={"S": "waiting"})
    assert repair(queue) == 1
    assert [one.rank for one in take(queue)] == [7]


def test_a_repair_continues_where_the_last_one_stopped(queue: MeasureQueue, cloud: Cloud) -> None:
    rows = [wanted(n) for n in range(20)]
    queue.put(rows)
    for row in rows:
        edit(cloud, row, work=None, place=None)
    found = [repair(queue, limit=7) for _ in range(5)]
    assert sum(found) == 20
    assert len(take(queue)) == 20


def test_what_a_newer_version_added_stays(queue: MeasureQueue, cloud: Cloud) -> None:
    row = wanted(1)
    queue.put([row])
    edit(cloud, row, somethingNew={"S": "kept"})
    settle(queue, take(queue)[0], Values({}))
    assert items(cloud)[row.key]["somethingNew"] == {"S": "kept"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": {"S": "one"}},
        {"requestedAt": None},
        {"source": {"S": "tea leaves"}},
        {"attempts": {"S": "many"}},
        {"subject": {"S": "another song"}},
        {"platforms": {"S": "spotify"}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_an_unreadable_row_is_skipped_logged_and_counted(
    queue: MeasureQueue,
    cloud: Cloud,
    wrong: dict[str, Any],
    counted: list[tuple[str, float]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    rows = [wanted(n, rank=9 - n) for n in range(3)]
    queue.put(rows)
    edit(cloud, rows[0], **wrong)
    assert [row.subject for row in take(queue)] == [row.subject for row in rows[1:]]
    assert counted == [("UnreadableRows", 1)]
    (logged,) = [vars(record) for record in caplog.records]
    assert (logged["kind"], logged["id"], logged["levelname"]) == ("measurement row", rows[0].key, "ERROR")
    assert logged["attributes"] in ([next(iter(wrong))], ["job"])
    assert "tea" not in str(logged)


def test_an_unreadable_row_is_set_aside_for_a_day(queue: MeasureQueue, cloud: Cloud) -> None:
    rows = [wanted(n, rank=9 - n) for n in range(3)]
    queue.put(rows)
    edit(cloud, rows[0], version={"S": "one"})
    taken = [row for _ in range(3) for row in take(queue, limit=1)]
    assert [row.subject for row in taken] == [row.subject for row in rows[1:]]
    for row in taken:
        settle(queue, row, Values({}))
    assert queue.reclaim(now=LATER) == 0
    edit(cloud, rows[0], version={"N": "1"})  # rolled forward
    assert queue.reclaim(now=NOW + UNREADABLE_FOR) == 1
    assert [row.subject for row in take(queue)] == [rows[0].subject]


def test_an_unknown_state_is_reported_by_each_repair(
    queue: MeasureQueue, cloud: Cloud, counted: list[tuple[str, float]]
) -> None:
    row = wanted(1)
    queue.put([row])
    edit(cloud, row, state={"S": "levitating"}, work=None, place=None)
    assert repair(queue) == 0
    assert counted == [("UnreadableRows", 1)]
    assert states(cloud) == {row.key: "levitating"}


def test_a_cap_holds_under_twenty_workers_at_once(queue: MeasureQueue) -> None:
    allowed: list[bool] = []

    def work() -> None:
        allowed.extend(queue.spend(HISTORICAL, cap=37, now=NOW) for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(allowed), sum(allowed)) == (100, 37)
    assert queue.spent(HISTORICAL, now=NOW) == 37


def test_each_day_and_each_source_has_a_ledger_of_its_own(queue: MeasureQueue) -> None:
    assert queue.spend(HISTORICAL, cap=1, now=NOW)
    assert not queue.spend(HISTORICAL, cap=1, now=NOW)
    assert queue.spend(CURRENT, cap=1, now=NOW)
    assert queue.spend(HISTORICAL, cap=1, now=NOW + timedelta(days=1))
    assert not queue.spend(HISTORICAL, cap=0, now=NOW + timedelta(days=2))


def test_a_pause_is_never_made_shorter(queue: MeasureQueue) -> None:
    assert queue.paused_until(HISTORICAL) is None
    queue.pause(HISTORICAL, LATER)
    queue.pause(HISTORICAL, NOW)
    assert queue.paused_until(HISTORICAL) == LATER
    assert queue.paused_until(CURRENT) is None
    queue.put([wanted(1)])
    assert len(take(queue)) == 1  # the turn and the pause are in one row
    assert queue.paused_until(HISTORICAL) == LATER
