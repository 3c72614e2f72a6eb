"""A card is the fold of its log: in any order of the entries, with undos, and by either scheduler."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unplugd.domain.scheduling import NAMES, Answer, Name, State, fold, forecasts, scheduler, step

FIRST = date(2026, 1, 1)


def entry(number: int, day: int, grade: int, undoes: str | None = None) -> Answer:
    return Answer(f"r{number:03d}", f"T{number:03d}", FIRST + timedelta(days=day), grade, undoes)


@st.composite
def logs(draw: st.DrawFn) -> list[Answer]:
    """Answers on growing days, and undos of some of them."""
    day, log = 0, []
    for number in range(draw(st.integers(0, 14))):
        day += draw(st.integers(0, 40))
        log.append(entry(number, day, draw(st.integers(0, 5))))
    for number, one in enumerate(log[:]):
        if draw(st.integers(0, 3)) == 0:
            log.append(Answer(f"u{number}", f"T{900 + number}", one.day, 0, undoes=one.answer_id))
    return log


@pytest.mark.parametrize("name", NAMES)
@given(log=logs(), data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_card_is_the_fold_of_its_log_with_undos(name: Name, log: list[Answer], data: st.DataObject) -> None:
    """The card that grew answer by answer, as if those that were undone had never been given; and the log shuffled."""
    rule = scheduler(name)
    undone = {one.undoes for one in log}
    grown = State()
    for one in log:
        if one.undoes is None and one.answer_id not in undone:
            grown = step(grown, one, rule)
    assert fold(log, rule) == grown
    assert fold(data.draw(st.permutations(log)), rule) == grown


@pytest.mark.parametrize("name", NAMES)
def test_a_late_answer_is_folded_in_its_place(name: Name) -> None:
    rule = scheduler(name)
    first, late, last = entry(1, 0, 4), entry(2, 3, 2), entry(3, 9, 5)
    assert fold([first, last, late], rule) == fold([first, late, last], rule)
    assert fold([first, last, late], rule) != fold([first, last], rule)


def test_an_undo_may_come_before_what_it_undoes() -> None:
    rule = scheduler("sm2")
    undo = Answer("u", "T000", FIRST, 0, undoes="r001")
    assert fold([undo], rule) == State()
    assert fold([undo, entry(1, 0, 5)], rule) == State()


def test_a_grade_under_four_is_repeated_and_changes_no_more() -> None:
    rule = scheduler("sm2")
    start = [entry(1, 0, 4), entry(2, 1, 3)]
    asked = fold(start, rule)
    assert (asked.repeat, asked.asked_from, asked.due) == (True, FIRST + timedelta(1), FIRST + timedelta(7))
    still = fold([*start, entry(3, 1, 2)], rule)
    assert (still.repeat, still.memory, still.lapses) == (True, asked.memory, 0)
    done = fold([*start, entry(3, 1, 2), entry(4, 1, 4)], rule)
    assert (done.repeat, done.memory, done.due) == (False, asked.memory, asked.due)


def test_a_repetition_that_waited_until_due_is_an_answer() -> None:
    rule = scheduler("sm2")
    assert fold([entry(1, 0, 3), entry(2, 1, 4)], rule).memory.repetitions == 2


def test_fsrs_repeats_what_was_not_known_and_learns_from_it() -> None:
    rule = scheduler("fsrs")
    missed = fold([entry(1, 0, 4), entry(2, 5, 1)], rule)
    again = fold([entry(1, 0, 4), entry(2, 5, 1), entry(3, 5, 4)], rule)
    assert missed.repeat and not again.repeat
    assert (again.memory.stability or 0) > (missed.memory.stability or 0)
    assert missed.lapses == again.lapses == 1
    assert not fold([entry(1, 0, 3)], rule).repeat


@pytest.mark.parametrize("name", NAMES)
def test_a_flight_to_the_west_turns_no_day_back(name: Name) -> None:
    state = fold([entry(1, 5, 4), entry(2, 4, 4)], scheduler(name))
    assert state.last_day == FIRST + timedelta(5)
    assert state.answers == 2


@pytest.mark.parametrize("name", NAMES)
def test_what_a_scheduler_said_before_each_answer(name: Name) -> None:
    log = [entry(1, 0, 4), entry(2, 1, 4), entry(3, 1, 4), entry(4, 7, 1)]
    said = forecasts(log, scheduler(name))
    assert [one.known for one in said] == [True, False]
    assert all(0 < one.recall < 1 for one in said)


def test_sm2_expects_nine_of_ten_when_its_interval_ends() -> None:
    log = [entry(1, 0, 4), entry(2, 1, 4), entry(3, 7, 4)]
    assert [one.recall for one in forecasts(log, scheduler("sm2"))] == pytest.approx([0.9, 0.9])
