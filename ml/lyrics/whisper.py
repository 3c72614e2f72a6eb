"""The `whisper` engine: words heard in the vocal stem, by faster-whisper (CTranslate2, int8 on the CPU).

The stem is cut by its energy (ml.lyrics.segmentation), and the stretches, without the long pauses between them, are
heard 30 s at a time, with some of the band (ml.lyrics.hearing), and without it where that is doubtful. What follows the
last word of one hearing opens the next, as in faster-whisper itself. Nothing is known of the text before
(`condition_on_previous_text=False`), as a text that went astray would lead the next astray.
A person's words are kept, and put on the voice by Whisper's cross-attention (ml.lyrics.attention). faster-whisper is
looked for when it is used, never when this is imported, and never fetches anything: the weights are in the store,
hash-checked, or the engine is unavailable."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable
from functools import partial as partial_of
from importlib.metadata import version
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from ml import Stopped
from ml.lyrics import again, loops, trust
from ml.lyrics.attention import ONSET_BIAS_S, align
from ml.lyrics.document import instrumental
from ml.lyrics.embedded import Embedded
from ml.lyrics.embedded import document as supplied_document
from ml.lyrics.hearing import HEARING_RATE, listen, with_band
from ml.lyrics.known import KnownText
from ml.lyrics.partial import Partial
from ml.lyrics.passes import OnePass, Stoppable
from ml.lyrics.segmentation import MAX_S, PAD_S
from ml.lyrics.stretches import Stretches
from ml.lyrics.voice import Voice, find_voice
from ml.lyrics.words import says_instrumental
from ml.models import WrongHash
from ml.models.store import Model
from ml.separation import ModelUnavailable

MIN_TEXT_CHARACTERS = 10
"""Fewer characters (white space aside) in the whole song are a breath taken for a word: the song is instrumental."""

BEAM = 5
TEMPERATURES = (0.0,)
"""Tried in turn where a window comes out garbled. The library's own six cost twice the time on music without words."""

AGAIN = (0.6,)
"""Tried where words came over and over: only one, as each costs a whole hearing."""

AGAIN_NGRAM = 5
"""Tokens: in what is heard again because the first hearing skipped it, no run of so many comes twice. So a chorus in
which the first hearing got lost gives lines."""

_TOKENS_A_SECOND, _MOST_TOKENS = 12, 224
"""Nobody sings more; without a limit, a loop over a few seconds takes as long as 30 s of rap. 224 is Whisper's own."""

_MAX_THREADS = 8
_RULES = 4  # changes when the same stem and words would give other lyrics
_HEARING = 4  # changes when the same samples would give other words: what was kept before does not count then
_LISTENED, _LOADED, _TO_ALIGN = 0.04, 0.08, 0.8  # shares of the work: heard, loaded, transcribed
_DETECT_S = 90
_PACKAGES = ("faster_whisper", "ctranslate2")


def is_installed() -> bool:
    """Whether the packages that Whisper needs are here (its weights are another matter)."""
    return all(find_spec(name) is not None for name in _PACKAGES)


