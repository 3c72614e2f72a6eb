"""SM-2 against a second implementation in fractions, written from the published description alone."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest

from unplugd.domain import sm2
from unplugd.domain.scheduling import MAX_INTERVAL, Memory, Sm2


class Reference:
    """The description's steps, one by one, with EF as a fraction."""

    def __init__(self) -> None:
        self.ef = Fraction(5, 2)
        self.n = 0
        self.interval = 0

    def answer(self, q: int) -> None:
        if q < 3:
            self.n, self.interval = 0, 1
            return
        self.n += 1
        if self.n == 1:
            self.interval = 1
        elif self.n == 2:
            self.interval = 6
        else:
            self.interval = min(math.ceil(self.interval * self.ef), MAX_INTERVAL)
        short = 5 - q
        self.ef += Fraction(1, 10) - short * (Fraction(8, 100) + short * Fraction(2, 100))
        self.ef = max(self.ef, Fraction(13, 10))


def test_ten_thousand_random_histories_agree_exactly() -> None:
    dice = random.Random(20261130)
    differences = 0
    for _ in range(10_000):
        reference, memory, days = Reference(), Memory(), None
        for _ in range(dice.randint(1, 25)):
            grade = dice.choice((0, 1, 2, 3, 3, 4, 4, 5, 5))
            reference.answer(grade)
            memory = Sm2().answer(memory, grade, days)
            days = memory.interval
            same = (memory.interval, memory.repetitions) == (reference.interval, reference.n)
            differences += not (same and Fraction(memory.ease, 100) == reference.ef)
    assert differences == 0


def test_eight_answers_of_three() -> None:
    memory, intervals = Memory(), []
    for _ in range(8):
        memory = Sm2().answer(memory, 3, None)
        intervals.append(memory.interval)
    assert intervals == [1, 6, 14, 30, 59, 107, 178, 271]


@pytest.mark.parametrize(("interval", "ease", "expected"), [(25, 220, 55), (50, 220, 110), (10, 130, 13)])
def test_a_whole_product_is_not_rounded_up(interval: int, ease: int, expected: int) -> None:
    assert sm2.next_interval(interval, 2, ease) == expected


def test_rounding_up_is_exact_where_floats_are_not() -> None:
    """Every ease that can occur, with intervals of up to ten years."""
    wrong = 0
    for ease in range(sm2.LEAST_EASE, 351):
        for interval in range(6, 3651):
            exact = sm2.next_interval(interval, 2, ease)
            assert (exact - 1) * 100 < interval * ease <= exact * 100
            wrong += math.ceil(interval * (ease / 100)) != exact
    assert wrong > 100  # the test looks at pairs where it matters


@pytest.mark.parametrize("grade", [0, 1, 2])
def test_what_was_not_known_begins_again_and_keeps_its_ease(grade: int) -> None:
    assert sm2.answer(59, 5, 194, grade) == (1, 0, 194)


def test_the_ease_never_falls_under_1_3() -> None:
    assert sm2.answer(6, 2, 135, 3)[2] == 130
    assert sm2.answer(6, 2, 130, 3)[2] == 130


def test_a_second_answer_on_one_day_teaches_nothing_new() -> None:
    known = Memory(interval=6, repetitions=2, ease=260)
    assert Sm2().answer(known, 5, 0) == known
    assert Sm2().answer(known, 1, 0).interval == 1


def test_the_interval_stops_at_a_hundred_years() -> None:
    assert Sm2().answer(Memory(interval=36_000, repetitions=9), 5, 1).interval == MAX_INTERVAL
