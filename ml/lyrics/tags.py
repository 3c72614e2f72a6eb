"""The words a song file carries in its own tags."""

import re
from dataclasses import replace
from pathlib import Path

from audiofile import tags
from lyricsfile import lrc
from lyricsfile.files import read
from lyricsfile.model import Line, Lines
from lyricsfile.reading import NotRead

MAX_TEXT_BYTES = 100 * 1024
"""Longest text kept, in UTF-8 bytes. The longest songs have some 10 KB; more is not lyrics."""

_LRC_TIME = re.compile(r"\[\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?\]|<\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?>")
_LRC_HEADER = re.compile(
    r"^\s*\[(?:ar|al|ti|au|by|la|id|re|ve|tool|length|offset)\s*:[^\]]*\]\s*$", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")
# What taggers and players write where they know no words. It says nothing about whether the song has any.
_NONE = re.compile(
    r"\W*(?:(?:sorry,? |there are )?no (?:lyrics|words)(?: (?:were )?(?:found|available|yet|for this song))*|"
    r"lyrics? (?:were |are )?(?:not (?:found|available)|unavailable)(?: for this song)?|unknown|none|n\W?a)\W*",
    re.IGNORECASE,
)


def read_tag_lyrics(source: Path) -> str | None:
    """The lyrics in `source`'s tags, one line of text a line, or None.

    Every kind of tag is read (audiofile.tags), and every format of lyrics in it (lyricsfile); what has times comes
    first. Lines and words keep their times, as marks of enhanced LRC; LRC headers go. At most MAX_TEXT_BYTES are kept.
    Never raises for what a file holds: tags that cannot be read are no lyrics.
    """
    try:
        texts = tags.read(source).lyrics
    except (
        Exception
    ):  # tags are hints: mutagen meets hostile bytes here, and no fault in them may cost the song
        return None
    found = [lines for text in texts if not _NONE.fullmatch(text) and (lines := lines_of_text(text))]
    found.sort(key=lambda lines: all(line.start is None for line in lines))
    return _as_text(found[0]) if found else None


def lines_of_text(text: str) -> Lines:
    """A tag's text as lines: in any format of lyrics, or as it is; none where it is a format that is not read."""
    bounded = text.encode("utf-8", "ignore")[:MAX_TEXT_BYTES].decode("utf-8", "ignore")
    try:
        return read(_CONTROL.sub(" ", bounded.removeprefix("\ufeff")))[0]
    except NotRead as error:
        plain = () if error.field == "format" else clean_lines(bounded)
        return tuple(Line(text) for text in plain if text)


def _as_text(lines: Lines) -> str:
    """Lines as LRC where any has a time, with the times of its words; else as text with an empty line between verses.
    Line times without those of words where both would be too long."""
    if all(line.start is None for line in lines):
        return "\n".join(("\n" if line.stanza and i else "") + line.text for i, line in enumerate(lines))
    lines = tuple(replace(line, stanza=False) for line in lines)
    text = lrc.write_exact(lines).strip()
    if len(text.encode()) <= MAX_TEXT_BYTES:
        return text
    return lrc.write_exact(tuple(replace(line, words=()) for line in lines)).strip()


def clean_lines(text: str) -> list[str]:
    """`text` without control characters, LRC headers and LRC times, and without blank lines at its ends."""
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
