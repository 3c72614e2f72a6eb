"""How far the times of given lines can be trusted: good, rough or unusable, from what can be measured."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

from ml.lyrics.known import KnownLine
from ml.lyrics.spread import OTHER_COSTS
from ml.lyrics.timing import Timed, complete
from ml.lyrics.voice import Span

GOOD, ROUGH, UNUSABLE = "good", "rough", "unusable"
GRADES = (GOOD, ROUGH, UNUSABLE)

REMEDY = {
    ROUGH: "Some lines may be seconds off. Add line times with an LRC file, or tap along in the lyrics editor.",
    UNUSABLE: "They are too uncertain to sing along to. "
    "Add line times with an LRC file, or tap along in the lyrics editor.",
}
"""What the owner of a song can do, by grade."""

_SURE, _HALF = (
    0.9,
    0.5,
)  # shares of lines that are given or found, from which a song is good, and never unusable
_FIRM_S, _LOOSE_S = (
    0.5,
    5.0,
)  # how far estimates move under other costs: of 9 in 10 lines at most; in the median
_PAUSES, _FEW_PAUSES = 0.8, 0.5  # sung spans for each line: with fewer, nothing says where lines begin
_SLOW_S = 0.8  # of voice for each syllable: with more, much is sung that is not written
_WORDED = 0.75  # share of what is sung that has words: with less, other spans may be the lines'


def grade(
    lines: Sequence[KnownLine], times: Sequence[Timed], spans: Sequence[Span], duration_s: float
) -> str:
    """The grade of `times` (for each unit of `lines`), where `spans` (s) are sung.

    A line is sure if its start was given or half of its words were found. The others are estimates: they are put on
    the spans again with other costs (ml.lyrics.spread), and the distance by which they move is their doubt. On two real
    songs and poor stems of them, lines that moved 5 s, and lines without pauses between them, were off by 8 s and more.
    """
    starts = list(accumulate((len(known.line.units) for known in lines), initial=0))
    unsure = [
        i
        for i, (known, (a, b)) in enumerate(zip(lines, pairwise(starts), strict=True))
        if known.start is None and sum(time.estimated for time in times[a:b]) * 2 > b - a
    ]
    sure = 1 - len(unsure) / max(1, len(lines))
    if sure >= _SURE:
        return GOOD
    if not spans:
        return UNUSABLE
    found = [None if time.estimated else (time.start, time.end) for time in times]
    begins = np.array([times[starts[i]].start for i in unsure])
    moved = np.zeros(len(unsure))
    for costs in OTHER_COSTS:
        other = complete(lines, found, spans, duration_s, costs)
        moved = np.maximum(moved, np.abs(np.array([other[starts[i]].start for i in unsure]) - begins))
    pauses = len(spans) / len(lines)
    sung = sum(b - a for a, b in spans)
    worded = sum(max(0.0, min(b, time.end) - max(a, time.start)) for a, b in spans for time in times)
    syllables = sum(sum(known.line.weights) for known in lines)
    plain = worded >= _WORDED * sung and sung <= _SLOW_S * syllables
    if plain and pauses >= _PAUSES and float(np.percentile(moved, 90)) <= _FIRM_S:
        return GOOD
    if sure >= _HALF or (pauses >= _FEW_PAUSES and float(np.median(moved)) <= _LOOSE_S):
        return ROUGH
    return UNUSABLE
