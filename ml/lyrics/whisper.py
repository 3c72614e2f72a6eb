"""The `whisper` engine: words heard in the vocal stem, by faster-whisper (CTranslate2, int8 on the CPU).

Nothing is known of the text before, so each window of 30 s is heard for itself (`condition_on_previous_text=False`): a
text that went astray would otherwise lead the next astray. faster-whisper is looked for when it is used, never when
this is imported, and never fetches anything: the weights are in the store, hash-checked, or the engine is unavailable.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from ml import Stopped
from ml.lyrics.document import instrumental
from ml.lyrics.hearing import HEARING_RATE, listen
from ml.lyrics.voice import find_voice
from ml.lyrics.words import says_instrumental
from ml.models import WrongHash
from ml.models.store import Model
from ml.separation import ModelUnavailable

MIN_TEXT_CHARACTERS = 10
"""Fewer characters (white space aside) in the whole song are a breath taken for a word: the song is instrumental."""

BEAM = 5
TEMPERATURES = (0.0, 0.4, 0.8)
"""Tried in turn where a window comes out garbled. The library's own six cost twice the time on music without words."""

_MAX_THREADS = 8
_LISTENED, _LOADED = 0.04, 0.08  # shares of the work before the first word
_PACKAGES = ("faster_whisper", "ctranslate2")


def is_installed() -> bool:
    """Whether the packages that Whisper needs are here (its weights are another matter)."""
    return all(find_spec(name) is not None for name in _PACKAGES)


class Whisper:
    """One size of Whisper. An `Engine` (ml.lyrics.engines). The weights are loaded when words are asked for."""

    name: ClassVar[str] = "whisper"

    def __init__(self, model: Model, *, threads: int = 2, vad: bool = True) -> None:
        """`threads` of the CPU at most; `vad`: leave out what Silero's detector takes for no voice."""
        self.model = model.name
        # Another size hears other words: it is part of what the lyrics follow from.
        self.version = f"{version('faster-whisper') if is_installed() else 'none'}, {model.name}"
        self._stored = model
        self._threads = min(threads, _MAX_THREADS)
        self._vad = vad

    def write(
        self,
        vocals: Path,
        *,
        text: str | None,
        language: str | None,
        progress: Callable[[float], None],
        stop: threading.Event,
    ) -> dict[str, Any]:
        """See ml.lyrics.write_lyrics. Of `text` only the word "instrumental" counts. Also raises ModelUnavailable."""
        if says_instrumental(text or ""):
            return instrumental()
        voice = find_voice(vocals, progress=lambda f: progress(f * _LISTENED / 2), stop=stop)
        if voice.silent:
            return instrumental()
        heard = listen(vocals, progress=lambda f: progress(_LISTENED / 2 + f * _LISTENED / 2), stop=stop)
        whisper = self._load(stop)
        progress(_LOADED)
        segments, info = whisper.transcribe(
            heard,
            language=_language(language, whisper.supported_languages),
            beam_size=BEAM,
            temperature=TEMPERATURES,
            condition_on_previous_text=False,
            word_timestamps=True,
            vad_filter=self._vad and find_spec("onnxruntime") is not None,
        )
        duration_s = min(voice.duration_s, len(heard) / HEARING_RATE)
        found = document_segments(
            _watched(segments, duration_s, progress), math.floor(duration_s * 1000) / 1000
        )
        progress(1.0)
        if (
            sum(len("".join(word["word"].split())) for s in found for word in s["words"])
            < MIN_TEXT_CHARACTERS
        ):
            return instrumental()
        return {
            "language": info.language,
            "instrumental": False,
            "segments": found,
            "source": "transcribed",
            "engine": self.name,
            "model": self.model,
            "estimated": False,
        }

    def _load(self, stop: threading.Event) -> Any:
        missing = [name for name in _PACKAGES if find_spec(name) is None]
        if missing:
            raise ModelUnavailable(
                f"The lyrics model '{self.model}' needs {', '.join(missing)}, not installed here: run make models."
            )
        try:
            self._stored.verify()
        except WrongHash as error:
            raise ModelUnavailable(str(error)) from error
        if "tokenizer.json" not in self._stored.files:
            # Without it the library would ask the network for one.
            raise ModelUnavailable(f"The lyrics model '{self.model}' lacks tokenizer.json: run make models.")
        from faster_whisper import WhisperModel

        try:
            whisper = WhisperModel(
                str(self._stored.folder),
                device="cpu",
                compute_type="int8",
                cpu_threads=self._threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            reason = " ".join(str(error).split())[:200]
            raise ModelUnavailable(
                f"The lyrics model '{self.model}' cannot be loaded ({reason}). "
                f"Fetch it again: make models MODELS={self.model}"
            ) from error
        whisper.model = _Stoppable(whisper.model, stop)
        return whisper


class _Stoppable:
    """CTranslate2's model, which looks for a stop before each of its calls: a call cannot be broken off, but one is
    at most a window of 30 s at one temperature."""

    def __init__(self, model: Any, stop: threading.Event) -> None:
        self._model = model
        self._stop = stop

    def __getattr__(self, name: str) -> Any:
        if self._stop.is_set():
            raise Stopped
        return getattr(self._model, name)


def _language(asked: str | None, known: Iterable[str]) -> str | None:
    """The language to force: that of the code asked for ("pt-BR" is "pt"), None (to be detected) for an unknown one."""
    code = (asked or "").replace("_", "-").split("-")[0].lower()
    return code if code in set(known) else None


def _watched(segments: Iterable[Any], duration_s: float, progress: Callable[[float], None]) -> Iterable[Any]:
    heard_s = 0.0
    for segment in segments:
        yield segment
        heard_s = max(
            heard_s, min(float(segment.end), duration_s)
        )  # a segment may end before the one it follows
        progress(min(1.0, _LOADED + (1 - _LOADED) * heard_s / max(duration_s, 1e-3)))


def document_segments(segments: Iterable[Any], end_s: float) -> list[dict[str, Any]]:
    """faster-whisper's segments as lyrics.json has them: milliseconds, never going back, none after `end_s`.

    A segment without words is left out; a word's times are moved no further than order and the song's end ask for.
    """
    last = 0.0
    found: list[dict[str, Any]] = []
    for segment in segments:
        words = []
        for word in segment.words or ():
            if not word.word.strip():
                continue
            start = min(max(round(float(word.start), 3), last), end_s)
            last = min(max(round(float(word.end), 3), start), end_s)
            words.append(
                {
                    "word": word.word.strip(),
                    "start": start,
                    "end": last,
                    "probability": round(min(1.0, max(0.0, float(word.probability))), 3),
                    "estimated": False,
                }
            )
        if words:
            text = "".join(word.word for word in segment.words).strip()
            found.append(
                {"start": words[0]["start"], "end": last, "text": " ".join(text.split()), "words": words}
            )
    return found
