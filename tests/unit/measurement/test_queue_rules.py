"""What an answer of a source makes of a row, how long a row waits, and whose row is next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unplugd.domain import measure_queue
from unplugd.domain.measure_queue import (
    HISTORICAL,
    MAX_ATTEMPTS,
    MAX_LOSSES,
    Again,
    Final,
    HandedOver,
    Pause,
    Row,
    State,
    Values,
    Waiting,
)
from unplugd.kernel.clock import from_iso, to_iso

NOW = datetime(2026, 1, 31, 8, 15, tzinfo=UTC)
ROW = Row(
    "person",
    "isrc:GBAYE0601498",
    HISTORICAL,
    3,
    to_iso(NOW),
    state=State.LEASED,
    lease_token="token",
    lease_until=to_iso(NOW + timedelta(seconds=60)),
)


def after(outcome: Any, row: Row = ROW, jitter: float = 1.0) -> Row:
    return measure_queue.after(row, outcome, now=NOW, jitter=jitter)


def wait_of(row: Row) -> float:
    return (from_iso(row.due_at or "") - NOW).total_seconds()


def test_a_row_has_one_name_for_each_subject_source_and_version() -> None:
    assert ROW.key == "isrc:GBAYE0601498#historical#3"
    assert ROW.code == "GBAYE0601498"
    assert replace(ROW, subject="01J9ZQ4X5V8K2M3N4P5Q6R7S8T", isrc="USRC17607839").code == "USRC17607839"


def test_values_end_a_row() -> None:
    row = after(Values({"plays": {"spotify": 5}}), replace(ROW, attempts=2, reason="503"))
    assert (row.state, row.values, row.done_at, row.reason) == (
        State.DONE,
        {"plays": {"spotify": 5}},
        to_iso(NOW),
        None,
    )
    assert (row.lease_token, row.lease_until) == (None, None)


def test_a_refusal_or_no_data_ends_a_row_with_its_reason() -> None:
    row = after(Final("no data"))
    assert (row.state, row.reason, row.values) == (State.DONE, "no data", None)


@pytest.mark.parametrize(("attempts", "longest"), [(0, 30), (1, 60), (2, 120), (3, 240), (4, 480)])
def test_a_fault_is_tried_again_later_each_time(attempts: int, longest: float) -> None:
    row = after(Again("503"), replace(ROW, attempts=attempts))
    assert (row.state, row.attempts, row.reason) == (State.FAILED, attempts + 1, "503")
    assert wait_of(row) == longest
    assert wait_of(after(Again("503"), replace(ROW, attempts=attempts), jitter=0.0)) == longest / 2


def test_no_wait_is_longer_than_an_hour() -> None:
    assert measure_queue.wait_s(10, 1.0) == 3600
    assert measure_queue.wait_s(10_000, 1.0) == 3600


@given(st.integers(0, 100), st.floats(0, 1))
def test_a_wait_is_between_half_and_the_whole_of_its_step(attempts: int, jitter: float) -> None:
    whole = min(3600.0, 30.0 * 2.0 ** min(attempts, 16))
    assert whole / 2 <= measure_queue.wait_s(attempts, jitter) <= whole


@pytest.mark.parametrize(
    ("asked", "waited"), [(7.0, 7.0), (0.0, 0.0), (-5.0, 0.0), (7200.0, 7200.0), (1e9, 86400.0)]
)
def test_what_the_source_asks_for_wins_up_to_a_day(asked: float, waited: float) -> None:
    assert wait_of(after(Again("503", asked))) == waited


def test_a_row_is_dead_after_six_tries() -> None:
    row = ROW
    for _ in range(MAX_ATTEMPTS):
        assert row.state is not State.DEAD
        row = after(Again("timed out"), row)
    assert (row.state, row.attempts, row.reason, row.due_at) == (State.DEAD, 6, "timed out", None)
    again = measure_queue.revived(row)
    assert (again.state, again.attempts, again.done_at) == (State.PENDING, 0, None)


def test_a_pause_of_the_source_is_no_attempt_of_the_row() -> None:
    row = after(Pause(NOW + timedelta(minutes=5)), replace(ROW, attempts=3, losses=2))
    assert (row.state, row.attempts, row.losses, row.due_at, row.lease_token) == (
        State.PENDING,
        3,
        0,
        None,
        None,
    )


def test_what_was_handed_over_comes_back_if_it_never_ends() -> None:
    row = after(HandedOver("song-2", for_s=600))
    assert (row.state, row.execution) == (State.LEASED, "song-2")
    assert row.lease_until == to_iso(NOW + timedelta(seconds=600))
    back = measure_queue.reclaimed(row, now=NOW)
    assert (back.state, back.losses, back.execution, back.lease_token) == (State.PENDING, 0, None, None)


def test_a_lost_lease_is_no_attempt() -> None:
    back = measure_queue.reclaimed(replace(ROW, attempts=5), now=NOW)
    assert (back.state, back.attempts, back.losses) == (State.PENDING, 5, 1)


def test_a_row_that_ends_each_worker_is_dead_at_last() -> None:
    row = ROW
    for n in range(MAX_LOSSES):
        assert row.state is State.LEASED, n
        row = measure_queue.reclaimed(row, now=NOW)
        row = replace(row, state=State.LEASED) if row.state is State.PENDING else row
    assert row.state is State.DEAD
    assert row.reason == "20 workers ended without an answer"


def test_a_failed_row_that_is_due_keeps_its_attempts() -> None:
    failed = after(Again("503"), replace(ROW, attempts=2))
    back = measure_queue.reclaimed(failed, now=NOW)
    assert (back.state, back.attempts, back.losses, back.due_at) == (State.PENDING, 3, 0, None)


def test_a_long_reason_is_cut() -> None:
    assert len(after(Final("x" * 5000)).reason or "") == measure_queue.MAX_REASON


def test_in_each_round_every_person_gets_their_most_wanted_row() -> None:
    many = [Waiting("many", f"m{n}", 1000 + n) for n in range(30)]
    order = measure_queue.in_turn([*many, Waiting("few", "f1", 1), Waiting("few", "f2", 7)])
    assert [row.key for row in order[:5]] == ["m29", "f2", "m28", "f1", "m27"]
