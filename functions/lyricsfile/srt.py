"""SubRip (.srt): numbered blocks of a time line and words. Times have 1 ms; it knows no words' times."""

from __future__ import annotations

import re

from lyricsfile.cues import cues, time
from lyricsfile.model import About, Line, Lines
from lyricsfile.reading import clean, closed, guarded, numbered, unguarded, without_readings

# Its markup, by habit rather than by a standard: dress, not words. Any other stays as it was written.
_DRESS = re.compile(r"</?(?:i|b|u|s|font)(?:\s[^<>]*)?>|\{\\an?\d+\}", re.IGNORECASE)
_MARKUP = re.compile(r"<(?=/?(?:i|b|u|s|font|rt|rp|ruby|rb|rtc)\b)|\{(?=\\an?\d)|-(?=->)", re.IGNORECASE)


def parse(text: str) -> Lines:
    """A cue a line, sorted; cues without words are left out, wherever they are."""
    lines = []
    for cue in cues(numbered(text), open_ended=True):
        words = clean(unguarded(_DRESS.sub("", without_readings(cue.text))))
        if words:
            lines.append(Line(words, cue.start, cue.end))
    return closed(lines)


def write(lines: Lines, _about: About) -> str:
    """A line a cue."""
    return "\n".join(
        f"{i}\n{time(line.start or 0.0, ',')} --> {time(line.end or line.start or 0.0, ',')}\n"
        f"{guarded(line.text, _MARKUP)}\n"
        for i, line in enumerate(lines, 1)
    )
