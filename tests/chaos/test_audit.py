"""What the chaos run counts as done twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.audit import twice


def _notes(text: str) -> list[dict[str, Any]]:
    """`"1:begin 2:begin"`: run 1 began, then run 2."""
    pairs = (note.split(":") for note in text.split())
    return [{"stage": "demucs", "run": int(run), "what": what} for run, what in pairs]


@pytest.mark.parametrize(
    "notes",
    [
        "1:begin 1:done 1:saved",
        "1:begin 2:begin 2:done 2:saved",  # the first was killed
        "1:begin 1:done 2:begin 2:done 2:saved",  # the first could not save its results
    ],
)
def test_work_that_was_not_saved_may_be_done_again(notes: str) -> None:
    assert twice(_notes(notes), "demucs") == []


@pytest.mark.parametrize(
    "notes",
    [
        "1:begin 1:done 1:saved 2:begin",
        "1:begin 2:begin 1:done 2:done",
        "1:begin 1:done 2:begin 1:saved",
    ],
)
def test_saved_work_and_two_runs_at_one_time_are_twice(notes: str) -> None:
    assert twice(_notes(notes), "demucs")


def test_each_stage_is_counted_alone() -> None:
    assert twice(_notes("1:begin 1:done 1:saved 2:begin"), "whisper") == []
