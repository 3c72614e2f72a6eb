"""What is made of the times that Whisper's attention gives to known words."""

from __future__ import annotations

from ml.lyrics.attention import without_pauses
from ml.lyrics.known import from_text

LINES = from_text("hold me now\nlet me go").lines


def test_a_first_word_does_not_absorb_the_pause() -> None:
    """The second line begins at 14.2, after a pause; attention lets its first word begin where the first line ends."""
    found = [(1.0, 1.4), (1.4, 1.8), (1.8, 2.3), (2.3, 14.5), (14.5, 14.9), (14.9, 15.3)]
    sung = [(0.9, 2.4), (14.2, 15.4)]
    assert without_pauses(LINES, found, sung)[3] == (14.2, 14.5)
    assert without_pauses(LINES, found, sung)[:3] == found[:3]


def test_a_first_word_is_cut_where_no_pause_is_seen() -> None:
    """A stem with music left in it has no pause: then twice the median word is the limit."""
    found = [(1.0, 1.4), (1.4, 1.8), (1.8, 2.3), (2.3, 14.5), (14.5, 14.9), (14.9, 15.3)]
    start, end = without_pauses(LINES, found, [(0.0, 20.0)])[3] or (0.0, 0.0)
    assert (round(start, 3), end) == (13.7, 14.5)


def test_first_words_of_usual_length_and_missing_ones_stay() -> None:
    found = [(1.0, 1.7), (1.7, 2.1), None, None, (4.0, 4.4), (4.4, 4.8)]
    assert without_pauses(LINES, found, [(1.3, 2.2), (4.0, 5.0)]) == found
    assert without_pauses(LINES, [None] * 6, []) == [None] * 6
