"""Songs of four stems for the tests, made of sines so that every numpy gives the same samples."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.separation.embedded import STEMS
from tests.ml.signals import RATE, write_wav

Stems = dict[str, NDArray[np.float32]]


def true_stems(seconds: float = 3.4) -> Stems:
    """Four stems, (frames, 2), not orthogonal to each other; the vocals rest from 0.9 to 2.0 s."""
    t = np.arange(round(seconds * RATE)) / RATE
    drums = 0.4 * np.sin(2 * np.pi * (200 + 900 * t) * t) * np.exp(-((2 * t) % 1) * 6)
    bass = 0.3 * np.sin(2 * np.pi * 70 * t) * (1 + 0.5 * np.sin(2 * np.pi * 0.7 * t))
    other = 0.1 * (np.sin(2 * np.pi * 523 * t) + np.sin(2 * np.pi * 659 * t + np.sin(2 * np.pi * 3 * t)))
    vocals = 0.2 * np.sin(2 * np.pi * 300 * t + 20 * np.sin(2 * np.pi * 1.7 * t)) * ((t < 0.9) | (t >= 2))
    return {
        name: np.stack((left, right * np.roll(left, 11)), axis=1).astype(np.float32)
        for name, left, right in zip(STEMS, (drums, bass, other, vocals), (0.9, 1.0, 0.4, 0.7), strict=True)
    }


def poor_stems(true: Stems) -> Stems:
    """Estimates with faults of each kind: other stems in them, a wrong level, a delay, clipping."""
    drums, bass, other, vocals = (true[name] for name in STEMS)
    return {
        "drums": drums + 0.1 * vocals,
        "bass": 0.9 * bass + 0.05 * np.roll(drums, 7, axis=0),
        "other": np.roll(other, 3, axis=0) + 0.2 * bass[:, ::-1],
        "vocals": np.clip(vocals, -0.15, 0.15) + 0.1 * other + 0.001 * drums,
    }


def write(folder: Path, stems: Stems, rate: int = RATE) -> Path:
    """The stems as WAVs in the folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, samples in stems.items():
        write_wav(folder / f"{name}.wav", samples, rate)
    return folder
