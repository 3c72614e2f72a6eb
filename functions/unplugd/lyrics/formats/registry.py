"""Every format by its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from unplugd.lyrics.formats import ass, lrc, srt, txt, vtt
from unplugd.lyrics.model import About, Lines, Timed


@dataclass(frozen=True)
class Format:
    """A file format: how it is read (None: only written), written, called, and how finely its lines must be timed."""

    read: Callable[[str], Lines] | None
    write: Callable[[Lines, About], str]
    suffix: str
    content_type: str
    needs: Timed


_PLAIN = "text/plain; charset=utf-8"

FORMATS = {
    "txt": Format(txt.parse, txt.write, "txt", _PLAIN, Timed.NONE),
    "lrc": Format(lrc.parse, lrc.write, "lrc", _PLAIN, Timed.LINES),
    "lrc-enhanced": Format(None, lrc.write_enhanced, "lrc", _PLAIN, Timed.LINES),
    "srt": Format(srt.parse, srt.write, "srt", "application/x-subrip; charset=utf-8", Timed.LINES),
    "vtt": Format(vtt.parse, vtt.write, "vtt", "text/vtt; charset=utf-8", Timed.LINES),
    "ass": Format(ass.parse, ass.write, "ass", "text/x-ssa; charset=utf-8", Timed.LINES),
}
READABLE = tuple(name for name, one in FORMATS.items() if one.read)


def detect(text: str) -> str:
    """The format a text looks like; plain text where nothing says otherwise."""
    text = text.removeprefix("\ufeff")
    if text.startswith("WEBVTT"):
        return "vtt"
    if re.search(r"^[ \t]*\[Script Info\][ \t]*\r?$", text, re.IGNORECASE | re.MULTILINE):
        return "ass"
    if re.search(r"^[ \t]*[\d:.,]+[ \t]*-->", text, re.MULTILINE):
        return "srt"
    if re.search(r"^[ \t]*[\[<][ \t]*[-+]?\d{1,3}:\d", text, re.MULTILINE):
        return "lrc"
    return "txt"
