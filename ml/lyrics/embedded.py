"""The engine that is always there: supplied words, times estimated from the vocal stem's energy."""

import math
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ml.lyrics.document import failed, instrumental
from ml.lyrics.spread import spread
from ml.lyrics.voice import Span, find_voice
from ml.lyrics.words import Line, lines_of, says_instrumental

MIN_TEXT_CHARACTERS = 10
"""Fewer characters (white space aside) are not lyrics: "n/a", "unknown"."""

NO_WORDS = (
    "No transcription engine is installed, and the file's tags hold no lyrics; "
    "add the words to the file's lyrics tag and upload it again."
)


class Embedded:
    """Needs no model. It does not listen to words, so it says `estimated` of everything it times."""

    name = "embedded"
    version = "1"

    def write(
        self,
        vocals: Path,
        *,
        text: str | None,
        language: str | None,
        progress: Callable[[float], None],
        stop: threading.Event,
    ) -> dict[str, Any]:
        """See ml.lyrics.write_lyrics."""
        voice = find_voice(vocals, progress=progress, stop=stop)
        lines = lines_of(text or "")
        if says_instrumental(text or ""):
            return instrumental()
        if sum(len(unit) for line in lines for unit in line.units) < MIN_TEXT_CHARACTERS:
            return instrumental() if voice.silent else failed(NO_WORDS)
        # Words but no voice: whoever wrote them knows better than a meter, so they get the whole song.
        times = spread(lines, voice.spans or [(0.0, voice.duration_s)])
        return {
            "language": language,
            "instrumental": False,
            "segments": _segments(lines, times, voice.duration_s),
            "source": "supplied",
            "engine": self.name,
            "estimated": True,
        }


def _segments(lines: Sequence[Line], times: Sequence[Span], duration_s: float) -> list[dict[str, Any]]:
    # Down to the millisecond: a time rounded up could lie past the song's end.
    last_ms = math.floor(duration_s * 1000)
    segments: list[dict[str, Any]] = []
    position = 0
    for line in lines:
        words = []
        for unit, (start, end) in zip(line.units, times[position:], strict=False):
            words.append(
                {
                    "word": unit,
                    "start": min(round(start * 1000), last_ms) / 1000,
                    "end": min(round(end * 1000), last_ms) / 1000,
                    "probability": None,
                    "estimated": True,
                }
            )
        position += len(words)
        segments.append(
            {"start": words[0]["start"], "end": words[-1]["end"], "text": line.text, "words": words}
        )
    return segments
