"""Which heard word is which known one, and which lines are in doubt."""

from __future__ import annotations

from ml.lyrics.doubt import marked
from ml.lyrics.known import from_text
from ml.lyrics.matching import match
from ml.lyrics.timing import Timed

CHORUS = ["hold", "me", "now", "my", "love"]
VERSE = ["the", "river", "runs", "to", "sea"]


def test_a_chorus_is_not_put_on_another_repetition() -> None:
    """The first chorus was misheard, and one word before the second: the longest common run alone says the first."""
    known = [*CHORUS, *VERSE, *CHORUS]
    heard = ["old", "knee", "cow", "my", "glove", "the", "river", "runs", "to", "me", *CHORUS]
    found = match(known, [float(i) for i in range(15)], heard, [float(i) for i in range(15)])
    assert found[:5] == [None] * 5
    assert found[5:9] == [5, 6, 7, 8]
    assert found[10:] == [10, 11, 12, 13, 14]


def test_a_chorus_heard_once_is_the_one_at_that_time() -> None:
    known = [*CHORUS, *CHORUS]
    expected = [*range(10, 15), *range(60, 65)]
    for at, repetition in ((12, slice(0, 5)), (58, slice(5, 10))):
        found = match(known, expected, CHORUS, [float(at + i) for i in range(5)])
        assert found[repetition] == [0, 1, 2, 3, 4]
        assert sum(j is not None for j in found) == 5


def test_single_words_do_not_draw_a_line_to_another_chorus() -> None:
    """The words around the chorus's line were misheard, but for small ones that come in the second chorus too."""
    line = ["je", "prends", "les", "choses"]
    small = ["de", "la", "et", "si"]
    known = ["bonne", "heure", *line, *(word for one in small for word in (one, "humeur")), *line]
    heard = [*(word for one in small for word in (one, "sueur")), *line]
    expected = [float(at) for at in (*range(10, 16), *range(40, 52))]
    found = match(known, expected, heard, [float(at) for at in range(4, 16)])
    assert found == [None, None, 8, 9, 10, 11, *[None] * 12]


def test_near_spellings_match_but_no_word_alone() -> None:
    known = ["si", "mon", "réveil", "ne", "sonne", "pas"]
    heard = ["mon", "réveille", "nous", "the", "pas"]
    times = [float(i) for i in range(6)]
    assert match(known, times, heard, times[:5]) == [None, 0, 1, None, None, None]
    assert match(known, times, [], []) == [None] * 6


def test_lines_without_a_heard_word_nearby_are_in_doubt() -> None:
    lines = from_text("hold me\nnow my\nlove and\nlet me\ngo now").lines
    times = [Timed(float(i), i + 0.5, estimated=False) for i in range(10)]
    anchors = [(0.0, 0.5), *[None] * 9]
    alone = [False] * 5
    assert [t.estimated for t in marked(lines, times, anchors, alone, [])] == [False] * 4 + [True] * 6
    # Two aligners that agree are as good as a heard word.
    both = [*[False] * 4, True]
    doubts = [t.estimated for t in marked(lines, times, anchors, both, [])]
    assert doubts == [False] * 4 + [True] * 2 + [False] * 4
