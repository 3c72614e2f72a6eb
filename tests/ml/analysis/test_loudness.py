"""Loudness of sound of any length."""

import numpy as np
import pytest

from ml.analysis.loudness import measure
from ml.audio import SAMPLE_RATE

TONE = 0.1 * np.sin(2 * np.pi * 997 * np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE)
STEREO = np.stack([TONE, TONE], axis=1).astype(np.float32)


@pytest.mark.parametrize("missing", [0, 1, 1151, 4409])
@pytest.mark.parametrize("block", [1152, 4410, 3 * SAMPLE_RATE])
def test_sound_of_any_length_in_any_blocks_has_a_loudness(missing: int, block: int) -> None:
    """The filter gives figures every 100 ms only; a shorter rest has none of its own."""
    sound = STEREO[: len(STEREO) - missing]
    measured = measure(sound[at : at + block] for at in range(0, len(sound), block))
    # EBU Tech 3341: a 1 kHz sine of -20 dBFS in both channels has -20 LUFS.
    assert measured["integrated"] == pytest.approx(-20.0, abs=0.1)
    assert measured["truePeak"] == pytest.approx(-20.0, abs=0.1)
