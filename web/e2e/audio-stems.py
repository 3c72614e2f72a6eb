"""Write the stems that the sound's tests play: python web/e2e/audio-stems.py FOLDER.

Made, not separated: `time` is noise, another in each stem, so that any piece of it says which moment it is; `tones` is
one sine a stem; `bursts` is one short knock every half second, the same in each. Encoded as the pipeline encodes stems.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO))

from ml.audio import SAMPLE_RATE, stream  # noqa: E402 (the repository is no installed package)

STEMS = ("drums", "bass", "other", "vocals")
TONES_HZ = (1000, 110, 440, 660)
SECONDS = {"time": 30, "tones": 8, "bursts": 16}  # as audio-page.ts says


def main(folder: Path) -> None:
    rng = np.random.default_rng(7)
    t = np.arange(max(SECONDS.values()) * SAMPLE_RATE) / SAMPLE_RATE
    bursts = 0.5 * np.sin(2 * np.pi * 2000 * t) * np.exp(-((t % 0.5) * 150))
    write(folder / "bursts" / "drums.mp3", bursts, SECONDS["bursts"])
    for stem, hz in zip(STEMS, TONES_HZ, strict=True):
        # Smoothed noise: MP3 keeps low frequencies.
        noise = np.convolve(rng.standard_normal(len(t)), np.hanning(12) / 6, mode="same") * 0.12
        write(folder / "time" / f"{stem}.mp3", noise, SECONDS["time"])
        write(folder / "tones" / f"{stem}.mp3", 0.2 * np.sin(2 * np.pi * hz * t), SECONDS["tones"])
        if stem != "drums":
            shutil.copy(folder / "bursts" / "drums.mp3", folder / "bursts" / f"{stem}.mp3")


def write(path: Path, mono: np.ndarray, seconds: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = (mono[: seconds * SAMPLE_RATE].clip(-1, 1) * 32_767).astype(np.int16)
    with stream.StreamWriter(path) as writer:
        writer.feed(np.stack((samples, samples), axis=1))


main(Path(sys.argv[1]))
