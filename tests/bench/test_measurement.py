"""`make bench-measurement` in small: what it counts is true."""

from __future__ import annotations

import random

from bench.remeasure import overwritten


def test_no_new_measurement_overwrites_a_locked_value() -> None:
    assert overwritten(100, random.Random(3)) == 0
