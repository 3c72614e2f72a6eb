"""How loud a song is: EBU R 128, measured by `audiofile.loudness`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import TypedDict

import numpy as np

from audiofile import loudness
from ml.audio import SAMPLE_RATE
from ml.audio.decode import Block, decode


class Loudness(TypedDict):
    """Integrated loudness (LUFS), loudness range (LU), true peak (dBTP); None where there is only silence."""

    integrated: float | None
    range: float
    truePeak: float | None


def measure(blocks: Iterable[Block]) -> Loudness:
    """The loudness of 44.1 kHz stereo sound that comes in blocks."""
    packed = (np.ascontiguousarray(block.reshape(1, -1)) for block in blocks)
    figures = loudness.metered(packed, sample_rate=SAMPLE_RATE, channels=2, form="flt", true_peak=True)
    heard, peak = loudness.integrated(figures), figures.get("true_peak", 0.0)
    low, high = figures.get("LRA.low", 0.0), figures.get("LRA.high", 0.0)
    return {
        "integrated": heard,
        "range": round(high - low, 2) if heard is not None else 0.0,
        "truePeak": round(20 * math.log10(peak), 2) if peak > 0 else None,
    }


def summed(paths: Iterable[Path]) -> Iterator[Block]:
    """The sum of files that play together, in blocks."""
    for blocks in zip_longest(*map(decode, paths)):
        heard = [block for block in blocks if block is not None]
        out = np.zeros((max(map(len, heard)), 2), np.float32)
        for block in heard:
            out[: len(block)] += block
        yield out
