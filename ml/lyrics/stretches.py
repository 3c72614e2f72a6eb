"""The stretches of a stem that are heard, put end to end, and the way back from there to the song.

What is heard has a time of its own, without the long pauses; a hearing is a piece of it of up to 30 s.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from ml.lyrics.hearing import HEARING_RATE
from ml.lyrics.segmentation import MAX_S, Span

KEPT_PAUSE_S = 2.0
"""Pauses up to this long are heard with what they part; of longer ones only the segments' padding is. As long as the
pause at which faster-whisper's own filter cuts (`VadOptions.min_silence_duration_ms`)."""

_END_FROM = 0.8  # a hearing ends where a segment does, if one ends after this share of MAX_S


class Stretches:
    """`segments` (s of the song, in order, disjoint) joined over short pauses. `length` is in samples of
    HEARING_RATE, as every position here is."""

    def __init__(self, segments: Sequence[Span]) -> None:
        joined: list[list[int]] = []
        ends: list[int] = []  # of each segment, put end to end
        for start, end in segments:
            first, last = round(start * HEARING_RATE), round(end * HEARING_RATE)
            if joined and first - joined[-1][1] <= KEPT_PAUSE_S * HEARING_RATE:
                joined[-1][1] = last
            else:
                joined.append([first, last])
            ends.append(sum(b - a for a, b in joined))
        self._spans = joined
        self._from = list(accumulate((b - a for a, b in joined), initial=0))
        self._segment_ends = ends
        self.length = self._from[-1]

    def hearing_end(self, start: int) -> int:
        """Where a hearing that begins at `start` ends: at a pause where one is near enough to its 30 s."""
        limit = min(start + round(MAX_S * HEARING_RATE), self.length)
        i = bisect_right(self._segment_ends, limit) - 1
        if i >= 0 and self._segment_ends[i] - start >= _END_FROM * MAX_S * HEARING_RATE:
            return self._segment_ends[i]
        return limit

    def samples(self, heard: NDArray[np.float32], start: int, end: int) -> NDArray[np.float32]:
        """The part of `heard` (the whole song) between two positions."""
        parts = [
            heard[a + max(start - first, 0) : a + min(end, last) - first]
            for (a, _), (first, last) in zip(self._spans, pairwise(self._from), strict=True)
            if start < last and first < end
        ]
        return np.concatenate(parts)

    def place(self, start_s: float, end_s: float) -> tuple[int, Span]:
        """The number of the stretch that holds the middle of a word (s from the first stretch's beginning), and the
        word's span in the song, inside that stretch."""
        middle = (start_s + end_s) / 2 * HEARING_RATE
        i = min(max(bisect_right(self._from, middle) - 1, 0), len(self._spans) - 1)
        first, last = (at / HEARING_RATE for at in self._spans[i])
        shift = first - self._from[i] / HEARING_RATE
        return i, (min(max(start_s + shift, first), last), min(max(end_s + shift, first), last))
