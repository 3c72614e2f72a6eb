"""SM-2 (Woźniak 1990, https://super-memory.com/english/ol/sm2.htm), exactly, in whole numbers.

The ease is kept in hundredths. In floats the rounding up is wrong for hundreds of pairs: 25 × 2.2 is 55, and floats
make 56 of it. Of the two readings of "EF of the item", the interval takes the one from before the answer changes it."""

from __future__ import annotations

FIRST_EASE = 250  # hundredths
LEAST_EASE = 130
PASSED = 3  # the least grade that does not begin the repetitions again
REPEAT_BELOW = 4  # a lower grade: asked again in the same session
# EF' − EF = 0.1 − (5−q)(0.08 + (5−q) 0.02), in hundredths. Lower grades leave it as it is.
_CHANGE = {5: 10, 4: 0, 3: -14}


def answer(interval: int, repetitions: int, ease: int, grade: int) -> tuple[int, int, int]:
    """The interval in days, the repetitions and the ease after an answer of grade 0–5."""
    if grade < PASSED:
        return 1, 0, ease
    following = next_interval(interval, repetitions, ease)
    return following, repetitions + 1, max(LEAST_EASE, ease + _CHANGE[grade])


def next_interval(interval: int, repetitions: int, ease: int) -> int:
    """I(1) = 1, I(2) = 6, I(n) = I(n−1) × EF, rounded up."""
    if repetitions == 0:
        return 1
    if repetitions == 1:
        return 6
    return -(-interval * ease // 100)
