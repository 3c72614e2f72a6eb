"""A song from its stems, separated by a model of ours, against those stems."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from ml.audio import CHANNELS, SAMPLE_RATE, BadAudio
from ml.evaluation import BadSongs, SongScore
from ml.evaluation.songs import Track, check, compare, estimated, find, stems
from ml.separation import separate_file

_MIXES = ("mix", "mixture")  # the second is MUSDB18's name


def separate_and_compare(
    name: str,
    folder: Path,
    model: str,
    models: Path | None,
    precision: str,
    progress: Callable[[str, float], None],
    stop: threading.Event,
) -> SongScore:
    """See ml.evaluation.evaluate_model, which this does for one song."""
    true = stems(folder)
    mix = next((path for mix in _MIXES if (path := find(folder, mix))), None)
    check([*true.values(), *([mix] if mix else [])])  # before the minutes that a separation takes
    with TemporaryDirectory(prefix="unplugd-evaluate-") as room:
        made = Path(room) / "stems"
        made.mkdir()
        try:
            result = separate_file(
                mix or add_up(true, Path(room) / "mix.wav"),
                made,
                model=model,
                models=models,
                precision=precision,
                progress=lambda fraction: progress(name, fraction),
                stop=stop,
            )
        except BadAudio as error:
            raise BadSongs(f"{mix or folder}: {error}") from error
        return compare(name, true, estimated(made, true), 1 / result.gain)


def add_up(true: Mapping[str, Path], path: Path) -> Path:
    """Write the sum of the stems as a WAV of float32, as long as the shortest of them. Raises BadSongs."""
    import soundfile

    tracks = [Track(stem) for stem in true.values()]
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, CHANNELS, "FLOAT", format="WAV") as file:
        while frames := min(len(track.window()) for track in tracks):
            file.write(sum(track.window()[:frames] for track in tracks))
            for track in tracks:
                track.advance()
    return path
