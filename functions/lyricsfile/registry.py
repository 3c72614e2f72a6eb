"""Every format by its name, how a text is recognised, and the formats that are refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from lyricsfile import ass, documents, lrc, sbv, srt, ttml, txt, ultrastar, vtt
from lyricsfile.encoding import ENCODINGS
from lyricsfile.model import MAX_BYTES, About, Lines, Timed
from lyricsfile.reading import NotRead


@dataclass(frozen=True)
class Format:
    """A file format that is written: how, what it is called, and how finely its lines must be timed."""

    write: Callable[[Lines, About], str]
    suffix: str
    content_type: str
    needs: Timed


_PLAIN = "text/plain; charset=utf-8"

FORMATS = {
    "txt": Format(txt.write, "txt", _PLAIN, Timed.NONE),
    "lrc": Format(lrc.write, "lrc", _PLAIN, Timed.LINES),
    "lrc-enhanced": Format(lrc.write_enhanced, "lrc", _PLAIN, Timed.LINES),
    "srt": Format(srt.write, "srt", "application/x-subrip; charset=utf-8", Timed.LINES),
    "vtt": Format(vtt.write, "vtt", "text/vtt; charset=utf-8", Timed.LINES),
    "ass": Format(ass.write, "ass", "text/x-ssa; charset=utf-8", Timed.LINES),
}

READERS: dict[str, Callable[[str], Lines]] = {
    "txt": txt.parse,
    "lrc": lrc.parse,
    "srt": srt.parse,
    "vtt": vtt.parse,
    "ass": ass.parse,
    "json": documents.parse,
    "ttml": ttml.parse,
    "sbv": sbv.parse,
    "ultrastar": ultrastar.parse,
}
READABLE = tuple(READERS)
SUFFIXES = ("ttml", "lrc", "ass", "ssa", "json", "srt", "vtt", "sbv", "txt")
"""Of files that hold them, those with the finer times first."""

_REFUSED = (
    ("SAMI", r"\s*<SAMI>"),
    ("a web page (HTML)", r"\s*(?:<!DOCTYPE html|<html[\s>])"),
    ("RTF", r"\s*\{\\rtf"),
    ("XML", r"\s*<\?xml"),
    ("MicroDVD", r"\s*\{\d+\}\{\d+\}"),
    ("KRC or QRC", r"(?:\[[a-zA-Z]\w*:[^\]\n]*\]\s*|\[offset[^\]\n]*\]\s*)*\[\d+,\d+\]"),
)
_FIRST = 4000  # characters that a format is recognised by

_MARKS = (
    ("vtt", re.compile(r"WEBVTT")),
    ("sbv", re.compile(rf"\s*{sbv.TIMING}\s*?(?:\r|\n|\Z)")),
    ("json", re.compile(r"\s*(?:\{\s*\"|\[\s*\{)")),
    (
        "ttml",
        re.compile(
            r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:[^-]|-(?!->))*-->\s*)*(?:<!DOCTYPE\s+(?:\w+:)?tt\b|<(?:\w+:)?tt[\s>])"
        ),
    ),
)
_LINES = (
    ("ass", re.compile(r"^[ \t]*\[Script Info\][ \t]*\r?$", re.IGNORECASE | re.MULTILINE)),
    ("srt", re.compile(r"^[ \t]*[-+]?[\d:.,]+[ \t]*-->", re.MULTILINE)),
    ("lrc", re.compile(r"^[ \t]*[\[<][ \t]*[-+]?\d{1,3}:\d", re.MULTILINE)),
    (
        "lrc",
        re.compile(
            r"^[ \t]*\[(?:ti|ar|al|by|offset|length|re|ve)[ \t]*:.*\][ \t]*\r?$", re.IGNORECASE | re.MULTILINE
        ),
    ),
)


def detect(text: str) -> str:
    """The format a text looks like; plain text where nothing says otherwise. Raises NotRead for those of other
    programs, by name: their markup must never become lyrics."""
    for name, mark in _MARKS:
        if mark.match(text[:_FIRST]):
            return name
    for name, begins in _REFUSED:
        if re.match(begins, text[:_FIRST], re.IGNORECASE | re.DOTALL):
            raise NotRead(
                f"The file is {name}, which is not read. Convert it to lrc, srt, vtt or ass, or send the text.",
                field="format",
                problem=f"{name} is not read",
            )
    if ultrastar.is_ultrastar(text):
        return "ultrastar"
    return next((name for name, mark in _LINES if mark.search(text)), "txt")


def for_the_page() -> dict[str, object]:
    """What the page offers of lyrics files, as JSON."""
    return {"maxBytes": MAX_BYTES, "suffixes": list(SUFFIXES), "encodings": list(ENCODINGS)}
