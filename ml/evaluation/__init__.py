"""How far stems are from the true ones: SDR, SI-SDR, bleed and leakage. What each number is: docs/evaluation.md."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path


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


class BadSongs(Exception):
    """Folders cannot be compared. The message says which file or folder is at fault. `scores` are those of the songs
    that could be compared all the same."""

    def __init__(self, message: str, scores: Iterable[SongScore] = ()) -> None:
        super().__init__(message)
        self.scores = tuple(scores)


def evaluate(
    references: Path,
    estimates: Path,
    *,
    progress: Callable[[str], None] = lambda _song: None,
) -> list[SongScore]:
    """Compare a folder of stems, or of folders of stems, with one of the same shape. Memory does not grow with a song.

    A song's folder holds {stem}.{wav,flac,mp3}, each named as ml.models.sources names stems; a missing reference is
    silence. `progress` gets each song's name. Raises BadSongs (after the last song), OSError.
    """
    from ml.evaluation.songs import compare, pairs

    def score(name: str, true: Mapping[str, Path], made: Mapping[str, Path]) -> SongScore:
        progress(name)
        return compare(name, true, made)

    return _all(partial(score, *pair) for pair in pairs(references, estimates))


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
    hears the song and the fraction done. Raises BadSongs (after the last song), ml.separation.ModelUnavailable,
    ml.Stopped, OSError.
    """
    from ml.evaluation.separated import separate_and_compare
    from ml.evaluation.songs import songs

    stopping = stop or threading.Event()
    return _all(
        partial(separate_and_compare, name, folder, model, models, precision, progress, stopping)
        for name, folder in songs(references)
    )


def _all(songs: Iterable[Callable[[], SongScore]]) -> list[SongScore]:
    """Each song's score. A song that cannot be evaluated does not affect the others; the error at the end has them."""
    scores: list[SongScore] = []
    faults: list[str] = []
    for score in songs:
        try:
            scores.append(score())
        except BadSongs as error:
            faults.append(str(error))
    if faults:
        raise BadSongs(" ".join(faults), scores)
    return scores
