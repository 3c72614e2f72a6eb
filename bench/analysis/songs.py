"""The held-out songs as files, and what is true of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

STEMS = ("drums", "bass", "other", "vocals")
RATE = 44_100
_LEVEL = 0.08
_SPREAD_DB = 2.5


def names(songs: Path) -> list[str]:
    """The held-out songs in a folder of `python -m training songs`."""
    return sorted(path.stem for path in songs.glob("held-*.json"))


def truth(songs: Path, name: str) -> dict[str, Any]:
    """What training.truth wrote of a song."""
    known: dict[str, Any] = json.loads((songs / "truth" / f"{name}.json").read_text())
    return known


def files(songs: Path, name: str, folder: Path) -> Path:
    """A folder with the song's stems and mix.wav, mixed with the same levels each time."""
    out = folder / name
    if (out / "mix.wav").exists():
        return out
    out.mkdir(parents=True, exist_ok=True)
    tracks = np.load(songs / f"{name}.npy", mmap_mode="r")
    listed = json.loads((songs / f"{name}.json").read_text())
    owners = [stem for stem, _ in listed]
    rng = np.random.default_rng([7, int(name.rpartition("-")[2])])
    stems = {}
    for stem in STEMS:
        level = 10 ** (rng.normal(0, _SPREAD_DB) / 20) * _LEVEL / max(1, owners.count(stem)) ** 0.5
        stems[stem] = np.zeros(tracks.shape[1:], np.float32)
        for track, (owner, rms) in zip(tracks, listed, strict=True):
            if owner == stem:
                stems[stem] += track.astype(np.float32) * np.float32(level / (32_000 * rms))
    mix = sum(stems.values(), np.zeros(tracks.shape[1:], np.float32))
    gain = min(1.0, 0.95 / float(np.abs(mix).max()))
    for stem, sound in stems.items():
        soundfile.write(out / f"{stem}.wav", sound * gain, RATE, subtype="PCM_16")
    soundfile.write(out / "mix.wav", mix * gain, RATE, subtype="PCM_16")
    return out
