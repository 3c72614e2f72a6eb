"""Waveform peaks for drawing: the smallest and largest sample of each stretch, 8 bits, waveform-data's form."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ml.audio import SAMPLE_RATE

SAMPLES_PER_PEAK = 1024
"""Frames behind one (min, max) pair: 43 pairs a second; four stems of ten minutes are about 0.7 MB of JSON."""


class PeakTaker:
    """Collects one stem's peaks from blocks of 16-bit samples."""

    def __init__(self) -> None:
        self._rest = np.zeros((0, 2), np.int16)
        self._pairs: list[NDArray[np.int16]] = []

    def feed(self, block: NDArray[np.int16]) -> None:
        """Take the next (frames, 2) int16 samples."""
        samples = np.concatenate((self._rest, block)) if len(self._rest) else block
        whole = len(samples) - len(samples) % SAMPLES_PER_PEAK
        if whole:
            self._take(samples[:whole])
        self._rest = samples[whole:].copy()

    def finish(self) -> list[int]:
        """[min, max, min, max, …], each -128…127; both channels count; the last pair may stand for fewer frames."""
        if len(self._rest):
            self._take(self._rest)
            self._rest = self._rest[:0]
        if not self._pairs:
            return []
        # Towards zero, as audiowaveform does: one bit of rounding noise is drawn as silence.
        return np.trunc(np.concatenate(self._pairs) / 256).astype(int).reshape(-1).tolist()

    def _take(self, samples: NDArray[np.int16]) -> None:
        starts = np.arange(0, len(samples), SAMPLES_PER_PEAK)
        low = np.minimum.reduceat(samples.min(axis=1), starts)
        high = np.maximum.reduceat(samples.max(axis=1), starts)
        self._pairs.append(np.stack((low, high), axis=1))


def document(stems: Mapping[str, list[int]]) -> dict[str, object]:
    """What peaks.json holds."""
    return {
        "version": 1,
        "sampleRate": SAMPLE_RATE,
        "samplesPerPeak": SAMPLES_PER_PEAK,
        "stems": dict(stems),
    }
