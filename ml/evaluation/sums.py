"""All that the metrics need of a song: inner products of its stems, gathered window by window."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.audio import SAMPLE_RATE

WINDOW = SAMPLE_RATE
"""Frames of a window: 1 s, one after the other, as museval's `eval_mus_track` cuts them."""

Stack = NDArray[np.float32]
"""The stems of one window, shape (stems, frames, 2)."""


class Sums:
    """Inner products over both channels, in float64, between references s, estimates ŝ and errors ŝ - s.

    The errors are summed themselves: from the other products, tiny ones would drown in rounding.
    """

    def __init__(self, stems: int) -> None:
        n = stems
        self.frames = 0
        self._all = np.zeros((3 * n, 3 * n))
        self._window_energies: list[
            NDArray[np.float64]
        ] = []  # of each whole window: (2, n), of s and of ŝ - s
        self._window_silent: list[NDArray[np.bool_]] = []  # (2, n), of s and of ŝ
        self._n = n

    def add(self, references: Stack, estimates: Stack) -> None:
        """Take the next window; only the last may be shorter than WINDOW."""
        true, made = references.astype(np.float64), estimates.astype(np.float64)
        rows = np.concatenate((true, made, made - true)).reshape(3 * self._n, -1)
        products = rows @ rows.T
        self._all += products
        length = references.shape[1]
        self.frames += length
        if length == WINDOW or self.frames == length:
            energies = np.diag(products)
            self._window_energies.append(np.stack((energies[: self._n], energies[2 * self._n :])))
            # museval's own test: both channels add up to nothing.
            self._window_silent.append(~np.stack((references, estimates)).sum(axis=3).any(axis=2))

    @property
    def true(self) -> NDArray[np.float64]:
        """References with references, (n, n)."""
        return self._all[: self._n, : self._n]

    @property
    def made(self) -> NDArray[np.float64]:
        """Estimates with estimates, (n, n)."""
        return self._all[self._n : 2 * self._n, self._n : 2 * self._n]

    @property
    def true_made(self) -> NDArray[np.float64]:
        """References with estimates, (n, n)."""
        return self._all[: self._n, self._n : 2 * self._n]

    @property
    def true_error(self) -> NDArray[np.float64]:
        """References with errors, (n, n)."""
        return self._all[: self._n, 2 * self._n :]

    @property
    def error(self) -> NDArray[np.float64]:
        """Errors with errors, (n, n)."""
        return self._all[2 * self._n :, 2 * self._n :]

    def windows(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        """(energy of s, of ŝ - s, whether either is silent), each (windows, n). A song under 1 s is one window."""
        if not self._window_energies:
            empty = np.zeros((0, self._n))
            return empty, empty, empty.astype(bool)
        energies, silent = np.stack(self._window_energies), np.stack(self._window_silent)
        return energies[:, 0], energies[:, 1], silent[:, 0] | silent[:, 1]
