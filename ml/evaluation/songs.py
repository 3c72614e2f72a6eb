"""Folders of stems → scores: which file is which stem, and all of them read side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiofile import format_of
from audiofile.reading import frames
from ml.audio import CHANNELS, SAMPLE_RATE, BadAudio
from ml.audio.decode import decode
from ml.evaluation import BadSongs, SongScore
from ml.evaluation.metrics import scores, sdr_medians
from ml.evaluation.sums import WINDOW, Sums
from ml.models.sources import STEM_NAMES, in_order

ENDINGS = (".wav", ".flac", ".mp3")
"""Best first: where a stem is there twice, as after `unplugd separate`, the first is taken."""
TOLERANCE_S = 0.1
"""By how much the files of a song may differ in length: more than the padding of an MP3 is another song."""


def find(folder: Path, name: str) -> Path | None:
    """The file of that name in the folder, with the first of ENDINGS that exists."""
    return next((path for ending in ENDINGS if (path := folder / f"{name}{ending}").is_file()), None)


def stems(folder: Path) -> dict[str, Path]:
    """The stems that the folder holds."""
    return {stem: path for stem in STEM_NAMES if (path := find(folder, stem)) is not None}


def songs(references: Path) -> list[tuple[str, Path]]:
    """(name, folder) of each song: the folder itself, or the folders in it. Raises BadSongs."""
    if not references.is_dir():
        raise BadSongs(f"{references} is not a folder.")
    if stems(references):
        return [(references.resolve().name, references)]
    found = [(path.name, path) for path in sorted(references.iterdir()) if path.is_dir() and stems(path)]
    if not found:
        raise BadSongs(
            f"{references} holds no stems: name them {', '.join(STEM_NAMES[:-1])} or {STEM_NAMES[-1]}, "
            "as wav, flac or mp3."
        )
    return found


def pairs(references: Path, estimates: Path) -> list[tuple[str, dict[str, Path], dict[str, Path]]]:
    """(name, true stems, estimated stems) of each song. Raises BadSongs."""
    if not estimates.is_dir():
        raise BadSongs(f"{estimates} is not a folder.")
    found = []
    for name, folder in songs(references):
        made = estimates if folder == references else estimates / name
        found.append((name, stems(folder), estimated(made, stems(folder))))
    return found


def estimated(folder: Path, true: Mapping[str, Path]) -> dict[str, Path]:
    """The stems in a folder of estimates; those of `true` must be there. Raises BadSongs."""
    made = stems(folder)
    missing = [stem for stem in true if stem not in made]
    if missing:
        raise BadSongs(f"{folder} has no {' and no '.join(missing)} (wav, flac or mp3) to compare.")
    return made


def check(paths: Iterable[Path]) -> None:
    """Read a song's files to their ends. Raises BadSongs (one cannot be read, or they differ in length), OSError."""
    _length_note([Track(path) for path in paths])


def compare(name: str, true: Mapping[str, Path], made: Mapping[str, Path], gain: float = 1.0) -> SongScore:
    """Score one song's estimates, taken `gain` times, at 44.1 kHz in stereo. Raises BadSongs, OSError."""
    tracks = {path: Track(path) for path in (*true.values(), *made.values())}
    names = in_order((*true, *made))
    sums = Sums(len(names))
    while frames := min(len(track.window()) for track in tracks.values()):
        references, estimates = (
            np.stack([_cut(tracks, side.get(stem), frames) for stem in names]) for side in (true, made)
        )
        sums.add(references, estimates * np.float32(gain))
        for track in tracks.values():
            track.advance()
    notes = [*_length_note(list(tracks.values())), *_rate_note(list(tracks.values()))]
    return SongScore(name, sums.frames / SAMPLE_RATE, sdr_medians(sums)[1], scores(sums, names), tuple(notes))


class Track:
    """A file as windows: `window` is the current one, empty after the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.frames = 0  # up to the end of the current window
        self._windows = self._read()
        self._window = _NOTHING
        self.advance()

    def window(self) -> NDArray[np.float32]:
        """(frames, 2), WINDOW frames but for the last one."""
        return self._window

    def advance(self) -> None:
        """Go on to the next window."""
        self._window = next(self._windows, _NOTHING)
        self.frames += len(self._window)

    def drain(self) -> int:
        """Read to the end; the frames of the whole file."""
        while len(self._window):
            self.advance()
        return self.frames

    def _read(self) -> Iterator[NDArray[np.float32]]:
        held = _NOTHING
        try:
            for block in decode(self.path):
                held = np.concatenate((held, block))
                while len(held) >= WINDOW:
                    yield held[:WINDOW]
                    held = held[WINDOW:]
        except BadAudio as error:
            raise BadSongs(f"{self.path}: {error}") from error
        if len(held):
            yield held


_NOTHING = np.zeros((0, CHANNELS), np.float32)


def _cut(tracks: Mapping[Path, Track], path: Path | None, frames: int) -> NDArray[np.float32]:
    """The first `frames` of the file's current window; silence where there is no file."""
    return np.zeros((frames, CHANNELS), np.float32) if path is None else tracks[path].window()[:frames]


def _length_note(tracks: list[Track]) -> list[str]:
    lengths = {track.drain(): track.path for track in tracks}
    shortest, longest = min(lengths), max(lengths)
    if longest - shortest > TOLERANCE_S * SAMPLE_RATE:
        raise BadSongs(
            f"{lengths[shortest]} lasts {shortest / SAMPLE_RATE:.2f} s and {lengths[longest]} "
            f"{longest / SAMPLE_RATE:.2f} s: they are not of one song, or not cut alike."
        )
    if longest == shortest:
        return []
    return [f"The files differ in length by {longest - shortest} frames; the first {shortest} are compared."]


def _rate_note(tracks: list[Track]) -> list[str]:
    others = {rate for track in tracks if (rate := _rate(track.path)) != SAMPLE_RATE}
    if not others:
        return []
    return [f"Files of {' and '.join(map(str, sorted(others)))} Hz are compared at {SAMPLE_RATE} Hz."]


def _rate(path: Path) -> int:
    """The file's sample rate (Hz). By FFmpeg, which decodes it: libsndfile reads fewer formats."""
    form = format_of(path)
    return next(iter(frames(path, form))).sample_rate if form else SAMPLE_RATE
