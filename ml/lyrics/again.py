"""What one hearing missed, and what it heard where there is no voice.

Whisper sometimes skips sung lines: it takes a window for a pause, or gets lost in it. Voiced spans without words are
heard again, cut otherwise: from a stretch of voice before the span on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.lyrics import trust
from ml.lyrics.hearing import HEARING_RATE
from ml.lyrics.loops import runs
from ml.lyrics.matching import spelling
from ml.lyrics.segmentation import MAX_S, PAD_S
from ml.lyrics.voice import Span

JOIN_S = 4.0
"""Spans without words that are no further apart (s) are heard together."""

BEFORE_S = 8.0
"""How much song before such a span is heard with it at most."""

NO_VOICE_DB = -35.0
"""A line that is softer than this from start to end contains no singing. In dB, relative to the loud parts of the stem
(95th percentile). Where no one sings, a separator leaves the band 37 dB below the mix."""

_FEW, _VARIETY = 6, 3  # from so many words on, each comes fewer times than this on average
_HOP = HEARING_RATE // 50
_SILENCE_DB = -90.0

Samples = NDArray[np.float32]
Line = list[list[Any]]
"""[[word, start (s), end (s), probability], ...]"""


def lines(
    heard: Samples,
    words: Sequence[tuple[float, float]],
    spans: Sequence[Span],
    hear: Callable[[Samples], dict[str, Any]],
    *,
    most: int,
) -> list[Line]:
    """The lines that `hear` finds in those of `spans` (s, sung) that none of `words` (start, end in s) touches.

    Times are the song's. `hear` is asked `most` times at most, the longest spans first; a loop is not lyrics."""
    taken = [{"words": [{"start": start, "end": end} for start, end in words]}]
    missed: list[Span] = []
    for gap in trust.unworded(taken, spans):
        if (
            missed
            and gap["start"] - missed[-1][1] <= JOIN_S
            and gap["end"] - missed[-1][0] <= MAX_S - BEFORE_S
        ):
            missed[-1] = (missed[-1][0], gap["end"])
        else:
            missed.append((gap["start"], gap["end"]))
    found: list[Line] = []
    asked = 0
    for start, end in sorted(missed, key=lambda span: span[0] - span[1]):
        for first in _beginnings(start, spans):
            if asked == most:
                return found
            asked += 1
            last = min(end + PAD_S, first + MAX_S)
            own = hear(heard[round(first * HEARING_RATE) : round(last * HEARING_RATE)])
            if understood([word[0] for line in own["lines"] for word in line]):
                shifted = [
                    [[w, a + first, b + first, sure] for w, a, b, sure in line] for line in own["lines"]
                ]
                new = [[word for word in line if start <= (word[1] + word[2]) / 2 <= end] for line in shifted]
                found += [line for line in new if line]
                break
    return found


def _beginnings(start: float, spans: Sequence[Span]) -> list[float]:
    """Where a hearing of the span that begins at `start` may begin: with the stretch of voice before it, then with the
    first one that is near; with the span itself where there is none."""
    earlier = [a for a, _ in spans if start - BEFORE_S <= a < start - 1.0] or [start]
    return [max(0.0, a - PAD_S) for a in dict.fromkeys((earlier[-1], earlier[0]))]


def understood(words: Sequence[str]) -> bool:
    """Whether `words` of a second hearing may be lyrics: it was a doubtful span, so few words over and over ("no, no")
    or signs without letters are taken for a transcriber that got lost."""
    spelt = [spelled for word in words if (spelled := spelling(word))]
    return bool(spelt) and not runs(spelt) and (len(spelt) < _FEW or len(set(spelt)) * _VARIETY > len(spelt))


def voiced(segments: Sequence[dict[str, Any]], heard: Samples) -> list[dict[str, Any]]:
    """`segments` without lines over an instrumental passage: those where `heard` is nowhere as loud as a voice."""
    count = len(heard) // _HOP
    if count == 0:
        return list(segments)
    power = np.square(heard[: count * _HOP].reshape(count, _HOP)).mean(axis=1)
    levels = 10 * np.log10(power + 1e-12)
    if not (levels > _SILENCE_DB).any():
        return list(segments)
    floor = float(np.percentile(levels[levels > _SILENCE_DB], 95)) + NO_VOICE_DB
    return [
        segment
        for segment in segments
        if levels[int(segment["start"] * 50) : int(segment["end"] * 50) + 2].max(initial=-200.0) > floor
    ]
