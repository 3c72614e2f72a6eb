"""The engines that write lyrics, which model name means which, and the front door."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from ml.lyrics.embedded import Embedded
from ml.lyrics.whisper import Whisper, is_installed
from ml.models import ModelError
from ml.models.sources import LYRICS_ORDER, WHISPER
from ml.models.store import ModelStore
from ml.separation import ModelUnavailable


class Engine(Protocol):
    """One way to get from a vocal stem to the document of lyrics.json."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str:
        """Changes when the same stem and words would give other lyrics."""
        ...

    def write(
        self,
        vocals: Path,
        *,
        text: str | None,
        language: str | None,
        progress: Callable[[float], None],
        stop: threading.Event,
    ) -> dict[str, Any]:
        """The document. Raises BadAudio (the stem cannot be read), Stopped (`stop` was set)."""
        ...


ENGINES: dict[str, Engine] = {"embedded": Embedded()}
"""Model name to engine, of those that need no weights: "auto" takes the first where no transcriber is here."""


def resolve(model: str, models: Path | None = None) -> Engine:
    """The engine that `model` means here, its weights looked for in the folder `models`. Loads nothing yet.

    "auto" is the first of LYRICS_ORDER that is here and whose packages are installed, else "embedded". "align" wants
    the known words kept, which "embedded" does, with estimated times. Raises ModelUnavailable, naming those that are
    here.
    """
    if model == "align":
        return ENGINES["embedded"]
    name = choose(models) if model == "auto" else model
    if name in ENGINES:
        return ENGINES[name]
    try:
        stored = ModelStore(models).find(name) if models is not None else None
    except ModelError as error:
        raise ModelUnavailable(str(error)) from error
    if stored is not None and stored.kind == "whisper":
        return Whisper(stored, threads=_cores())
    have = ", ".join(["auto", *ENGINES, *present(models)])
    how = f" To install it: make models MODELS={name}." if name in WHISPER else ""
    raise ModelUnavailable(f"The lyrics model “{name}” is not installed here; available: {have}.{how}")


def choose(models: Path | None) -> str:
    """The name that "auto" stands for here."""
    here = present(models) if is_installed() else []
    return next((name for name in LYRICS_ORDER if name in here), next(iter(ENGINES)))


def present(models: Path | None) -> list[str]:
    """The transcribers whose weights are in the folder `models`, by name."""
    if models is None:
        return []
    return [model.name for model in ModelStore(models).list() if model.kind == "whisper"]


def _cores() -> int:
    """Cores this process may use: on a shared machine fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def write_lyrics(
    vocals: Path,
    *,
    text: str | None,
    model: str = "auto",
    models: Path | None = None,
    language: str | None = None,
    progress: Callable[[float], None] = lambda _fraction: None,
    stop: threading.Event | None = None,
) -> dict[str, Any]:
    """The document lyrics.json holds, for the vocal stem `vocals` (WAV).

    `text` is what is known of the words (lines; the first 100 KB count), `language` its code or None, `models` the
    folder of the weights (ml.models.store); `progress` gets 0..1. A transcriber writes what it hears, whatever `text`
    says. Returns one of three shapes:

    - words: `{language, instrumental: False, segments: [{start, end, text, words: [{word, start, end,
      probability, estimated}]}], source, engine, model, estimated}`: seconds, monotone, inside the song; `model` only
      where weights were used; `source` is "supplied" or "transcribed";
    - no singing: `{language: None, instrumental: True, segments: []}`;
    - no lyrics could be written: `{language: None, instrumental: False, segments: [], status: "FAILED",
      reason}`, the reason being a sentence for the song's owner.

    Raises ModelUnavailable, ml.audio.BadAudio (the stem cannot be read), ml.Stopped (`stop` was set).
    """
    return resolve(model, models).write(
        vocals, text=text, language=language, progress=progress, stop=stop or threading.Event()
    )
