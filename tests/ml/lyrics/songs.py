"""Small vocal stems for the lyrics tests."""

from pathlib import Path

import numpy as np
import soundfile

RATE = 8_000


def write_vocals(path: Path, duration_s: float, sung: list[tuple[float, float]], level: float = 0.3) -> Path:
    """A stereo WAV, silent but for a tone in each of the `sung` spans (s)."""
    t = np.arange(round(duration_s * RATE)) / RATE
    loud = np.zeros(len(t))
    for start, end in sung:
        loud[round(start * RATE) : round(end * RATE)] = level
    mono = loud * np.sin(2 * np.pi * 220 * t)
    soundfile.write(path, np.column_stack((mono, mono)), RATE, subtype="PCM_16")
    return path
