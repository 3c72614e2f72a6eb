"""Which heard word is which known one: one order for the whole song, so that a chorus stays at its repetition."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache
from math import inf

NEAR = 0.75
"""Likeness (difflib's ratio) from which two spellings may be the same word heard badly: "réveil" and "réveille"."""

_NEAR_SCORE = 0.5  # of a near match, to 1 for an exact one
_NEXT_SCORE = 0.3  # on top, where the words before match too
_ALONE = 0.25
"""Share of its score that a match counts where the words before do not match. With all of it, a few single words ("de",
"le") of a later chorus outweighed a whole line at the right place."""
_FAR_COST, _FAR_S = 0.2, 30.0  # what a match costs that is so far (s) from where the word is expected


def match(
    known: Sequence[str], expected: Sequence[float], heard: Sequence[str], times: Sequence[float]
) -> list[int | None]:
    """For each known word the position of the heard word that it is, or None; in order.

    The alignment with the highest score over the whole song: a point for each equal spelling, half for a near one, more
    where the words before match too and a quarter where they do not, and a little less the further `times` (s, of
    heard words) is from `expected` (s, of known words). A match without a neighbour is dropped: one word
    alone ("the") can match anywhere.
    """
    found = _best([spelling(word) for word in known], expected, [spelling(word) for word in heard], times)
    padded = [None, *found, None]
    return [
        j if j is not None and (padded[i] == j - 1 or padded[i + 2] == j + 1) else None
        for i, j in enumerate(found)
    ]


def spelling(word: str) -> str:
    """The letters and digits of a word, without case."""
    return "".join(char for char in word.casefold() if char.isalnum())


@cache
def _likeness(known: str, heard: str) -> float:
    if not known or not heard:
        return 0.0
    if known == heard:
        return 1.0
    if min(len(known), len(heard)) < 4 or known[0] != heard[0]:
        return 0.0
    return _NEAR_SCORE if SequenceMatcher(None, known, heard, autojunk=False).ratio() >= NEAR else 0.0


def _best(
    known: Sequence[str], expected: Sequence[float], heard: Sequence[str], times: Sequence[float]
) -> list[int | None]:
    """Needleman and Wunsch's alignment with free gaps, kept apart by whether the last words of both were matched."""
    rows, columns = len(known), len(heard)
    # best[i][j]: of known[:i] and heard[:j]; joined[i][j]: the same, if known[i-1] is heard[j-1].
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    joined = [[-inf] * (columns + 1) for _ in range(rows + 1)]
    for i in range(1, rows + 1):
        word, at = known[i - 1], expected[i - 1]
        for j in range(1, columns + 1):
            like = _likeness(word, heard[j - 1])
            if like:
                far = _FAR_COST * min(1.0, abs(times[j - 1] - at) / _FAR_S)
                first = best[i - 1][j - 1] + _ALONE * like
                joined[i][j] = max(first, joined[i - 1][j - 1] + like + _NEXT_SCORE) - far
            best[i][j] = max(best[i - 1][j], best[i][j - 1], joined[i][j])
    found: list[int | None] = [None] * rows
    i, j = rows, columns
    chained = False
    while i and j:
        if joined[i][j] > -inf and (chained or joined[i][j] == best[i][j]):
            found[i - 1] = j - 1
            like = _likeness(known[i - 1], heard[j - 1])
            chained = joined[i - 1][j - 1] + like + _NEXT_SCORE >= best[i - 1][j - 1] + _ALONE * like
            i, j = i - 1, j - 1
        elif best[i][j] == best[i - 1][j]:
            i -= 1
        else:
            j -= 1
    return found
