"""The song cut into overlapping segments on one fixed grid, and put together again: demucs' arithmetic, numpy only.

`demucs.apply.apply_model` (4.1.0, `split=True`) weights each segment's estimate by a triangle, adds them up and divides
by the sum of the triangles. Here no more than two segments overlap anywhere, and a + b is b + a to the bit, so the
sums may be made in pieces (stretches, parts) and in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ml.separation.engine import Member, Mix


@dataclass(frozen=True)
class Grid:
    """How one member cuts a song of `frames` frames: segment k begins at k * stride."""

    name: str
    stems: tuple[str, ...]
    weights: tuple[float, ...]
    segment: int
    stride: int
    frames: int

    @classmethod
    def of(cls, member: Member, frames: int) -> Grid:
        """The grid of `member` over a song."""
        return cls(member.name, member.stems, member.weights, member.segment, member.stride, frames)

    @property
    def count(self) -> int:
        """Segments in the song."""
        return -(-self.frames // self.stride)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The frames [start, end) that the segments `first` … `last` - 1 cover."""
        return first * self.stride, min(self.frames, (last - 1) * self.stride + self.segment)

    @cached_property
    def triangle(self) -> NDArray[np.float32]:
        """demucs' weights over a segment: up to 1 in the middle, never 0."""
        rise = np.arange(1, self.segment // 2 + 1)
        fall = np.arange(self.segment - self.segment // 2, 0, -1)
        ramp = np.concatenate((rise, fall)).astype(np.float32)
        peak: np.float32 = ramp.max()
        return ramp / peak

    def weight(self, start: int, end: int) -> NDArray[np.float32]:
        """Sum of all segments' triangles over the frames [start, end)."""
        total = np.zeros(end - start, np.float32)
        first = max(0, (start - self.segment) // self.stride)
        for index in range(first, min(self.count, (end - 1) // self.stride + 1)):
            begin, over = self.span(index, index + 1)
            low, high = max(start, begin), min(end, over)
            if low < high:
                total[low - start : high - start] += self.triangle[low - begin : high - begin]
        return total


def cut(mix: Mix, member: Member, index: int) -> tuple[NDArray[np.float32], int, int, int]:
    """What `member` hears of segment `index`: the samples (2, n) that its window finds in the song, how many zeros
    belong before and after them, and where in the whole window the segment begins.

    demucs.apply.TensorChunk.padded: of an odd surplus the larger half comes after.
    """
    start = index * member.stride
    length = min(member.segment, mix.frames - start)
    window = member.window(length)
    offset = (window - length) // 2
    first, last = max(0, start - offset), min(mix.frames, start - offset + window)
    samples = np.ascontiguousarray(mix.read(first, last - first).T)
    return samples, first - (start - offset), start - offset + window - last, offset


class Sums:
    """The open sums of a few neighbouring segments: estimates times triangles, added up, not yet divided."""

    def __init__(self, grid: Grid, first: int, last: int) -> None:
        self._grid = grid
        self._start, end = grid.span(first, last)
        self.values = np.zeros((end - self._start, len(grid.stems), 2), np.float32)
        """(frames, stems, 2)."""

    def add(self, index: int, estimate: NDArray[np.float32]) -> None:
        """Add segment `index`, (stems, 2, its length)."""
        begin, end = self._grid.span(index, index + 1)
        weighted = estimate * self._grid.triangle[: end - begin]
        self.values[begin - self._start : end - self._start] += weighted.transpose(2, 0, 1)
