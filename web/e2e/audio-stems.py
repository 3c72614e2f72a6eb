"""Write the stems that the sound's tests play: python web/e2e/audio-stems.py FOLDER.

Made, not separated: `time` is noise, another in each stem, so that any piece of it says which moment it is; `tones` is
one sine a stem; `bursts` is one short knock every half second, the same in each. Encoded as the pipeline encodes stems.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO))

from ml.audio import SAMPLE_RATE, stream  # noqa: E402 (the repository is no installed package)

STEMS = ("drums", "bass", "other", "vocals")
TONES_HZ = (1000, 110, 440, 660)
SECONDS = 30


def main(folder: Path) -> None:
    rng = np.random.default_rng(7)
    t = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    for stem, hz in zip(STEMS, TONES_HZ, strict=True):
        # Smoothed noise: MP3 keeps what lies low.
        noise = np.convolve(rng.standard_normal(len(t)), np.hanning(12) / 6, mode="same") * 0.12
        write(folder / "time" / f"{stem}.mp3", noise)
        write(folder / "bursts" / f"{stem}.mp3", 0.5 * np.sin(2 * np.pi * 2000 * t) * np.exp(-((t % 0.5) * 150)))
        write(folder / "tones" / f"{stem}.mp3", 0.2 * np.sin(2 * np.pi * hz * t))


def write(path: Path, mono: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = (mono.clip(-1, 1) * 32_767).astype(np.int16)
    with stream.StreamWriter(path) as writer:
        writer.feed(np.stack((samples, samples), axis=1))


main(Path(sys.argv[1]))
