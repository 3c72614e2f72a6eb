"""How far the written stems are from adding up to the mix: measured on the files, not on what was meant."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from ml.separation.engine import Mix
from ml.separation.output import FULL_SCALE

_BLOCK_FRAMES = 65_536
FLOOR_DB = -144.0
"""Reported for a residual of nothing (24 bits below the mix): JSON has no minus infinity."""


def residual_db(stems: Sequence[Path], mix: Mix, gain: float, between_blocks: Callable[[], None]) -> float:
    """10 log10 of energy(sum of the WAVs - gain * mix) over energy(gain * mix), at least FLOOR_DB.

    `between_blocks` is called every 1.5 s of audio and may raise. A silent mix counts as one step (1/32768)
    throughout, so the figure stays finite.
    """
    import soundfile

    off = whole = 0.0
    done = 0
    with ExitStack() as stack:
        files = [stack.enter_context(soundfile.SoundFile(path)) for path in stems]
        while done < mix.frames:
            frames = min(_BLOCK_FRAMES, mix.frames - done)
            meant = mix.read(done, frames) * np.float64(gain)
            written = np.sum([file.read(frames, dtype="int16").astype(np.int32) for file in files], axis=0)
            off += float(np.sum((written / FULL_SCALE - meant) ** 2))
            whole += float(np.sum(meant**2))
            done += frames
            between_blocks()
    whole = max(whole, done * 2 / FULL_SCALE**2)
    return max(FLOOR_DB, 10 * math.log10(off / whole)) if off else FLOOR_DB
