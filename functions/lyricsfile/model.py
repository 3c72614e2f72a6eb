"""Lyrics: lines, their words and their times, in seconds from the start of the song."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MAX_BYTES = 1_000_000  # of a lyrics file; the words of a ten-minute song have some 10 KB
MAX_LINES = 2_000
MAX_WORDS = 10_000
MAX_LINE = 1_000  # characters
MAX_TIME_S = 3_600.0  # a song has ten minutes at most; a file made for a longer version still fits


class Timed(StrEnum):
    """What is timed: not every line, every line, or every word."""

    NONE = "none"
    LINES = "lines"
    WORDS = "words"


@dataclass(frozen=True)
class Word:
    """One sung unit of a line. `more`: what else is known of it (probability, estimated, flags), kept as it came."""

    text: str
    start: float
    end: float
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One line. Its words, concatenated, spell `text` (white space aside). `stanza`: a verse begins here.

    `more`: what else is known of it (estimated, flags)."""

    text: str
    start: float | None = None
    end: float | None = None
    words: tuple[Word, ...] = ()
    stanza: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)


Lines = tuple[Line, ...]


@dataclass(frozen=True)
class About:
    """What a file's header can say of the song."""

    title: str | None = None
    artist: str | None = None


def spelling(text: str) -> str:
    """`text` without its white space: what a line and its words have in common."""
    return "".join(text.split())


def pieces(line: Line) -> list[str]:
    """For each word of `line`, what `text` has of it, with the white space that follows."""
    found, rest = [], line.text
    for word in line.words:
        end, left = 0, len(spelling(word.text))
        while end < len(rest) and (left > 0 or rest[end].isspace()):
            left -= not rest[end].isspace()
            end += 1
        found.append(rest[:end])
        rest = rest[end:]
    return found


def timed(lines: Lines) -> Timed:
    """How finely all of `lines` are timed."""
    if all(line.words for line in lines):
        return Timed.WORDS
    return Timed.LINES if all(line.start is not None for line in lines) else Timed.NONE
