"""What is made of the times that Whisper's attention gives to known words."""

from __future__ import annotations

import pytest

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


def test_words_that_begin_with_the_voice_and_missing_ones_stay() -> None:
    found = [(1.0, 1.7), (1.7, 2.1), None, None, (4.0, 4.4), (4.4, 4.8)]
    assert without_pauses(LINES, found, [(0.9, 2.2), (4.0, 5.0)]) == found
    assert without_pauses(LINES, [None] * 6, []) == [None] * 6


def test_no_word_begins_before_a_pause() -> None:
    """The voice rests from 1.5 to 2.2 and from 3.3 to 4.0. "me" is sung after the one, "let" after the other, though
    some of the word before sounds in it."""
    found = [(1.0, 1.4), (1.4, 2.7), (2.7, 3.0), (3.0, 4.2), (4.2, 4.6), (4.6, 5.0)]
    sung = [(0.9, 1.5), (2.2, 3.3), (4.0, 5.1)]
    assert without_pauses(LINES, found, sung) == [
        (1.0, 1.4), (2.2, 2.7), (2.7, 3.0), (4.0, 4.2), (4.2, 4.6), (4.6, 5.0),
    ]  # fmt: skip


def test_a_long_word_does_not_move_to_its_last_sound() -> None:
    """More of "me" is sung before the rest than after it."""
    found = [(1.0, 1.4), (1.4, 2.7), (2.7, 3.0), (3.0, 3.4), (3.4, 3.6), (3.6, 4.0)]
    assert without_pauses(LINES, found, [(0.9, 2.1), (2.5, 4.0)]) == found


def test_a_pause_given_to_the_first_two_words_is_before_both() -> None:
    found = [(1.0, 1.4), (1.4, 1.8), (1.8, 2.3), (2.3, 4.9), (4.9, 8.4), (8.4, 8.8)]
    cut = without_pauses(LINES, found, [(0.9, 4.3), (7.9, 9.0)])
    # One syllable each.
    assert cut[3:] == [(7.9, pytest.approx(8.15)), (pytest.approx(8.15), 8.4), (8.4, 8.8)]
