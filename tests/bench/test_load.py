"""How `make load` judges fairness."""

from __future__ import annotations

from bench.load.__main__ import wait_ratio


def test_the_wait_ratio_is_one_in_turn_and_grows_behind_others() -> None:
    starts = [float(n) for n in range(1, 13)]
    assert wait_ratio(starts, [2.0, 3.0], people=3) == 1.0
    assert wait_ratio(starts, [11.0, 12.0], people=3) == 4.0
