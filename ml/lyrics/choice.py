"""Two aligners for one English text: which of them each line is taken from.

The English aligner (ml.lyrics.aligner) is right to some 10 ms where it follows the song, and gives a time to every
word where it does not. Whisper's attention is coarser. But words that Whisper recognised without being given the text
are evidence of their own: a line that the English aligner puts somewhere else is taken from Whisper."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from ml.lyrics import aligner, timing
from ml.lyrics.known import KnownLine, KnownText
from ml.lyrics.voice import Span

APART_S = 1.0
"""Median distance between a line's recognised words and the same words of the English aligner, from which the line is
taken from Whisper. Recognised words are within some 0.2 s."""

AGREE_S = 0.5
"""Two aligners that know nothing of each other and put a line's words so near have both found it."""


def english(
    heard: NDArray[np.float32],
    known: KnownText,
    spoken: str,
    progress: Callable[[float], None],
    stop: threading.Event,
) -> list[Span | None]:
    """For each unit of `known` where the English aligner puts it in `heard` (HEARING_RATE); all None where the text or
    the song (`spoken`, a code of two letters) is not English, or pocketsphinx is missing. Raises Stopped."""
    units = [unit for line in known.lines for unit in line.line.units]
    if not aligner.is_installed() or spoken != "en":
        return [None] * len(units)
    search = aligner.Aligner()
    if not search.knows(units, asked=True):
        return [None] * len(units)
    found = search.align(heard, units, progress=progress, stop=stop)
    return timing.judge(known.lines, timing.without_strays(known.lines, found))


def combine(
    lines: Sequence[KnownLine],
    anchors: Sequence[Span | None],
    attention: Sequence[Span | None],
    spoken: Sequence[Span | None],
) -> list[Span | None]:
    """One span or None for each unit: a line is taken from `spoken` (the English aligner) unless its `anchors` (words
    that were recognised), or those of the lines around it, say otherwise; then from `attention`."""
    chosen: list[Span | None] = []
    for a, b in _ranges(lines):
        own = [span for span in spoken[a:b] if span is not None]
        far = _apart(anchors[a:b], spoken[a:b])
        good = bool(own) and (far is None or far <= APART_S)
        if good and far is None:
            low = next((s[1] for s in reversed(anchors[:a]) if s is not None), None)
            high = next((s[0] for s in anchors[b:] if s is not None), None)
            good = (low is None or own[0][0] >= low - APART_S) and (
                high is None or own[-1][1] <= high + APART_S
            )
        if good:
            chosen += spoken[a:b]
        else:
            chosen += [at or anchor for at, anchor in zip(attention[a:b], anchors[a:b], strict=True)]
    return chosen


def agreed(
    lines: Sequence[KnownLine], attention: Sequence[Span | None], spoken: Sequence[Span | None]
) -> list[bool]:
    """For each line whether both aligners put it at the same place."""
    apart = [_apart(attention[a:b], spoken[a:b]) for a, b in _ranges(lines)]
    return [far is not None and far <= AGREE_S for far in apart]


def _ranges(lines: Sequence[KnownLine]) -> Iterator[tuple[int, int]]:
    return pairwise(accumulate((len(line.line.units) for line in lines), initial=0))


def _apart(one: Sequence[Span | None], other: Sequence[Span | None]) -> float | None:
    """The median distance (s) between the beginnings of the words that both have; None where there are none."""
    both = [abs(a[0] - b[0]) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    return float(np.median(both)) if both else None
