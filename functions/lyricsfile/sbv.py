"""SBV (.sbv), captions as YouTube gives them: `0:00:01.000,0:00:02.500` above the words of each. Times have 1 ms."""

from __future__ import annotations

import re

from lyricsfile.cues import cues
from lyricsfile.model import Line, Lines
from lyricsfile.reading import clean, closed, numbered

TIMING = r"\d{1,3}:\d{2}:\d{2}\.\d{1,3},\d{1,3}:\d{2}:\d{2}\.\d{1,3}"
_TIMING = re.compile(rf"\s*{TIMING}\s*")
_BREAK = re.compile(r"\[br\]", re.IGNORECASE)


def parse(text: str) -> Lines:
    """A cue a line, sorted. It has no markup but `[br]`, where its line breaks."""
    rows = [
        (number, raw.replace(",", " --> ") if _TIMING.fullmatch(raw) else raw)
        for number, raw in numbered(text)
    ]
    found = cues(rows, open_ended=False)
    return closed(Line(clean(_BREAK.sub(" ", cue.text)), cue.start, cue.end) for cue in found)
