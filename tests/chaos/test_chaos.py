"""A part of `make chaos` for every change: one fault at each kind of place, and one protection that is missed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.protections import PROTECTIONS, red_without
from tests.chaos.run import CASES, run_case
from tests.chaos.world import World

pytestmark = pytest.mark.stack

# A killed task, a lost answer, a doubled event, a cancel as the end is written, a dead stack.
CHOSEN = (
    "demucs-kill-50",
    "demucs-bad-input",
    "start-answer-lost",
    "s3-event-ten-times",
    "completion-after-cancel",
    "kill-during-demucs",
    "measure-killed-at-answer",
    "recording-killed-before-invoke",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("chaos"))
    yield made
    made.close()


@pytest.mark.parametrize("name", CHOSEN)
def test_a_fault_harms_no_song(world: World, name: str) -> None:
    assert run_case(world, CASES[name]).findings.all == []


def test_a_protection_that_is_off_is_missed(world: World) -> None:
    exit_code = next(one for one in PROTECTIONS if one.name == "exit-code choice")
    assert not red_without(world, exit_code).ok


def test_there_are_enough_faults_and_nineteen_protections() -> None:
    assert len(CASES) >= 150
    assert len({case.where for case in CASES.values()}) == len(CASES)
    assert len(PROTECTIONS) == 19
    assert {one.case for one in PROTECTIONS} <= set(CASES)
