"""The song's stems, read from stretches: what all members make of it, at any place and in any order."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ml.audio import CHANNELS
from ml.separation.checkpoints import Recipe, Stretch
from ml.separation.engine import StemBlock
from ml.separation.runner import Hearing, Scale
from ml.separation.segments import Grid


class Estimates:
    """All stretches of a song, read as stems. Any range may be read, in any order."""

    def __init__(self, stretches: Iterable[Stretch], recipe: Recipe, scale: Scale) -> None:
        self._recipe = recipe
        self._silent = recipe.normalised and scale.is_silence
        self._hearing = Hearing.of(recipe, scale)
        self._stretches = {grid.name: [s for s in stretches if s.grid == grid] for grid in recipe.grids}

    def read(self, start: int, frames: int) -> StemBlock:
        """(stems, frames, 2) from `start`: the members' estimates, averaged by their weights."""
        names = self._recipe.stems
        total = np.zeros((len(names), frames, CHANNELS), np.float32)
        if self._silent:
            return total
        weights = np.zeros((len(names), 1, 1), np.float32)
        for grid in self._recipe.grids:
            estimate = self._estimate(grid, start, start + frames)
            for column, (stem, weight) in enumerate(zip(grid.stems, grid.weights, strict=True)):
                row = names.index(stem)
                total[row] += estimate[:, column] * np.float32(weight)
                weights[row] += np.float32(weight)
        total /= weights
        return self._hearing.undo(total)

    def _estimate(self, grid: Grid, start: int, end: int) -> NDArray[np.float32]:
        """One member's, (frames, stems, 2): its sums over the sum of the triangles."""
        sums = np.zeros((end - start, len(grid.stems), CHANNELS), np.float32)
        for stretch in self._stretches[grid.name]:
            low, high = max(start, stretch.span[0]), min(end, stretch.span[1])
            if low < high:
                sums[low - start : high - start] += stretch.read(low, high)
        sums /= grid.weight(start, end)[:, None, None]
        return sums
