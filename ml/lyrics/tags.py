"""The words a song file carries in its own tags."""

import re
from pathlib import Path
from typing import Any

import mutagen
from mutagen.id3 import ID3
from mutagen.mp4 import MP4Tags

MAX_TEXT_BYTES = 100 * 1024
"""Longest text kept, in UTF-8 bytes. The longest songs have some 10 KB; more is not lyrics."""

_LRC_LINE_TIME = re.compile(r"\s*\[(\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?)\]")
_LRC_OFFSET = re.compile(r"^\s*\[offset\s*:\s*([+-]?\d{1,6})\s*\]\s*$", re.IGNORECASE)
_LRC_TIME = re.compile(r"\[\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?\]|<\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?>")
_LRC_HEADER = re.compile(
    r"^\s*\[(?:ar|al|ti|au|by|la|id|re|ve|tool|length|offset)\s*:[^\]]*\]\s*$", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")


def read_tag_lyrics(source: Path) -> str | None:
    """The lyrics in `source`'s tags, one line of text a line, or None.

    ID3 SYLT and USLT (mp3, wav, aiff), Vorbis LYRICS or UNSYNCEDLYRICS (flac, ogg, opus) and MP4 ©lyr are read. Where
    lines have times (SYLT, or LRC in any of them) they keep them, as LRC marks; LRC headers and word times go. At most
    MAX_TEXT_BYTES are kept. Never raises for what a file holds: tags that cannot be read are no lyrics.
    """
    try:
        file = mutagen.File(source)
        texts = [] if file is None or file.tags is None else _texts(file.tags)
    except (
        Exception
    ):  # tags are hints: mutagen meets hostile bytes here, and no fault in them may cost the song
        return None
    for text in texts:
        lines = clean_lines(_shifted(text), keep_times=True)
        if clean_lines(text):
            return "\n".join(lines)
    return None


def lrc_seconds(mark: str) -> float:
    """Seconds from the inside of an LRC time mark: "01:02.50" and, as some write it, "01:02:50" are 62.5 s."""
    minutes, seconds, *rest = re.split(r"[:.]", mark)
    return int(minutes) * 60 + int(seconds) + (float(f"0.{rest[0]}") if rest else 0.0)


def clean_lines(text: str, *, keep_times: bool = False) -> list[str]:
    """`text` without control characters and LRC headers, and without blank lines at its ends. LRC times go too, unless
    `keep_times`: then those at the start of a line stay."""
    text = text.encode("utf-8", "ignore")[:MAX_TEXT_BYTES].decode("utf-8", "ignore")
    lines: list[str] = []
    for raw in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = _CONTROL.sub(" ", raw).strip()
        if _LRC_HEADER.match(line):
            continue
        marks = "".join(f"[{mark}]" for mark in leading_times(line)) if keep_times else ""
        line = marks + _LRC_TIME.sub("", line).strip()
        # One blank line parts two verses; more say nothing.
        if line or (lines and lines[-1]):
            lines.append(line)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def leading_times(line: str) -> list[str]:
    """The LRC time marks at the start of a line: "[01:02.50][02:10]la" has ["01:02.50", "02:10"]."""
    marks, at = [], 0
    while (mark := _LRC_LINE_TIME.match(line, at)) is not None:
        marks.append(mark[1])
        at = mark.end()
    return marks


def _shifted(text: str) -> str:
    """LRC with its [offset:] header (ms, positive: earlier) put into the times."""
    offsets = [int(found[1]) for raw in text.splitlines() if (found := _LRC_OFFSET.match(raw))]
    if not offsets or offsets[-1] == 0:
        return text
    lines = []
    for raw in text.splitlines():
        marks = leading_times(raw)
        times = (max(0.0, lrc_seconds(mark) - offsets[-1] / 1000) for mark in marks)
        lines.append("".join(map(lrc_mark, times)) + (_LRC_TIME.sub("", raw) if marks else raw))
    return "\n".join(lines)


def lrc_mark(seconds: float) -> str:
    """The LRC mark of a time: 62.5 s is "[01:02.500]"."""
    ms = max(0, round(seconds * 1000))
    return f"[{ms // 60_000:02}:{ms // 1000 % 60:02}.{ms % 1000:03}]"


def _synchronised(frame: Any) -> str:
    """ID3's SYLT (text, ms) as LRC: a new line where the text says so. "" where its times are not milliseconds or it
    holds something else than lyrics."""
    if frame.format != 2 or frame.type not in (0, 1, 2):
        return ""
    # Taggers write a line a frame, with or without the line break, or a syllable a frame with breaks between lines.
    breaks = any("\n" in text or "\r" in text for text, _ in frame.text)
    lines: list[str] = []
    for text, ms in frame.text:
        if not lines or not breaks or text[:1] in "\r\n" or not lines[-1]:
            lines.append(lrc_mark(ms / 1000))
        lines[-1] += text.strip("\r\n") if not text.strip() else text.replace("\r", "").strip("\n")
        if breaks and text.endswith(("\n", "\r")):
            lines.append("")
    return "\n".join(line for line in lines if line)


def _texts(tags: Any) -> list[str]:
    if isinstance(tags, ID3):
        timed = [_synchronised(frame) for frame in tags.getall("SYLT")]
        return [*(text for text in timed if text), *(str(frame.text) for frame in tags.getall("USLT"))]
    if isinstance(tags, MP4Tags):
        return [str(value) for value in tags.get("\xa9lyr", [])]
    # Vorbis comments compare names without case; other tag kinds simply lack these names.
    return [str(value) for name in ("lyrics", "unsyncedlyrics") for value in tags.get(name, [])]
