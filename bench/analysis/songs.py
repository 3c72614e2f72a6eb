"""The held-out songs as files, and what is true of them.

python -m bench.analysis.songs [--room FOLDER]: makes them, and separates their mixes with the built-in separator. It
needs .venv-models and the Debian packages in docs/model-card.md; what is there already stays.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

ROOM = Path(".cache/bench-analysis")
STEMS = ("drums", "bass", "other", "vocals")
RATE = 44_100
SECONDS = 20.0
SEEDS = {4: range(100, 124), 3: range(100, 106)}
"""Seeds of the songs by meter. The separator's held-out songs have seeds below 100. Nothing was fitted on either."""
_CLIPS = 3
_LEVEL = 0.08
_SPREAD_DB = 2.5


def names(room: Path) -> list[str]:
    """The held-out songs in the room."""
    return sorted(path.stem for path in (room / "songs").glob("held-*.json"))


def truth(room: Path, name: str) -> dict[str, Any]:
    """What training.truth wrote of a song."""
    known: dict[str, Any] = json.loads((room / "songs/truth" / f"{name}.json").read_text())
    return known


def folder(room: Path, name: str, separated: bool) -> Path:
    """Where the song's stems and mix.wav are: its true stems, or those that the separator made of the mix."""
    return room / ("separated" if separated else "true") / name


def mix(room: Path, name: str) -> Path:
    """The song's stems and mix.wav, mixed with the same levels each time."""
    out = folder(room, name, separated=False)
    if (out / "mix.wav").exists():
        return out
    out.mkdir(parents=True, exist_ok=True)
    tracks = np.load(room / "songs" / f"{name}.npy", mmap_mode="r")
    listed = json.loads((room / "songs" / f"{name}.json").read_text())
    owners = [stem for stem, _ in listed]
    rng = np.random.default_rng([7, int(name.rpartition("-")[2])])
    stems = {}
    for stem in STEMS:
        level = 10 ** (rng.normal(0, _SPREAD_DB) / 20) * _LEVEL / max(1, owners.count(stem)) ** 0.5
        stems[stem] = np.zeros(tracks.shape[1:], np.float32)
        for track, (owner, rms) in zip(tracks, listed, strict=True):
            if owner == stem:
                stems[stem] += track.astype(np.float32) * np.float32(level / (32_000 * rms))
    whole = sum(stems.values(), np.zeros(tracks.shape[1:], np.float32))
    gain = min(1.0, 0.95 / float(np.abs(whole).max()))
    for stem, sound in stems.items():
        soundfile.write(out / f"{stem}.wav", sound * gain, RATE, subtype="PCM_16")
    soundfile.write(out / "mix.wav", whole * gain, RATE, subtype="PCM_16")
    return out


def separate(room: Path, name: str) -> Path:
    """The stems that a new installation makes of the song's mix, as 16-bit WAV, with mix.wav."""
    from ml.separation import separate_file

    source, out = folder(room, name, separated=False) / "mix.wav", folder(room, name, separated=True)
    if not (out / "mix.wav").exists():
        separate_file(source, out)
        (out / "mix.wav").hardlink_to(source)
    return out


def main() -> int:
    """Make every song's files."""
    parser = argparse.ArgumentParser(prog="python -m bench.analysis.songs", description=__doc__)
    parser.add_argument("--room", type=Path, default=ROOM)
    room = parser.parse_args().room
    from training.synthesise import make_song

    (room / "songs").mkdir(parents=True, exist_ok=True)
    for meter, seeds in SEEDS.items():
        for seed in seeds:
            name = make_song(room / "songs", "held", seed, SECONDS, meter, _CLIPS).stem
            mix(room, name)
            separate(room, name)
            sys.stdout.write(f"{name}\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
