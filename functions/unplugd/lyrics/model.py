"""Lyrics as the app keeps them: the lines of a file (lyricsfile), and a person's own layer over the machine's."""

from __future__ import annotations

from enum import StrEnum

from lyricsfile.model import (
    MAX_BYTES,
    MAX_LINE,
    MAX_LINES,
    MAX_TIME_S,
    MAX_WORDS,
    About,
    Line,
    Lines,
    Timed,
    Word,
    pieces,
    spelling,
    timed,
)

__all__ = [
    "KEPT_VERSIONS",
    "MAX_BYTES",
    "MAX_LINE",
    "MAX_LINES",
    "MAX_SHIFT_MS",
    "MAX_TIME_S",
    "MAX_WORDS",
    "About",
    "Line",
    "Lines",
    "Source",
    "Timed",
    "Word",
    "pieces",
    "spelling",
    "timed",
]

MAX_SHIFT_MS = 60_000  # of the offset and of a nudge
# A request that read the row just before a change finds the layer it names: so many versions stay.
KEPT_VERSIONS = 3


class Source(StrEnum):
    """Where the words come from: the machine heard them, a person (or the file's tags) gave them, or edited them."""

    TRANSCRIBED = "transcribed"
    SUPPLIED = "supplied"
    EDITED = "edited"
