"""The stretches of a stem put end to end, and back. Needs no model."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.lyrics.hearing import HEARING_RATE
from ml.lyrics.stretches import Stretches


def seconds(samples: int) -> float:
    return samples / HEARING_RATE


def test_short_pauses_are_heard_and_long_ones_are_not() -> None:
    stretches = Stretches([(1.0, 3.0), (4.0, 6.0), (10.0, 12.0)])
    assert seconds(stretches.length) == 7.0
    heard = np.arange(20 * HEARING_RATE, dtype=np.float32)
    whole = stretches.samples(heard, 0, stretches.length)
    assert np.array_equal(
        whole, np.concatenate((heard[HEARING_RATE : 6 * HEARING_RATE], heard[160_000 : 12 * HEARING_RATE]))
    )
    a, b = 4 * HEARING_RATE + 5, 6 * HEARING_RATE + 7
    assert np.array_equal(stretches.samples(heard, a, b), whole[a:b])


def test_a_word_belongs_to_the_stretch_that_holds_its_middle() -> None:
    stretches = Stretches([(1.0, 3.0), (10.0, 12.0)])
    assert stretches.place(0.5, 0.75) == (0, (1.5, 1.75))
    assert stretches.place(1.5, 2.25) == (0, (2.5, 3.0))
    assert stretches.place(1.75, 2.5) == (1, (10.0, 10.5))
    assert stretches.place(3.5, 9.0) == (1, (11.5, 12.0))
    assert stretches.place(-1.0, 0.5) == (0, (1.0, 1.5))


def test_a_hearing_ends_at_a_pause_or_at_30_s() -> None:
    assert seconds(Stretches([(0.0, 25.0), (26.5, 50.0)]).hearing_end(0)) == 25.0
    assert seconds(Stretches([(0.0, 20.0), (21.5, 50.0)]).hearing_end(0)) == 30.0
    assert seconds(Stretches([(0.0, 20.0)]).hearing_end(5 * HEARING_RATE)) == 20.0


def test_nothing_to_hear() -> None:
    assert Stretches([]).length == 0


@given(st.lists(st.tuples(st.floats(0.01, 9), st.floats(0.3, 30)), min_size=1, max_size=12))
def test_hearings_cover_all_and_are_at_most_30_s(parts: list[tuple[float, float]]) -> None:
    segments, at = [], 0.0
    for pause, length in parts:
        segments.append((at + pause, at + pause + length))
        at += pause + length
    stretches = Stretches(segments)
    edges = [0]
    while edges[-1] < stretches.length:
        edges.append(stretches.hearing_end(edges[-1]))
    assert edges[-1] == stretches.length
    assert all(0 < b - a <= 30 * HEARING_RATE for a, b in pairwise(edges))
    heard = np.zeros(round(at * HEARING_RATE) + 1, np.float32)
    assert all(len(stretches.samples(heard, a, b)) == b - a for a, b in pairwise(edges))
    # Times in a stretch map back to their place in the song.
    first = segments[0][0]
    _, (start, end) = stretches.place(0.1, 0.2)
    assert (start, end) == pytest.approx((first + 0.1, first + 0.2), abs=1e-3)
