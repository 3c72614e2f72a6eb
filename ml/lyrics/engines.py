"""The engines that write lyrics, which model name means which, and the front door."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from ml.lyrics.embedded import Embedded
from ml.separation import ModelUnavailable


class Engine(Protocol):
    """One way to get from a vocal stem to the document of lyrics.json."""

    name: str
    version: str

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
"""Model name to engine, best first: "auto" takes the first."""


def resolve(model: str) -> Engine:
    """The engine that `model` means here. Raises ModelUnavailable, naming those that are."""
    name = next(iter(ENGINES)) if model == "auto" else model
    engine = ENGINES.get(name)
    if engine is None:
        have = ", ".join(["auto", *ENGINES])
        raise ModelUnavailable(f"The lyrics model “{model}” is not installed here; available: {have}.")
    return engine


def write_lyrics(
    vocals: Path,
    *,
    text: str | None,
    model: str = "auto",
    language: str | None = None,
    progress: Callable[[float], None] = lambda _fraction: None,
    stop: threading.Event | None = None,
) -> dict[str, Any]:
    """The document lyrics.json holds, for the vocal stem `vocals` (WAV).

    `text` is what is known of the words (lines; the first 100 KB count), `language` its code or None;
    `progress` gets 0..1. Returns one of three shapes:

    - words: `{language, instrumental: False, segments: [{start, end, text, words: [{word, start, end,
      probability, estimated}]}], source, engine, estimated}`: seconds, monotone, inside the song;
    - no singing: `{language: None, instrumental: True, segments: []}`;
    - no lyrics could be written: `{language: None, instrumental: False, segments: [], status: "FAILED",
      reason}`, the reason being a sentence for the song's owner.

    Raises ModelUnavailable, ml.audio.BadAudio (the stem cannot be read), ml.Stopped (`stop` was set).
    """
    return resolve(model).write(
        vocals, text=text, language=language, progress=progress, stop=stop or threading.Event()
    )