class Whisper:
    """One size of Whisper. An `Engine` (ml.lyrics.engines). The weights are loaded when words are asked for."""

    name: ClassVar[str] = "whisper"

    def __init__(
        self, model: Model, *, threads: int = 2, vad: bool = False, keeps_tags: bool = False
    ) -> None:
        """`threads` of the CPU at most; `keeps_tags`: a tag's words are kept, as a person's always are; `vad`: also
        leave out what Silero's detector takes for no speech, which loses sung words."""
        self.model = model.name
        # Another size hears other words: it is part of what the lyrics follow from.
        installed = version("faster-whisper") if is_installed() else "none"
        self.version = f"{installed}, {model.name}, {_RULES}"
        self._stored = model
        self._threads = min(threads, _MAX_THREADS)
        self._vad = vad
        self._keeps_tags = keeps_tags

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
        """See ml.lyrics.write_lyrics. A person's `text` is kept, and timed; a tag's only where the engine
        `keeps_tags`, else no more than the word "instrumental" counts. Also raises ModelUnavailable."""
        if says_instrumental(text.text if text else ""):
            return instrumental()
        keep = text is not None and (
            text.by_person or (self._keeps_tags and text.characters >= MIN_TEXT_CHARACTERS)
        )
        if keep and text and text.lines and text.timed:
            # Their own times stay in any case.
            return Embedded().write(vocals, text=text, language=language, progress=progress, stop=stop)
        voice = find_voice(vocals, progress=lambda f: progress(f * _LISTENED / 2), stop=stop)
        if voice.silent and not keep:
            return instrumental()
        heard = listen(vocals, progress=lambda f: progress(_LISTENED / 2 + f * _LISTENED / 2), stop=stop)
        mixed = with_band(heard, band, stop=stop)
        whisper = self._load(stop)
        progress(_LOADED)
        spoken = _language(language, whisper.supported_languages) or self._detect(whisper, heard, voice)
        known = text if keep else None
        share = _TO_ALIGN if known else 1.0
        found = self._hear(
            whisper,
            heard,
            mixed,
            voice,
            spoken,
            lambda f: progress(_LOADED + f * (share - _LOADED)),
            Partial(partial, f"{self.version} {spoken} {self._vad} {_HEARING}"),
            stop,
        )
        if known is not None:
            timed, notice = align(
                whisper, heard, known, found, voice, spoken, lambda f: progress(share + f * (1 - share)), stop
            )
            made = supplied_document(
                known, timed, voice.spans, language=spoken, engine=self.name, notice=notice, model=self.model
            )
            progress(1.0)
            return made
        progress(1.0)
        if (
            sum(len("".join(word["word"].split())) for s in found for word in s["words"])
            < MIN_TEXT_CHARACTERS
        ):
            return instrumental()
        made = {
            "language": spoken,
            "instrumental": False,
            "segments": found,
            "source": "transcribed",
            "engine": self.name,
            "model": self.model,
            "estimated": False,
        }
        return trust.mark(made, voice.spans)

    def _hear(
        self,
        whisper: Any,
        alone: Any,
        mixed: Any | None,
        voice: Voice,
        language: str,
        progress: Callable[[float], None],
        partial: Partial,
        stop: threading.Event,
    ) -> list[dict[str, Any]]:
        """The segments of lyrics.json, heard 30 s at a time: in `mixed`, where there is one, and in the voice `alone`
        where that is doubtful."""
        heard = alone if mixed is None else mixed
        stretches = Stretches(voice.segments)
        lines: list[list[list[Any]]] = []
        at = 0
        # The last segment ends with padding, in which no word is.
        while stretches.length - at > (PAD_S * HEARING_RATE if at else 0):
            if stop.is_set():
                raise Stopped
            end = stretches.hearing_end(at)
            samples = stretches.samples(heard, at, end)
            own = partial.read(samples)
            if own is None:
                own = loops.understood(
                    samples,
                    partial_of(self._hear_once, whisper, language),
                    TEMPERATURES,
                    AGAIN,
                    None if mixed is None else stretches.samples(alone, at, end),
                )
                partial.write(samples, own)
            shift = at / HEARING_RATE
            lines += [
                [[word, start + shift, end + shift, probability] for word, start, end, probability in line]
                for line in own["lines"]
            ]
            at += own["until"]
            progress(min(1.0, at / stretches.length))
        end_s = math.floor(min(voice.duration_s, len(heard) / HEARING_RATE) * 1000) / 1000
        found = list(_in_song(lines, stretches))

        kept = partial.other(f"again {AGAIN_NGRAM}")

        def hear(samples: Any) -> dict[str, Any]:
            own = kept.read(samples)
            if own is None:
                own = self._hear_once(
                    whisper, language, samples, TEMPERATURES[:1], no_repeat_ngram_size=AGAIN_NGRAM
                )
                kept.write(samples, own)
            return own

        sung = [(word.start, word.end) for line in found for word in line.words]
        hearings = max(1, math.ceil(stretches.length / (MAX_S * HEARING_RATE)))
        missed = again.lines(heard, sung, voice.spans, hear, most=hearings)
        found += [
            SimpleNamespace(
                words=[SimpleNamespace(word=w, start=a, end=b, probability=p) for w, a, b, p in line]
            )
            for line in missed
        ]
        found.sort(key=lambda line: float(line.words[0].start))
        return again.voiced(document_segments(found, end_s), alone)

    def _hear_once(
        self, whisper: Any, language: str, samples: Any, temperatures: tuple[float, ...], **options: Any
    ) -> dict[str, Any]:
        """One pass of Whisper over up to 30 s: {lines: [[word, start (s), end (s), probability], ...], until: where
        the next hearing begins (samples)}.

        Left alone, faster-whisper would hear what follows the last word again by itself, as expensive as 30 s: twice
        the work. So it is broken off there, and the next hearing begins there.
        """
        passes = OnePass(whisper)
        found: list[Any] = []
        with passes:
            segments, _ = whisper.transcribe(
                samples,
                language=language,
                beam_size=BEAM,
                temperature=temperatures,
                condition_on_previous_text=False,
                word_timestamps=True,
                vad_filter=self._vad and find_spec("onnxruntime") is not None,
                max_new_tokens=min(_MOST_TOKENS, round(8 + _TOKENS_A_SECOND * len(samples) / HEARING_RATE)),
                **options,
            )
            found.extend(segments)
        lines = [
            [
                [word.word, word.start + ONSET_BIAS_S, word.end + ONSET_BIAS_S, float(word.probability)]
                for word in segment.words
            ]
            for segment in found
            if segment.words
        ]
        end_s = max((word[2] - ONSET_BIAS_S for line in lines for word in line), default=0.0)
        last = round(end_s * HEARING_RATE)
        until = last if passes.broken_off and last > 0 else len(samples)
        return {"lines": lines, "until": min(until, len(samples))}

    def _detect(self, whisper: Any, heard: Any, voice: Voice) -> str:
        """The language, from up to a minute and a half of what is sung: an intro tells nothing."""
        if not whisper.model.is_multilingual:
            return "en"
        sung = [heard[round(a * HEARING_RATE) : round(b * HEARING_RATE)] for a, b in voice.spans]
        if not sung:
            sung = [heard]
        code, _, _ = whisper.detect_language(
            np.concatenate(sung)[: _DETECT_S * HEARING_RATE], language_detection_segments=_DETECT_S // 30
        )
        return str(code)

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
        from ctranslate2 import set_random_seed
        from faster_whisper import WhisperModel

        set_random_seed(0)  # temperatures draw: the same song gets the same words each time
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
        whisper.model = Stoppable(whisper.model, stop)
        return whisper


def _language(asked: str | None, known: Iterable[str]) -> str | None:
    """The language to force: that of the code asked for ("pt-BR" is "pt"), None (to be detected) for an unknown
    one."""
    code = (asked or "").replace("_", "-").split("-")[0].lower()
    return code if code in set(known) else None


def _in_song(lines: Iterable[list[list[Any]]], stretches: Stretches) -> Iterable[Any]:
    """Lines of [word, start, end, probability] at their place in the song; one on both sides of a pause that was cut
    out becomes two."""
    for line in lines:
        placed = [(stretches.place(start, end), word, sure) for word, start, end, sure in line]
        for _, group in groupby(placed, key=lambda one: one[0][0]):
            yield SimpleNamespace(
                words=[
                    SimpleNamespace(word=word, start=start, end=end, probability=sure)
                    for (_, (start, end)), word, sure in group
                ]
            )


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
