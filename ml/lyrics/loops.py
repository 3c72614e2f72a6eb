"""Words over and over: how a transcriber gets lost. A chorus repeats too, so only long runs count."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.lyrics.hearing import HEARING_RATE

Samples = NDArray[np.float32]
Temperatures = tuple[float, ...]
Heard = dict[str, Any]
"""{lines: [[[word, start (s), end (s), probability], ...], ...], until: samples that need not be heard again}."""
Hear = Callable[[Samples, Temperatures], Heard]

MAX_REPEATS = 4
"""A group of words so often in a row may be a chorus; more often it is doubtful."""

LOST_REPEATS = 8
"""More often than this nothing was understood."""

SURE = 0.7
"""Mean probability of a hearing's words below which the other source is heard too."""

_LONGEST_GROUP = 8  # words
_SYLLABLES_FACTOR = 4  # "la", "oh" and "na" may come so many times more often: they are songs


def runs(words: Sequence[str], limit: int = MAX_REPEATS) -> list[tuple[int, int]]:
    """The runs (first, last + 1) of `words` in which one group of words comes more than `limit` times in a row, or one
    word of few letters over and over ("oooo…", "o-o-o-…") more than four times as often.

    Groups have up to eight words. Words are compared without signs and case. Runs do not overlap; they are in order.
    """
    spelled = ["".join(char for char in word.casefold() if char.isalnum()) for word in words]
    drawn = re.compile(rf"(.{{1,3}}?)\1{{{limit * _SYLLABLES_FACTOR},}}")
    found: list[tuple[int, int]] = []
    first = 0
    while first < len(spelled):
        run = max((_run(spelled, first, size, limit) for size in range(1, _LONGEST_GROUP + 1)), default=0)
        run = run or bool(drawn.search(spelled[first]))
        if run:
            found.append((first, first + run))
        first += max(1, run)
    return found


def _run(words: Sequence[str], first: int, size: int, limit: int) -> int:
    """How many words from `first` on repeat their first `size` often enough; 0 where they do not."""
    group = words[first : first + size]
    if len(group) < size:
        return 0
    if max(map(len, group)) <= 3:
        limit *= _SYLLABLES_FACTOR
    last = first + size
    while last < len(words) and words[last] == words[last - size]:
        last += 1
    return last - first if (last - first) // size > limit else 0


def understood(
    samples: Samples,
    hear: Hear,
    temperatures: Temperatures,
    again: Temperatures,
    other: Samples | None = None,
) -> Heard:
    """What `hear` makes of up to 30 s of voice (HEARING_RATE, mono), without loops.

    `other` is a second source of the same 30 s. It is heard where the first hearing is doubtful: no words, a loop, or
    words that are improbable on average (SURE). The more probable of the two counts.
    A hearing with a loop is repeated at the temperatures `again`, then in two halves. What still comes more than
    LOST_REPEATS times in a row was not understood: it is left out, and the span stays without words.
    """
    attempts = [hear(samples, temperatures)]
    if other is not None and (_looped(attempts[0]) or sureness(attempts[0]) < SURE):
        attempts.append(hear(other, temperatures))
    best = min(attempts, key=_doubt)
    if not _looped(best):
        return best
    for halves in (False, True):
        attempts.append(_in_halves(samples, hear, again) if halves else hear(samples, again))
        if not _looped(attempts[-1]):
            return attempts[-1]
    best = min(attempts, key=_doubt)
    words = [word for line in best["lines"] for word in line]
    lost = {i for first, last in runs([word[0] for word in words], LOST_REPEATS) for i in range(first, last)}
    kept = {id(word) for i, word in enumerate(words) if i not in lost}
    lines = [[word for word in line if id(word) in kept] for line in best["lines"]]
    return {"lines": [line for line in lines if line], "until": best["until"]}


def sureness(heard: Heard) -> float:
    """The mean probability of the words (0 to 1; 0 where there are none)."""
    sure = [word[3] for line in heard["lines"] for word in line]
    return sum(sure) / len(sure) if sure else 0.0


def _doubt(heard: Heard) -> tuple[int, float]:
    return _looped(heard), -sureness(heard)


def _looped(heard: Heard) -> int:
    """How many words are part of a loop."""
    words = [word[0] for line in heard["lines"] for word in line]
    return sum(last - first for first, last in runs(words))


def _in_halves(samples: Samples, hear: Hear, temperatures: Temperatures) -> Heard:
    """The same samples heard in two parts, cut at the quietest moment of their middle third."""
    third = len(samples) // 3
    hop = HEARING_RATE // 10
    levels = [float(np.square(samples[at : at + hop]).sum()) for at in range(third, 2 * third, hop)]
    cut = third + hop * int(np.argmin(levels)) if levels else len(samples)
    first = hear(samples[:cut], temperatures)
    start = first["until"] if first["until"] > 0 else cut
    if start >= len(samples):
        return first
    second = hear(samples[start:], temperatures)
    shift = start / HEARING_RATE
    moved = [[[word, a + shift, b + shift, sure] for word, a, b, sure in line] for line in second["lines"]]
    return {"lines": first["lines"] + moved, "until": start + second["until"]}
