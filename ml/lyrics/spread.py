"""Known words over sung spans: an estimate made from energy, pauses and syllables alone."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from ml.lyrics.voice import Span
from ml.lyrics.words import Line


@dataclass(frozen=True)
class Costs:
    """What is unlikely when lines are put on sung spans: a line 1.5 times as long as expected costs 1. Chosen on two
    real songs with annotated words and on the demo song (docs/lyrics.md)."""

    length: float = 6.0
    """Times the square of the logarithm of a line's length, by its expected length."""
    syllables: float = 0.75
    """How far a line's length follows its syllables; the rest is the mean line, as melodies have bars."""
    pause: float = 0.5
    """A pause inside a line, and as much again for each second of it: singers breathe between lines."""
    skip: float = 0.8
    """A second of voice without words."""
    blip: float = 0.3
    """The same where the voice is a blip (`_BLIP_S`): a leak of the drums, a breath."""
    within: float = 0.3
    """A line that begins in the middle of a span."""
    verse: float = 1.0
    """A verse that begins without a pause."""
    wait: float = 0.1
    """A second of a pause before a line of the same verse, after the first two seconds."""


COSTS = Costs()
OTHER_COSTS = (
    Costs(syllables=1.0, pause=0.3, skip=0.3),
    Costs(syllables=0.5, pause=0.9, skip=1.6, verse=0.3),
)
"""As likely as COSTS. Where the three differ about a line, its time is in doubt (ml.lyrics.grade)."""

_BLIP_S, _ALONE_S = 0.5, 1.0  # a span shorter than that, and so far from the next, holds no line
_CELL_S = 0.2  # of the grid that lines begin and end on
_CELLS_A_LINE, _MOST_CELLS = 2, 30_000
_LONGEST = 4.0  # times the expected length
_MOST_SYLLABLES = 12.0  # lyrics pasted as one line must not be pushed to one side of a pause
_PASSES = 4
_MANY = 1_000_000  # lines times cells from which one pass has to do
_BLOCK = 1 << 19  # costs that are computed at once: 4 MB
_REPEATED = 0.65  # how far a repeated line's expected length follows its other repetitions'

_Floats = NDArray[np.float64]


def spread(lines: Sequence[Line], spans: Sequence[Span], costs: Costs = COSTS) -> list[Span]:
    """A (start, end) in seconds for each unit of `lines`, in order; monotone, within `spans`.

    First each line gets its place (`places`), then its words share what is sung there by their syllables. `spans` is
    not empty and in order.
    """
    times: list[Span] = []
    for line, (start, end) in zip(lines, places(lines, spans, costs), strict=True):
        own = [(max(a, start), min(b, end)) for a, b in spans if min(b, end) > max(a, start)]
        times += _words(line.weights, own or [(start, end)])
    return times


def places(lines: Sequence[Line], spans: Sequence[Span], costs: Costs = COSTS) -> list[Span]:
    """Where each of `lines` begins and ends (s): the cheapest way to put them, in order, on the cells of the spans.

    Dynamic programming over all lines and cells. How fast the song is sung is not known: each pass expects what the
    pass before it found, and of a repeated line what its other repetitions have.
    """
    if not lines:
        return []
    length_s = sum(b - a for a, b in spans)
    if length_s <= 0:
        return [(spans[0][0], spans[0][0])] * len(lines)
    grid = _Grid(spans, length_s, len(lines), costs)
    syllables = np.array([max(sum(line.weights), 1e-3) for line in lines])
    mean = float(syllables.mean())
    weights = syllables**costs.syllables * mean ** (1 - costs.syllables)
    repeated: dict[str, list[int]] = defaultdict(list)
    for i, line in enumerate(lines):
        repeated[line.text.casefold()].append(i)
    expected = weights * grid.likely_s / weights.sum()
    found: list[tuple[int, int]] = []
    for _ in range(_PASSES if len(lines) * len(grid.starts) < _MANY else 1):
        last, found = found, _cheapest(grid, lines, syllables, expected, costs)
        if found == last:
            break
        sung = np.array([grid.sung[b] - grid.sung[a] for a, b in found])
        paces = [float(np.median(sung[own] / weights[own])) for own in repeated.values()]
        for own, pace in zip(repeated.values(), paces, strict=True):
            follows = _REPEATED if len(own) > 1 else 0.0
            expected[own] = weights[own] * float(np.median(paces)) ** (1 - follows) * pace**follows
    return [(float(grid.starts[a]), float(grid.ends[b - 1])) for a, b in found]


class _Grid:
    """The spans in cells of about `_CELL_S`: `starts` and `ends` (s) of each, and cumulative over the cells before: the
    seconds `sung`, the cost to `skip` them, and that of the `pauses` up to and before a cell (`pause`, s)."""

    def __init__(self, spans: Sequence[Span], length_s: float, lines: int, costs: Costs) -> None:
        cell_s = max(min(_CELL_S, length_s / (_CELLS_A_LINE * lines)), length_s / _MOST_CELLS)
        gaps = [float("inf"), *(b[0] - a[1] for a, b in pairwise(spans)), float("inf")]
        starts, ends, skips = [], [], []
        self.likely_s = 0.0
        for i, (start, end) in enumerate(spans):
            edges = np.linspace(start, end, max(1, round((end - start) / cell_s)) + 1)
            blip = end - start < _BLIP_S and min(gaps[i : i + 2]) > _ALONE_S
            self.likely_s += 0.0 if blip else end - start
            starts.append(edges[:-1])
            ends.append(edges[1:])
            skips.append(np.diff(edges) * (costs.blip if blip else costs.skip))
        self.likely_s = self.likely_s or length_s
        self.starts, self.ends = np.concatenate(starts), np.concatenate(ends)
        self.sung = _cumulative(self.ends - self.starts)
        self.skip = _cumulative(np.concatenate(skips))
        self.pause = np.concatenate(([0.0], np.maximum(self.starts[1:] - self.ends[:-1], 0.0)))
        self.pause[self.pause < 1e-6] = 0.0
        self.pauses = np.cumsum(
            np.where(self.pause > 0, costs.pause * (1 + np.minimum(self.pause, 10.0)), 0.0)
        )


