"""Plain text: a line a line, an empty line between verses."""

from __future__ import annotations

from lyricsfile.model import About, Line, Lines
from lyricsfile.reading import clean, numbered


def parse(text: str) -> Lines:
    """The lines that hold anything."""
    lines: list[Line] = []
    gap = False
    for _number, raw in numbered(text):
        words = clean(raw)
        if words:
            lines.append(Line(words, stanza=gap and bool(lines)))
        gap = not words
    return tuple(lines)


def write(lines: Lines, _about: About) -> str:
    """The text alone."""
    return "".join(("\n" if line.stanza else "") + line.text + "\n" for line in lines)
