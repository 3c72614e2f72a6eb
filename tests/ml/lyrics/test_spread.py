"""Lines put on sung spans without a model."""

from __future__ import annotations

import time
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.lyrics.known import from_text
from ml.lyrics.spread import OTHER_COSTS, places, spread
from ml.lyrics.voice import Span
from ml.lyrics.words import Line, lines_of

VERSE = "Hold me now my love\nNever let me go again\nTake me home tonight\nWhile the lights are low"
SUNG = [(20.0, 23.0), (24.0, 27.5), (28.5, 31.5), (32.5, 35.5)]


def lines(text: str) -> list[Line]:
    return [known.line for known in from_text(text).lines]


def starts(text: str, spans: list[Span]) -> list[float]:
    """The start of each line, by its first word (s)."""
    own = lines(text)
    first = [0, *accumulate(len(line.units) for line in own)][:-1]
    words = spread(own, spans)
    return [words[i][0] for i in first]


@pytest.mark.parametrize("length_s", [0.15, 0.4])
def test_blips_in_an_intro_take_no_lines(length_s: float) -> None:
    blips = [(1.0 + 1.5 * i, 1.0 + 1.5 * i + length_s) for i in range(12)]
    assert starts(VERSE, [*blips, *SUNG]) == pytest.approx([20, 24, 28.5, 32.5])
    # Nor in a solo, nor after the last line.
    late = [(a + 40.0, b + 40.0) for a, b in blips]
    assert starts(VERSE, [*SUNG, *late]) == pytest.approx([20, 24, 28.5, 32.5])


def test_lines_begin_after_pauses_however_long_they_are() -> None:
    uneven = [(5.0, 7.2), (8.0, 11.2), (12.5, 14.9), (15.4, 18.6)]
    assert starts(VERSE, uneven) == pytest.approx([5, 8, 12.5, 15.4])


def test_a_verse_begins_after_the_longest_pause() -> None:
    two_verses = "here it is\nhere it goes\n\nthere it was\nthere it went"
    found = places(lines(two_verses), [(2.0, 6.0), (16.0, 20.0)])
    assert found[2][0] == pytest.approx(16.0)
    assert found[1][1] <= 6.0


def test_a_repeated_line_is_as_long_as_its_repetitions() -> None:
    chorus = "slow as the river we go"
    text = f"we ran all the way to town\nand sat on the wall to wait\n{chorus}" + f"\n\n{chorus}" * 4
    # The first of them shares its span with two lines that are sung twice as fast.
    found = places(lines(text), [(0.0, 8.0), *((12.0 + i * 8, 16.0 + i * 8) for i in range(4))])
    assert 4.0 <= found[2][0] < 5.0  # 5.4 where each line is as long as its syllables say


def test_a_line_goes_on_behind_a_short_pause() -> None:
    ((start, end),) = places(lines("ah ah ah ah ah ah"), [(44.0, 47.0), (47.5, 50.5)])
    assert (start, end) == (44.0, 50.5)
    words = spread(lines("ah ah ah ah ah ah"), [(44.0, 47.0), (47.5, 50.5)])
    assert [start for start, _ in words] == pytest.approx([44, 45, 46, 47.5, 48.5, 49.5])


sung = st.lists(st.tuples(st.floats(0.02, 9), st.floats(0.02, 9)), min_size=1, max_size=12).map(
    lambda parts: [
        (sum(map(sum, parts[:i])) + parts[i][0], sum(map(sum, parts[: i + 1]))) for i in range(len(parts))
    ]
)


@settings(deadline=None, max_examples=40)
@given(text=st.text("ab \n我", min_size=1, max_size=200), spans=sung)
def test_every_line_has_a_length_inside_the_spans(text: str, spans: list[Span]) -> None:
    own = lines_of(text)
    for found in (places(own, spans), places(own, spans, OTHER_COSTS[0])):
        assert len(found) == len(own)
        assert all(spans[0][0] <= a < b <= spans[-1][1] for a, b in found)
        assert all(before[1] <= after[0] + 1e-9 for before, after in pairwise(found))
    words = spread(own, spans)
    assert len(words) == sum(len(line.units) for line in own)
    assert all(a[0] <= a[1] <= b[0] + 1e-9 for a, b in pairwise(words))


def test_the_longest_lyrics_take_seconds_not_minutes() -> None:
    many = lines("one two three four five\n" * 2000)
    spans = [(i * 4.0, i * 4.0 + 3.0) for i in range(150)]
    began = time.process_time()
    assert len(places(many, spans)) == 2000
    assert time.process_time() - began < 20