def _cumulative(values: _Floats) -> _Floats:
    return np.concatenate(([0.0], np.cumsum(values)))


def _cheapest(
    grid: _Grid, lines: Sequence[Line], syllables: _Floats, expected: _Floats, costs: Costs
) -> list[tuple[int, int]]:
    """For each line its first cell and that after its last."""
    cells = len(grid.starts)
    best = np.full(cells + 1, np.inf)  # of the lines so far, the last of which ends before this cell
    best[0] = 0.0
    lengths, befores = [], []
    for i, line in enumerate(lines):
        # A line begins where the one before ends, or later, with what is sung between the two left out.
        free = best - grid.skip
        least = np.minimum.accumulate(free)
        befores.append(
            np.maximum.accumulate(np.where(free <= least, np.arange(cells + 1), 0)).astype(np.int16)
        )
        begin = (least + grid.skip)[:cells] + _start_costs(grid, costs, verse=line.stanza, first=i == 0)
        soft = min(1.0, _MOST_SYLLABLES / float(syllables[i]))
        best, length = _best_lengths(grid, begin, float(expected[i]), costs.length, soft)
        lengths.append(length)
    end = int(np.argmin(best + (grid.skip[-1] - grid.skip)))
    found = []
    for length, before in zip(reversed(lengths), reversed(befores), strict=True):
        start = end - int(length[end])
        found.append((start, end))
        end = int(before[start])
    return found[::-1]


def _best_lengths(
    grid: _Grid, begin: _Floats, expected: float, weight: float, soft: float
) -> tuple[_Floats, NDArray[np.int16]]:
    """For each end of a line (the cell after its last) the least cost, and how many cells the line then has."""
    cells = len(begin)
    best, length = np.full(cells + 1, np.inf), np.zeros(cells + 1, np.int16)
    most = min(cells, 3 + int(_LONGEST * expected * cells / grid.sung[-1]))
    begins = _earlier(np.append(begin, np.inf), most, np.inf)
    sung_before = _earlier(grid.sung, most, -np.inf)
    pauses_before = _earlier(np.append(grid.pauses, 0.0), most, 0.0)
    pauses = np.insert(grid.pauses, 0, 0.0)
    step = max(1, _BLOCK // (cells + 1))
    for first in range(1, most + 1, step):
        counts = np.arange(first, min(first + step, most + 1))
        cost = weight * np.square(np.log((grid.sung - sung_before[counts]) / expected))
        cost += begins[counts] + soft * (pauses - pauses_before[counts])
        least = cost.argmin(axis=0)
        value = np.take_along_axis(cost, least[None], axis=0)[0]
        better = value < best
        best[better], length[better] = value[better], counts[least[better]]
    return best, length


def _earlier(values: _Floats, most: int, fill: float) -> _Floats:
    """A view whose row `n` is `values` moved `n` places on, for `n` up to `most`."""
    padded = np.concatenate((np.full(most, fill), values))
    return np.lib.stride_tricks.sliding_window_view(padded, len(values))[::-1]


def _start_costs(grid: _Grid, costs: Costs, *, verse: bool, first: bool) -> _Floats:
    """For each cell what it costs that a line begins there."""
    cost = np.where(grid.pause == 0, costs.within, 0.0)
    if verse:
        cost += costs.verse * np.exp(-grid.pause)
    elif not first:
        cost += costs.wait * np.clip(grid.pause - 2.0, 0.0, 8.0)
    cost[0] = 0.0
    return cost


def _words(weights: Sequence[float], spans: Sequence[Span]) -> list[Span]:
    """One line's words over its own spans: the longest pause is matched first, to the place in the text that is nearest
    to the same share of the syllables; then each side in the same way. Within a span, time is shared by syllables."""
    sung = [0.0, *accumulate(weights)]
    times: list[Span] = [(0.0, 0.0)] * len(weights)
    # A stack, not recursion: a ten-minute song can have over a thousand spans.
    todo = [(0, len(weights), 0, len(spans))]
    while todo:
        first, last, left, right = todo.pop()
        if last - first == 1 or right - left == 1:
            _fill(times, sung, first, last, max(spans[left:right], key=_length))
            continue
        cut = max(range(left + 1, right), key=lambda i: spans[i][0] - spans[i - 1][1])
        before = sum(map(_length, spans[left:cut]))
        share = before / (before + sum(map(_length, spans[cut:right])))
        target = sung[first] + share * (sung[last] - sung[first])
        near = bisect_left(sung, target, first + 1, last)
        word = min((i for i in (near - 1, near) if first < i < last), key=lambda i: abs(sung[i] - target))
        todo += [(first, word, left, cut), (word, last, cut, right)]
    return times


def _fill(times: list[Span], sung: list[float], first: int, last: int, span: Span) -> None:
    start, end = span
    scale = (end - start) / (sung[last] - sung[first])
    for i in range(first, last):
        times[i] = (start + (sung[i] - sung[first]) * scale, start + (sung[i + 1] - sung[first]) * scale)


def _length(span: Span) -> float:
    return span[1] - span[0]
