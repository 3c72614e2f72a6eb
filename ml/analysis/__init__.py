"""What a song is like: tempo and beats, key, chords, sections, loudness and melody, from its stems and its mix."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import Any

from audiofile.measuring import ENGINE_VERSION
from ml import Stopped

VERSION = str(ENGINE_VERSION)
"""As the document has it."""

MEASURES = ("beats", "key", "chords", "sections", "loudness", "melody")

STEMS = ("drums", "bass", "other", "vocals", "guitar", "piano")

Measurements = dict[str, Any]
"""`version` and the measures asked for, each as its module describes it, or `{"error": sentence}`. It can be JSON."""


def measure_song(
    source: Path | Mapping[str, Path],
    mix: Path | None = None,
    *,
    measures: Collection[str] = MEASURES,
    stop: Event | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> Measurements:
    """Measure a song.

    source: a folder with stems ({drums,bass,other,vocals,…}.wav, .flac or .mp3), or stems by name. mix: the whole song;
    without it the stems' sum is used. A measure that fails is `{"error": …}` and the rest go on; warn gets the reason.

    Raises ValueError (an unknown measure, or no file at all), ml.Stopped.
    """
    unknown = set(measures) - set(MEASURES)
    if unknown:
        raise ValueError(f"unknown measure: {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}")
    stems = dict(source) if isinstance(source, Mapping) else stems_in(source)
    if not stems and mix is None:
        raise ValueError("there are neither stems nor a mix to measure")
    song = _Song(stems, mix)
    out: Measurements = {"version": VERSION}
    for name in MEASURES:
        if name not in measures:
            continue
        if stop is not None and stop.is_set():
            raise Stopped
        try:
            out[name] = getattr(song, name)()
        except Exception as error:
            warn(f"{name} could not be measured: {type(error).__name__}: {error}")
            out[name] = {"error": f"This could not be measured ({type(error).__name__})."}
    return out


def stems_in(folder: Path) -> dict[str, Path]:
    """The stems in a folder by name; a WAV goes before a FLAC or an MP3."""
    found = {}
    for stem in STEMS:
        for ending in ("wav", "flac", "mp3"):
            path = folder / f"{stem}.{ending}"
            if path.is_file():
                found[stem] = path
                break
    return found


class _Song:
    """One song's files. What several measures need is computed once; what fails fails again for each of them."""

    def __init__(self, stems: Mapping[str, Path], mix: Path | None) -> None:
        from ml.analysis.features import Features

        self._stems, self._mix = stems, mix
        self._features = Features(stems, mix)

    @cached_property
    def _grid(self) -> Any:
        from ml.analysis import beats

        return beats.find(self._features)

    def beats(self) -> Any:
        from ml.analysis import beats

        return beats.measure(self._grid)

    def key(self) -> Any:
        from ml.analysis import tonality

        return tonality.key(self._features, self._grid.bars(), self._grid.beats)

    def chords(self) -> Any:
        from ml.analysis import tonality

        return tonality.chords(self._features, self._grid.bars(), self._grid.beats)

    def sections(self) -> Any:
        from ml.analysis import sections

        return sections.measure(self._features, self._grid.bars())

    def loudness(self) -> Any:
        from ml.analysis import loudness
        from ml.audio.decode import decode

        return loudness.measure(decode(self._mix) if self._mix else loudness.summed(self._stems.values()))

    def melody(self) -> Any:
        from ml.analysis import melody, sound
        from singing.network import RATE

        if "vocals" not in self._stems:
            raise ValueError("there is no vocal stem")
        return melody.measure(sound.mono([self._stems["vocals"]], RATE))
