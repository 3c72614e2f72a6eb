"""Separation: one song in, four stems, their streamable encodings and peaks out."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

STEMS = ("drums", "bass", "other", "vocals")
"""The four stems, in the order every file and table lists them."""


class ModelUnavailable(Exception):
    """The model asked for cannot run here. The message names the models that can."""


@dataclass(frozen=True)
class SeparationResult:
    """What a separation did. Times in seconds, gain linear, residual in dB."""

    engine: str
    model: str
    model_version: str
    model_sha256: str
    seconds: float
    gain: float
    residual_db: float
    source_sha256: str
    frames: int
    sample_rate: int
    files: tuple[str, ...]


def separate_file(
    source: Path,
    out: Path,
    *,
    model: str = "auto",
    models: Path | None = None,
    progress: Callable[[float], None] = lambda _fraction: None,
    stop: threading.Event | None = None,
) -> SeparationResult:
    """Separate `source` into `out`: {drums,bass,other,vocals}.wav, a stream file of each, peaks.json.

    `models` is the folder of the weights (ml.models.store); without it only the preview can run. Raises
    ml.audio.BadAudio (bad input), ModelUnavailable, ml.Stopped (stop was set).
    """
    from ml.separation.job import run

    return run(source, out, model=model, models=models, progress=progress, stop=stop or threading.Event())
