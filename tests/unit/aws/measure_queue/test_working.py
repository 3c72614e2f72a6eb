"""Leases, heartbeats, answers, and what is brought back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.cloud import OWNER, STRANGER, Cloud
from tests.unit.aws.measure_queue.queueing import (
    LATER,
    NOW,
    edit,
    items,
    settle,
    states,
    take,
    wanted,
)
from unplugd.aws.measure_queue import MeasureQueue
from unplugd.domain.measure_queue import (
    CURRENT,
    HISTORICAL,
    LEASE_S,
    Again,
    HandedOver,
    Pause,
    Row,
    State,
    Values,
)
from unplugd.kernel.clock import to_iso
from unplugd.kernel.errors import Transient


def test_the_most_wanted_rows_are_taken_first(queue: MeasureQueue) -> None:
    queue.put([wanted(n, rank=n) for n in range(40)])
    taken = take(queue)
    assert [row.rank for row in taken] == list(range(39, 14, -1))
    assert {row.lease_until for row in taken} == {to_iso(NOW + timedelta(seconds=LEASE_S))}
    assert len({row.lease_token for row in taken}) == 1
    assert [row.rank for row in take(queue)] == list(range(14, -1, -1))
    assert take(queue) == []


def test_a_rank_beyond_all_bounds_is_still_ordered(queue: MeasureQueue) -> None:
    queue.put([wanted(1, rank=10**15), wanted(2, rank=10**9), wanted(3, rank=0)])
    assert [row.subject[-1] for row in take(queue)] == ["1", "2", "3"]


def test_one_persons_thousands_do_not_starve_another(queue: MeasureQueue) -> None:
    queue.put([wanted(n, rank=10**6 + n) for n in range(300)])
    queue.put([wanted(n, owner=STRANGER, rank=1) for n in range(3)])
    first = take(queue)
    assert len(first) == 25
    assert sum(row.user_id == STRANGER for row in first) == 3
    assert [row.user_id for row in first[:6]] == [OWNER, STRANGER] * 3


def test_each_of_very_many_people_has_their_turn(queue: MeasureQueue) -> None:
    """The people of low rank too: each call begins behind the person at whom the last one stopped."""
    people = [f"person-{n:02d}" for n in range(60)]
    for n, person in enumerate(people):
        queue.put([wanted(k, owner=person, rank=n * 1000 + k) for k in range(4)])
    served = [{row.user_id for row in take(queue)} for _ in range(3)]
    assert set().union(*served) == set(people)
    assert len(served[0] | served[1]) == 50


def test_a_row_is_taken_by_one_of_two_workers(queue: MeasureQueue, first: Callable[..., None]) -> None:
    """Both have read the same entries of the index before either writes."""
    queue.put([wanted(n) for n in range(10)])
    others: list[Row] = []
    first("UpdateItem", lambda: others.extend(take(queue)), on="pending")
    mine = take(queue)
    assert others
    assert sorted(row.key for row in [*mine, *others]) == sorted(wanted(n).key for n in range(10))


@pytest.mark.slow
def test_twenty_workers_at_once_share_the_rows(queue: MeasureQueue) -> None:
    queue.put([wanted(n) for n in range(60)])
    taken: list[Row] = []

    def work() -> None:
        while rows := take(queue, limit=2):
            taken.extend(rows)

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken += take(queue)  # a worker ends when others were first three times
    assert sorted(row.key for row in taken) == sorted(wanted(n).key for n in range(60))


def test_the_other_sources_rows_are_left_alone(queue: MeasureQueue) -> None:
    queue.put([wanted(1, source=CURRENT)])
    assert take(queue) == []
    assert len(take(queue, source=CURRENT)) == 1


def test_a_done_row_leaves_the_index_and_keeps_its_values(queue: MeasureQueue, cloud: Cloud) -> None:
    queue.put([wanted(1)])
    settle(queue, take(queue)[0], Values({"plays": {"spotify": 2.5}}))
    (item,) = items(cloud).values()
    assert not {"work", "place", "leaseToken", "leaseUntil"} & item.keys()
    (row,) = queue.of_subject(OWNER, "isrc:GBAYE0000001", HISTORICAL)
    assert (row.state, row.values) == (State.DONE, {"plays": {"spotify": 2.5}})


def test_a_worker_whose_lease_was_taken_over_changes_nothing(queue: MeasureQueue, cloud: Cloud) -> None:
    queue.put([wanted(1)])
    (slow,) = take(queue)
    assert queue.reclaim(now=LATER) == 1
    (quick,) = take(queue, LATER)
    before = items(cloud)
    assert settle(queue, slow, Values({"plays": 1})) is None
    assert settle(queue, slow, Again("503")) is None
    assert items(cloud) == before
    assert settle(queue, quick, Values({"plays": 2})) is not None
    assert settle(queue, quick, Values({"plays": 3})) is None
    (row,) = queue.of_subject(OWNER, "isrc:GBAYE0000001", HISTORICAL)
    assert row.values == {"plays": 2}


def test_a_heartbeat_keeps_leases_and_says_which_were_lost(queue: MeasureQueue) -> None:
    queue.put([wanted(1), wanted(2)])
    rows = take(queue)
    settle(queue, rows[0], Values({}))
    assert queue.extend(rows, until=LATER + timedelta(seconds=60)) == [rows[1]]
    assert queue.reclaim(now=LATER) == 0
    assert settle(queue, rows[1], Values({}), LATER) is not None


def test_a_pause_puts_the_row_back(queue: MeasureQueue) -> None:
    queue.put([wanted(1)])
    settle(queue, take(queue)[0], Pause(LATER))
    assert [row.attempts for row in take(queue)] == [0]


def test_who_a_row_was_handed_over_to_can_end_it(queue: MeasureQueue) -> None:
    queue.put([wanted(1, source=CURRENT)])
    settle(queue, take(queue, source=CURRENT)[0], HandedOver("song-2"))
    (row,) = queue.of_subject(OWNER, "isrc:GBAYE0000001", CURRENT)
    assert (row.state, row.execution) == (State.LEASED, "song-2")
    assert queue.reclaim(now=LATER) == 0
    assert settle(queue, row, Values({})) is not None
    assert [one.state for one in queue.of_subject(OWNER, "isrc:GBAYE0000001", CURRENT)] == [State.DONE]


def test_only_expired_leases_and_due_failures_are_reclaimed(queue: MeasureQueue, cloud: Cloud) -> None:
    queue.put([wanted(n, rank=10 - n) for n in range(5)])
    done, failed, dead, lost = take(queue, limit=4)
    settle(queue, done, Values({}))
    settle(queue, failed, Again("503", retry_after_s=3600))
    edit(cloud, dead, attempts={"N": "5"})
    (dead,) = queue.of_subject(OWNER, dead.subject, HISTORICAL)
    settle(queue, dead, Again("503"))
    (held,) = take(queue, LATER)
    before = items(cloud)
    assert queue.reclaim(now=LATER) == 1
    after = items(cloud)
    assert {name for name in after if after[name] != before[name]} == {lost.key}
    assert states(cloud) == {
        done.key: "done",
        failed.key: "failed",
        dead.key: "dead",
        lost.key: "pending",
        held.key: "leased",
    }
    assert queue.reclaim(now=LATER) == 0


def test_a_lease_that_is_extended_at_that_moment_stays(
    queue: MeasureQueue, first: Callable[..., None]
) -> None:
    queue.put([wanted(1)])
    rows = take(queue)
    first("UpdateItem", lambda: queue.extend(rows, until=LATER + timedelta(seconds=60)), on="leaseUntil")
    assert queue.reclaim(now=LATER) == 0


@pytest.mark.parametrize("operation", ["Query", "GetItem", "UpdateItem"])
def test_a_reclaim_on_a_failing_table_raises(
    queue: MeasureQueue, failing: Callable[..., None], operation: str
) -> None:
    queue.put([wanted(1)])
    take(queue)
    failing(operation, after=0)
    with pytest.raises(Transient):
        queue.reclaim(now=LATER)


@pytest.mark.parametrize("operation", ["Query", "GetItem", "UpdateItem"])
def test_a_take_on_a_failing_table_raises(
    queue: MeasureQueue, failing: Callable[..., None], operation: str
) -> None:
    queue.put([wanted(1)])
    failing(operation, after=0)
    with pytest.raises(Transient):
        take(queue)
