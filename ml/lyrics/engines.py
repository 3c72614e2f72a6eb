"""The engines that write lyrics, which model name means which, and the front door."""

import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from ml.lyrics.embedded import Embedded
from ml.lyrics.known import KnownText, from_text
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
        text: KnownText | None,
        language: str | None,
        progress: Callable[[float], None],
        stop: threading.Event,
        partial: Path | None = None,
        band: Iterable[Path] = (),
    ) -> dict[str, Any]:
        """The document. In the folder `partial` an engine may keep what it has so far, and find it again. `band`:
        see write_lyrics. Raises BadAudio (a stem cannot be read), Stopped (`stop` was set)."""
        ...


ENGINES: dict[str, Engine] = {"embedded": Embedded()}
"""Model name to engine, of those that need no weights: "auto" takes the first where no transcriber is here."""


def resolve(model: str, models: Path | None = None) -> Engine:
    """The engine that `model` means here, its weights looked for in the folder `models`. Loads nothing yet.

    "auto" is the first of LYRICS_ORDER that is here and whose packages are installed, else "embedded"; "align" means
    the same. Both keep a tag's words; a model that is named recognises words all the same. Raises ModelUnavailable,
    naming those that are here."""
    name = choose(models) if model in ("auto", "align") else model
    if name in ENGINES:
        return ENGINES[name]
    try:
        stored = ModelStore(models).find(name) if models is not None else None
    except ModelError as error:
        raise ModelUnavailable(str(error)) from error
    if stored is not None and stored.kind == "whisper":
        return Whisper(stored, threads=_cores(), keeps_tags=model in ("auto", "align"))
    have = ", ".join(["auto", *ENGINES, *present(models)])
    how = f" To install it: make models MODELS={name}." if name in WHISPER else ""
    raise ModelUnavailable(f"The lyrics model “{name}” is not installed here; available: {have}.{how}")


def choose(models: Path | None) -> str:
    """The name that "auto" means here."""
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
    text: KnownText | str | None,
    model: str = "auto",
    models: Path | None = None,
    language: str | None = None,
    progress: Callable[[float], None] = lambda _fraction: None,
    stop: threading.Event | None = None,
    partial: Path | None = None,
    band: Iterable[Path] = (),
) -> dict[str, Any]:
    """The document lyrics.json holds, for the vocal stem `vocals` (WAV).

    `text` is what is known of the words: a tag's text (plain or LRC; the first 100 KB count) or a KnownText.
    `language` is its code or None, `models` the folder of the weights (ml.models.store); `progress` gets 0..1.
    `partial` is a folder for what was heard before a stop. `band` are the song's other stems (WAV): a transcriber hears
    more words with some of them. It asks for one after the other; the embedded engine asks for none. A transcriber
    that is named ("base") ignores the tags; a person's words (`KnownText.by_person`) are kept and timed, by any
    engine. Returns one of three shapes:

    - words: `{language, instrumental: False, segments: [{start, end, text, words: [{word, start, end, probability,
      estimated, flags?}], estimated, flags?}], source, engine, model?, estimated, notice?, unworded}`: seconds,
      inside the song, monotone but where a person's own times overlap; `model` only where weights were used; `source`
      is "supplied" (a segment for each line, in order) or "transcribed"; `notice` is a sentence for the song's owner;
      flags and `unworded`: ml.lyrics.trust;
    - no singing: `{language: None, instrumental: True, segments: []}`;
    - no lyrics could be written: `{language: None, instrumental: False, segments: [], status: "FAILED",
      reason}`, the reason being a sentence for the song's owner.

    Raises ModelUnavailable, ml.audio.BadAudio (the stem cannot be read), ml.Stopped (`stop` was set).
    """
    known = from_text(text) if isinstance(text, str) else text
    return resolve(model, models).write(
        vocals,
        text=known,
        language=language,
        progress=progress,
        stop=stop or threading.Event(),
        partial=partial,
        band=band,
    )
