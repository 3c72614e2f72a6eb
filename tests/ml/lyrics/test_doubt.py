"""A line that was not recognised is marked unless the found words around it leave it no other place."""

from __future__ import annotations

import pytest

from ml.lyrics.doubt import FAR_S, marked
from ml.lyrics.known import KnownLine, from_text
from ml.lyrics.timing import Timed
from ml.lyrics.voice import Span

LINES = from_text("hold me now\nooh ooh ooh\nlet me go").lines


def timed(*starts: float) -> list[Timed]:
    return [Timed(start + i, start + i + 0.9, estimated=False) for start in starts for i in range(3)]


def doubts(
    first: float,
    ooh: float,
    last: float,
    sung: list[Span],
    *,
    agreed: bool = False,
    heard: tuple[bool, bool, bool] = (True, False, True),
    lines: tuple[KnownLine, ...] = LINES,
) -> list[bool]:
    """Which lines are marked: each of three words and three seconds, from the given starts on."""
    times = timed(first, ooh, last)
    anchors = [(t.start, t.end) if heard[i // 3] else None for i, t in enumerate(times)]
    both = [agreed if not here else False for here in heard]
    found = marked(lines, times, anchors, both, sung)
    assert [(t.start, t.end) for t in found] == [(t.start, t.end) for t in times]
    return [found[i].estimated for i in (0, 3, 6)]


def test_a_line_without_another_place_is_not_marked() -> None:
    assert doubts(10.0, 14.0, 18.0, [(9.0, 22.0)]) == [False, False, False]


@pytest.mark.parametrize("ooh", [14.0, 36.0])
def test_a_line_that_may_be_at_either_end_of_a_solo_is_marked(ooh: float) -> None:
    assert doubts(10.0, ooh, 40.0, [(9.0, 18.0), (35.0, 44.0)]) == [False, True, False]


def test_a_solo_in_which_nobody_sings_leaves_no_other_place() -> None:
    assert doubts(10.0, 14.0, 40.0, [(9.0, 17.5), (39.9, 44.0)]) == [False, True, False]
    assert doubts(10.0, 14.0, 40.0, [(9.0, 17.5), (40.0, 44.0)]) == [False, False, False]


def test_the_first_and_last_line_may_be_anywhere_in_the_voice() -> None:
    heard = (True, True, False)
    assert doubts(10.0, 14.0, 18.0, [(9.0, 20.9 + FAR_S)], heard=heard) == [False, False, False]
    assert doubts(10.0, 14.0, 18.0, [(9.0, 21.0 + FAR_S)], heard=heard) == [False, False, True]
    heard = (False, True, True)
    assert doubts(10.0, 14.0, 18.0, [(5.0, 21.0)], heard=heard) == [False, False, False]
    assert doubts(10.0, 14.0, 18.0, [(2.0, 3.0), (9.0, 21.0)], heard=heard) == [True, False, False]


def test_two_aligners_that_agree_have_found_it() -> None:
    assert doubts(10.0, 14.0, 40.0, [(9.0, 44.0)]) == [False, True, False]
    assert doubts(10.0, 14.0, 40.0, [(9.0, 44.0)], agreed=True) == [False, False, False]


def test_no_voice_at_all_is_no_other_place() -> None:
    assert doubts(10.0, 14.0, 40.0, []) == [False, False, False]
