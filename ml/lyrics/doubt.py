"""Which aligned lines may be sung somewhere else. Attention finds a place for every line, and for a chorus that of
another repetition too; only words that were recognised without the text are evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from math import inf

from ml.lyrics.known import KnownLine
from ml.lyrics.timing import Timed
from ml.lyrics.voice import Span

FAR_S = 5.0
"""How far (s) a line may be off without a mark: a singer who is off by more has lost the song."""


def marked(
    lines: Sequence[KnownLine],
    times: Sequence[Timed],
    anchors: Sequence[Span | None],
    agreed: Sequence[bool],
    sung: Sequence[Span],
) -> list[Timed]:
    """`times`, of which the words of doubtful lines are estimates.

    A line is found if a word was recognised in it (`anchors`, a span in s for each unit), if two aligners `agreed` on
    it, or if a person timed it. Another line is doubtful if none of its neighbours is found, or if the voice (`sung`,
    s) between the nearest found words has room for it more than FAR_S from where it is.
    """
    ranges = list(pairwise(accumulate((len(line.line.units) for line in lines), initial=0)))
    found = [
        any(anchors[a:b]) or bool(line.times) or both
        for line, both, (a, b) in zip(lines, agreed, ranges, strict=True)
    ]
    doubtful = []
    for i in range(len(ranges)):
        alone = not any(found[max(0, i - 1) : i + 2])
        doubtful.append(not found[i] and (alone or _room(i, ranges, found, times, anchors, sung) > FAR_S))
    return [
        replace(time, estimated=True) if doubtful[i] else time
        for i, (a, b) in enumerate(ranges)
        for time in times[a:b]
    ]


def _room(
    i: int,
    ranges: Sequence[tuple[int, int]],
    found: Sequence[bool],
    times: Sequence[Timed],
    anchors: Sequence[Span | None],
    sung: Sequence[Span],
) -> float:
    """How far (s) line `i` could be moved between the words that are found before and after it."""
    low, high = 0.0, inf
    for k, (a, b) in enumerate(ranges):
        own = [span for span in anchors[a:b] if span] or [(times[a].start, times[b - 1].end)]
        if found[k] and k < i:
            low = own[-1][1]
        elif found[k] and k > i:
            high = own[0][0]
            break
    begin, end = times[ranges[i][0]].start, times[ranges[i][1] - 1].end
    inside = [(max(a, low), min(b, high)) for a, b in sung if b > low and a < high]
    if not inside:
        return 0.0
    return max(begin - inside[0][0], inside[-1][1] - end)
