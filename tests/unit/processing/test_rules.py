"""Who is next, and how long the first has waited."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unplugd.domain.queue import Waiting, in_turn
from unplugd.kernel.clock import to_iso
from unplugd.processing import rules

NOW = datetime(2026, 1, 31, 8, 16, tzinfo=UTC)


def waiting(song_id: str, queued_at: str = "2026-01-31T08:15:00.000Z", **fields: str) -> Waiting:
    return Waiting(fields.pop("user_id", "me"), song_id, queued_at, **fields)  # type: ignore[arg-type]


def stamp(number: int) -> str:
    return to_iso(NOW + timedelta(seconds=number))


def serve(line: list[Waiting]) -> list[Waiting]:
    """Who starts in which order when one song starts at a time: each start passes its owner's turn on."""
    served, clock = [], 1_000
    while line:
        first, clock = in_turn(line)[0], clock + 1
        line = [one for one in line if one is not first]
        following = next((one for one in line if one.user_id == first.user_id), None)
        line = [replace(one, turn_at=stamp(clock)) if one is following else one for one in line]
        served.append(first)
    return served


LINES = st.lists(st.integers(0, 4), max_size=24).map(
    lambda owners: [waiting(f"{n:02}", stamp(n), user_id=str(owner)) for n, owner in enumerate(owners)]
)


@given(LINES)
def test_the_queue_as_shown_is_the_order_of_starts(line: list[Waiting]) -> None:
    assert [one.song_id for one in in_turn(line)] == [one.song_id for one in serve(line)]


@given(LINES, st.integers(0, 23))
def test_between_two_songs_of_one_user_each_other_user_has_one(line: list[Waiting], already: int) -> None:
    """From any moment on: round robin."""
    rest = serve(line)[already:]
    for person in {one.user_id for one in rest}:
        first = next(n for n, one in enumerate(rest) if one.user_id == person)
        before = [one.user_id for one in rest[:first]]
        assert len(before) == len(set(before))


def test_one_person_s_songs_start_as_they_came() -> None:
    line = [waiting("b", stamp(1)), waiting("a", stamp(2)), waiting("c", stamp(0), turn_at=stamp(9))]
    assert [one.song_id for one in in_turn(line)] == ["c", "b", "a"]


def test_a_newcomer_comes_before_all_second_songs() -> None:
    line = [waiting(f"a{n}", stamp(n), user_id="ann") for n in range(100)]
    assert [one.song_id for one in in_turn([*line, waiting("z", stamp(200), user_id="zoe")])][:2] == [
        "a0",
        "z",
    ]


def test_the_age_of_the_line_is_that_of_its_first() -> None:
    assert rules.queue_age_s([waiting("a"), waiting("b", "2026-01-31T08:00:00.000Z")], NOW) == 60.0
    assert rules.queue_age_s([], NOW) == 0.0


def test_every_verdict_is_a_sentence() -> None:
    for code in (
        "CORRUPT_AUDIO",
        "DEPLOYMENT_INCOMPLETE",
        "PROCESSING_TIMEOUT",
        "NO_CAPACITY",
        "SEPARATION_FAILED",
        "SAVING_FAILED",
        "INTERRUPTED",
    ):
        assert rules.verdict(code).message.endswith(".")


@given(st.text())
def test_any_cause_is_judged(cause: str) -> None:
    assert rules.failure_cause(stage="RunDemucs", error="States.TaskFailed", cause=cause, said=None).message


def task(stop_code: str | None, reason: str | None, *containers: Any) -> dict[str, Any]:
    """The description of a task that has ended."""
    return {"StopCode": stop_code, "StoppedReason": reason, "Containers": list(containers)}


MISSING_IMAGE = "CannotPullContainerError: pull image manifest has been retried 1 time(s): not found"
NO_CAPACITY = "Capacity is unavailable at this time."


@pytest.mark.parametrize(
    ("error", "cause", "code"),
    [
        ("States.TaskFailed", task("TaskFailedToStart", MISSING_IMAGE), "DEPLOYMENT_INCOMPLETE"),
        ("States.TaskFailed", task(None, None, {"Reason": MISSING_IMAGE}), "DEPLOYMENT_INCOMPLETE"),
        ("States.TaskFailed", task("TaskFailedToStart", NO_CAPACITY), "NO_CAPACITY"),
        ("AmazonECS.Unknown", {"Failures": [{"Reason": "RESOURCE:MEMORY"}], "Tasks": []}, "NO_CAPACITY"),
        ("ECS.AmazonECSException", NO_CAPACITY, "NO_CAPACITY"),
        (
            "States.TaskFailed",
            task("SpotInterruption", "Your Spot Task was interrupted.", {"ExitCode": 143}),
            "INTERRUPTED",
        ),
        (
            "States.TaskFailed",
            task("EssentialContainerExited", "Essential container exited", {"ExitCode": 1}),
            "SEPARATION_FAILED",
        ),
        ("States.TaskFailed", {"Containers": 7, "Failures": [3], "StopCode": []}, "SEPARATION_FAILED"),
    ],
)
def test_the_end_of_a_task_has_its_own_code(error: str, cause: Any, code: str) -> None:
    text = cause if isinstance(cause, str) else json.dumps(cause)
    assert rules.failure_cause(stage="RunDemucs", error=error, cause=text, said=None).code == code
