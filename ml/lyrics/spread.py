"""Known words over sung spans: an estimate made from energy and syllables alone."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from ml.lyrics.voice import Span
from ml.lyrics.words import Line

_MID_LINE_COST = 0.5
"""What it costs to let a pause fall inside a line, in mean lines: singers breathe between lines."""
_MID_LINE_COST_MAX = 6.0
"""The most it costs, in syllables: lyrics pasted as one line must not be pushed to one side of a pause."""


def spread(lines: Sequence[Line], spans: Sequence[Span]) -> list[Span]:
    """A (start, end) in seconds for each unit of `lines`, in order; monotone, within `spans`.

    The longest pause is matched first, to the place in the text that is nearest to the same share of the
    syllables, and rather between lines than inside one; then each side in the same way. Within a span, time
    is shared by syllables. `spans` is not empty and in order.
    """
    weights = [weight for line in lines for weight in line.weights]
    if not weights:
        return []
    sung = [0.0, *accumulate(weights)]
    starts = {0, *accumulate(len(line.units) for line in lines)}
    mid_line_cost = min(_MID_LINE_COST * sung[-1] / len(lines), _MID_LINE_COST_MAX)

    times: list[Span] = [(0.0, 0.0)] * len(weights)
    # A stack, not recursion: a ten-minute song can have over a thousand spans.
    todo = [(0, len(weights), 0, len(spans))]
    while todo:
        first, last, left, right = todo.pop()
        if last == first:
            continue
        if last - first == 1 or right - left == 1:
            _fill(times, sung, first, last, max(spans[left:right], key=_length))
            continue
        cut = max(range(left + 1, right), key=lambda i: spans[i][0] - spans[i - 1][1])
        before = sum(map(_length, spans[left:cut]))
        share = before / (before + sum(map(_length, spans[cut:right])))
        target = sung[first] + share * (sung[last] - sung[first])
        word = _boundary(sung, starts, first, last, target, mid_line_cost)
        todo += [(first, word, left, cut), (word, last, cut, right)]
    return times


def _boundary(
    sung: list[float], starts: set[int], first: int, last: int, target: float, mid_line_cost: float
) -> int:
    """The unit before which the pause falls. Either end may be it: a side without words stays empty."""
    near = bisect_left(sung, target, first, last + 1)

    def cost(i: int) -> float:
        if i in (first, last):
            # Leaves one side without words. Right for a leak or an unwritten "oh", but rarely.
            return abs(sung[i] - target) + mid_line_cost / 2
        return abs(sung[i] - target) + (0.0 if i in starts else mid_line_cost)

    # Costs grow with distance, so beyond the mid-line cost nothing can win: only a few units are looked at.
    candidates = [i for i in (near - 1, near) if first <= i <= last]
    for step in (-1, 1):
        i = near
        while first <= i <= last and abs(sung[i] - target) <= mid_line_cost + abs(
            sung[candidates[0]] - target
        ):
            candidates.append(i)
            i += step
    return min(candidates, key=cost)


def _fill(times: list[Span], sung: list[float], first: int, last: int, span: Span) -> None:
    start, end = span
    scale = (end - start) / (sung[last] - sung[first])
    for i in range(first, last):
        times[i] = (start + (sung[i] - sung[first]) * scale, start + (sung[i + 1] - sung[first]) * scale)


def _length(span: Span) -> float:
    return span[1] - span[0]
