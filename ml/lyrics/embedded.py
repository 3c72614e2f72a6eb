"""The engine that is always there: supplied words, timed on the vocal stem.

Words with times of their own keep them. English ones are put on the voice by the forced aligner, where pocketsphinx is
installed; everything else is spread over what is sung, by energy and syllables, and marked as estimated.
"""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ml.lyrics import aligner, timing, trust
from ml.lyrics.document import failed, instrumental
from ml.lyrics.grade import REMEDY, grade
from ml.lyrics.hearing import listen
from ml.lyrics.known import KnownText
from ml.lyrics.language import other_language
from ml.lyrics.voice import Span, find_voice
from ml.lyrics.words import says_instrumental

MIN_TEXT_CHARACTERS = 10
"""Fewer characters (white space aside) in the tags are not lyrics: "n/a", "unknown". A person means what they write."""

NO_WORDS = (
    "No transcription engine is installed, and the file's tags hold no lyrics; "
    "add the words to the song, or to the file's lyrics tag and upload it again."
)
NOT_ENGLISH = (
    "The word times are estimates: the built-in aligner knows English only{and_this}. "
    "For other languages a Whisper model is needed (make models)."
)
NO_ALIGNER = "The word times are estimates: the built-in aligner is not installed on this machine."
NOT_FOUND = "The word times are estimates: these words could not be found in the singing."
NO_VOICE = "The word times are estimates: nothing is sung in this song that the words could be put on."
SOME_LINES = "{count} of {all} lines could not be found in the singing; their times are estimates."

_ENGLISH = ("en", "eng")  # ISO 639-1, and 639-2 and -3
_READ, _HEARD = 0.15, 0.25  # shares of the work


class Embedded:
    """Needs no model of its own. It hears no words: it can only find those that it is given."""

    name = "embedded"
    version = "4"

    def write(
        self,
        vocals: Path,
        *,
        text: KnownText | None,
        language: str | None,
        progress: Callable[[float], None],
        stop: threading.Event,
        partial: Path | None = None,  # noqa: ARG002  (an alignment is over in seconds)
        band: Iterable[Path] = (),  # noqa: ARG002  (known words are found in the voice alone)
    ) -> dict[str, Any]:
        """See ml.lyrics.write_lyrics."""
        voice = find_voice(vocals, progress=lambda f: progress(f * _READ), stop=stop)
        known = text or KnownText(())
        if says_instrumental(known.text):
            return instrumental()
        if not known.lines or (known.characters < MIN_TEXT_CHARACTERS and not known.by_person):
            return instrumental() if voice.silent else failed(NO_WORDS)
        found: list[Span | None] = [None for line in known.lines for _ in line.line.units]
        notice = None
        if not known.timed:
            found, notice = _align(vocals, known, voice.spans, language, progress, stop)
        # Words but no voice: the words are more reliable than the meter, so they get the whole song.
        times = timing.complete(
            known.lines, found, voice.spans or [(0.0, voice.duration_s)], voice.duration_s
        )
        progress(1.0)
        return document(
            known,
            times,
            voice.spans,
            language=language,
            engine=self.name,
            notice=notice or _lost(known, times),
        )


def document(
    known: KnownText,
    times: list[timing.Timed],
    spans: tuple[Span, ...],
    *,
    language: str | None,
    engine: str,
    notice: str | None,
    model: str | None = None,
) -> dict[str, Any]:
    """The document of supplied words. It is `estimated` as a whole where most of its words are; its `grade` says how
    far the times can be trusted, and the notice what helps."""
    duration_s = max([time.end for time in times] + [end for _, end in spans])
    graded = grade(known.lines, times, spans, duration_s)
    notice = " ".join(filter(None, (notice, REMEDY.get(graded)))) or None
    made = {
        "language": language,
        "instrumental": False,
        "segments": timing.segments(known.lines, times),
        "source": "supplied",
        "engine": engine,
        **({"model": model} if model else {}),
        "estimated": sum(time.estimated for time in times) * 2 > len(times),
        "grade": graded,
        **({"notice": notice} if notice else {}),
    }
    return trust.mark(made, spans)


def _align(
    vocals: Path,
    known: KnownText,
    spans: tuple[Span, ...],
    language: str | None,
    progress: Callable[[float], None],
    stop: threading.Event,
) -> tuple[list[Span | None], str | None]:
    """The spans of the units that were found, and the sentence that says why none was."""
    units = [unit for line in known.lines for unit in line.line.units]
    nothing: list[Span | None] = [None] * len(units)
    if not spans:
        return nothing, NO_VOICE
    spoken = (language or "").replace("_", "-").split("-")[0].lower()
    if spoken and spoken not in _ENGLISH:
        return nothing, NOT_ENGLISH.format(and_this="")
    if other := other_language(units):
        return nothing, NOT_ENGLISH.format(and_this=f", and these words look {other}")
    if not aligner.is_installed():
        return nothing, NO_ALIGNER
    search = aligner.Aligner()
    if not search.knows(units, asked=spoken in _ENGLISH):
        return nothing, NOT_ENGLISH.format(and_this="")
    samples = listen(vocals, progress=lambda f: progress(_READ + f * (_HEARD - _READ)), stop=stop)
    found = search.align(samples, units, progress=lambda f: progress(_HEARD + f * (0.99 - _HEARD)), stop=stop)
    found = timing.without_strays(known.lines, found)
    return timing.judge(known.lines, found), NOT_FOUND if not any(found) else None


def _lost(known: KnownText, times: list[timing.Timed]) -> str | None:
    lost = sum(segment["estimated"] for segment in timing.segments(known.lines, times))
    return SOME_LINES.format(count=lost, all=len(known.lines)) if lost else None
