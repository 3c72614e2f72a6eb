"""How far stems are from the true ones: SDR, SI-SDR, bleed and leakage. What each number is: docs/evaluation.md."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


class BadSongs(Exception):
    """The folders cannot be compared. The message says which file or folder is at fault."""


@dataclass(frozen=True)
class StemScore:
    """One stem's figures in dB. None: not defined, as for a stem that is silent; infinite is infinite."""

    sdr: float | None
    """Over the whole song, as in the Music Demixing Challenge."""
    sdr_median: float | None
    """Median of the windows of 1 s, as museval reports it."""
    si_sdr: float | None
    sdr_of_mix: float | None
    """What `sdr` is for the mix itself as the estimate: nothing was separated."""
    bleed: float | None
    """How loud the other stems still are in it, against how loud they are in the mix: 0 dB is as loud."""
    leakage: float | None
    """Of a stem that is silent in truth: its level against the mix. None for all others."""


@dataclass(frozen=True)
class SongScore:
    """One song's stems. `windows` of 1 s went into the medians."""

    name: str
    seconds: float
    windows: int
    stems: Mapping[str, StemScore]
    notes: tuple[str, ...] = ()


def evaluate(
    references: Path,
    estimates: Path,
    *,
    progress: Callable[[str], None] = lambda _song: None,
) -> list[SongScore]:
    """Compare a folder of stems, or of folders of stems, with one of the same shape. Memory does not grow with a song.

    A song's folder holds {drums,bass,other,vocals}.{wav,flac,mp3}; a missing reference is silence. `progress` hears
    each song's name. Raises BadSongs, OSError.
    """
    from ml.evaluation.songs import compare, pairs

    scores = []
    for name, true, made in pairs(references, estimates):
        progress(name)
        scores.append(compare(name, true, made))
    return scores


def evaluate_model(
    references: Path,
    model: str,
    *,
    models: Path | None = None,
    precision: str = "f32",
    progress: Callable[[str, float], None] = lambda _song, _fraction: None,
    stop: threading.Event | None = None,
) -> list[SongScore]:
    """Separate each song (its mix.* or mixture.*, else the sum of its stems) and compare the result.

    `models`, `precision`, `stop` as in ml.separation.separate_file; its gain is undone before comparing. `progress`
    hears the song and the fraction done. Raises BadSongs, ml.separation.ModelUnavailable, ml.Stopped, OSError.
    """
    from ml.evaluation.separated import separate_and_compare
    from ml.evaluation.songs import songs

    stopping = stop or threading.Event()
    return [
        separate_and_compare(name, folder, model, models, precision, progress, stopping)
        for name, folder in songs(references)
    ]
