"""SubRip (.srt): numbered blocks of a time line and words. Times have 1 ms; it knows no words' times."""

from __future__ import annotations

import re

from unplugd.lyrics.formats.cues import cues, time
from unplugd.lyrics.formats.reading import clean, closed, guarded, numbered, unguarded
from unplugd.lyrics.model import About, Line, Lines

# Its markup, by habit rather than by a standard: dress, not words. Any other stays as it was written.
_DRESS = re.compile(r"</?(?:i|b|u|s|font)(?:\s[^<>]*)?>|\{\\an?\d+\}", re.IGNORECASE)
_MARKUP = re.compile(r"<(?=/?(?:i|b|u|s|font)\b)|\{(?=\\an?\d)|-(?=->)", re.IGNORECASE)


def parse(text: str) -> Lines:
    """A cue a line."""
    lines = []
    for cue in cues(numbered(text)):
        words = clean(unguarded(_DRESS.sub("", cue.text)))
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
