"""The words a song file carries in its own tags."""

import re
from pathlib import Path
from typing import Any

import mutagen
from mutagen.id3 import ID3
from mutagen.mp4 import MP4Tags

MAX_TEXT_BYTES = 100 * 1024
"""Longest text kept, in UTF-8 bytes. The longest songs have some 10 KB; more is not lyrics."""

_LRC_TIME = re.compile(r"\[\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?\]|<\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?>")
_LRC_HEADER = re.compile(
    r"^\s*\[(?:ar|al|ti|au|by|la|id|re|ve|tool|length|offset)\s*:[^\]]*\]\s*$", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")


def read_tag_lyrics(source: Path) -> str | None:
    """The unsynchronised lyrics in `source`'s tags, one line of text a line, or None.

    ID3 USLT (mp3, wav, aiff), Vorbis LYRICS or UNSYNCEDLYRICS (flac, ogg, opus) and MP4 ©lyr are read. LRC
    times and headers are taken out, the lines stay. At most MAX_TEXT_BYTES are kept. Never raises for what a
    file holds: tags that cannot be read are no lyrics.
    """
    try:
        file = mutagen.File(source)
        texts = [] if file is None or file.tags is None else _texts(file.tags)
    except (
        Exception
    ):  # tags are hints: mutagen meets hostile bytes here, and no fault in them may cost the song
        return None
    for text in texts:
        lines = clean_lines(text)
        if lines:
            return "\n".join(lines)
    return None


def clean_lines(text: str) -> list[str]:
    """`text` without control characters, LRC times and headers, and without blank lines at its ends."""
    text = text.encode("utf-8", "ignore")[:MAX_TEXT_BYTES].decode("utf-8", "ignore")
    lines: list[str] = []
    for raw in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = _CONTROL.sub(" ", raw).strip()
        if _LRC_HEADER.match(line):
            continue
        line = _LRC_TIME.sub("", line).strip()
        # One blank line parts two verses; more say nothing.
        if line or (lines and lines[-1]):
            lines.append(line)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _texts(tags: Any) -> list[str]:
    if isinstance(tags, ID3):
        return [str(frame.text) for frame in tags.getall("USLT")]
    if isinstance(tags, MP4Tags):
        return [str(value) for value in tags.get("\xa9lyr", [])]
    # Vorbis comments compare names without case; other tag kinds simply lack these names.
    return [str(value) for name in ("lyrics", "unsyncedlyrics") for value in tags.get(name, [])]
