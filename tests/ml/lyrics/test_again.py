"""Sung spans that one hearing skipped are heard again, and lines over an instrumental passage are left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ml.lyrics import again
from ml.lyrics.hearing import HEARING_RATE

SONG = np.zeros(60 * HEARING_RATE, np.float32)
SPANS = [(5.0, 9.0), (10.0, 14.0), (15.0, 19.0), (20.0, 23.0), (40.0, 44.0)]
FIRST = [(5.0, 8.8), (10.2, 13.9), (40.1, 43.9)]
"""Where the first hearing has words: all but two spans."""


class Ear:
    """Answers each hearing with one word a second, and remembers how long the samples were (s)."""

    def __init__(self, word: str = "word{}") -> None:
        self.lengths: list[float] = []
        self.word = word

    def __call__(self, samples: Any) -> dict[str, Any]:
        self.lengths.append(len(samples) / HEARING_RATE)
        count = int(self.lengths[-1])
        line = [[self.word.format(i), float(i), i + 0.9, 0.8] for i in range(count)]
        return {"lines": [line], "until": len(samples)}


def test_a_skipped_span_is_heard_with_the_lines_before_it() -> None:
    ear = Ear()
    (line,) = again.lines(SONG, FIRST, SPANS, ear, most=4)
    # From 9.8 on: another cut than at the last word, 13.9.
    assert ear.lengths == [pytest.approx(23.2 - 9.8)]
    assert [word[0] for word in line] == [f"word{i}" for i in range(5, 13)]
    assert all(15.0 <= (word[1] + word[2]) / 2 <= 23.0 for word in line)


def test_spans_with_words_are_not_heard_again() -> None:
    ear = Ear()
    assert again.lines(SONG, [*FIRST, (15.5, 22.5)], SPANS, ear, most=4) == []
    assert ear.lengths == []


def test_a_loop_is_no_answer_and_another_cut_is_tried() -> None:
    ear = Ear("burnel")
    assert again.lines(SONG, FIRST, SPANS, ear, most=4) == []
    # With the line before, then with the two before.
    assert ear.lengths == [pytest.approx(23.2 - 9.8)]
    spans = [(7.0, 9.0), *SPANS[1:]]
    ear = Ear("burnel")
    assert again.lines(SONG, FIRST, spans, ear, most=4) == []
    assert ear.lengths == [pytest.approx(23.2 - 9.8), pytest.approx(23.2 - 6.8)]


@pytest.mark.parametrize(
    ("words", "good"),
    [
        ("no, no, no, no, no, no, no", False),
        ("¡¡¡¡¡¡", False),
        ("", False),
        ("le burnel, le burnel, le burnel, le burnel", False),
        ("Le bonheur, le bonheur, il se prend les choses", True),
        ("oh oh oh", True),
    ],
)
def test_what_a_second_hearing_may_be(words: str, *, good: bool) -> None:
    assert again.understood(words.split()) is good


def test_the_longest_spans_come_first_and_the_work_is_bounded() -> None:
    ear = Ear()
    spans = [(float(at), at + 3.0 + at / 50) for at in range(0, 60, 10)]
    found = again.lines(SONG, [], spans, ear, most=2)
    assert len(ear.lengths) == 2
    assert [line[0][1] > 45.0 for line in found] == [True, False]


def line(start: float, end: float) -> dict[str, Any]:
    return {"text": "la", "start": start, "end": end, "words": []}


def test_lines_over_an_instrumental_passage_are_left_out() -> None:
    random = np.random.default_rng(0)
    levels = np.repeat([0.0, -25.0, -42.0, -150.0], 10 * HEARING_RATE)
    heard = (0.3 * random.standard_normal(len(levels)) * 10 ** (levels / 20)).astype(np.float32)
    loud, soft, leak, nothing = line(1.0, 3.0), line(12.0, 14.0), line(23.0, 26.0), line(33.0, 36.0)
    across = line(19.0, 22.0)
    assert again.voiced([loud, soft, across, leak, nothing], heard) == [loud, soft, across]
    assert again.voiced([loud], SONG) == [loud]
    assert again.voiced([loud], SONG[:10]) == [loud]
