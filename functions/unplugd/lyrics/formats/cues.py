"""What SubRip and WebVTT have in common: blocks of a time line and words, an empty line between."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from unplugd.lyrics.formats.reading import clean, fault, seconds

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s+\S.*)?\s*")


@dataclass(frozen=True)
class Cue:
    """One block: the number of its time line in the file, its times, and its words as they stand there."""

    number: int
    start: float
    end: float
    text: str


def cues(lines: list[tuple[int, str]]) -> Iterator[Cue]:
    """The cues of a file, which must stand in the order of their starts."""
    last = 0.0
    for block in _blocks(lines):
        # A cue may begin with its number or name.
        head = 1 if len(block) > 1 and "-->" not in block[0][1] else 0
        number, raw = block[head]
        cue = Cue(number, *_times(number, raw), " ".join(text for _, text in block[head + 1 :]))
        for inner, text in block[head + 1 :]:
            if "-->" in text:
                raise fault(inner, "a time where words should be; an empty line is missing above it")
        if cue.start < last:
            raise fault(number, "its time is before that of one above it")
        last = cue.start
        yield cue


def _blocks(lines: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    block: list[tuple[int, str]] = []
    for number, raw in [*lines, (0, "")]:
        if clean(raw):
            block.append((number, raw))
        elif block:
            yield block
            block = []


def _times(number: int, raw: str) -> tuple[float, float]:
    found = _TIMING.fullmatch(raw)
    if found is None:
        raise fault(
            number, f"{clean(raw)[:40]} is no time line; one looks like 00:01:02,500 --> 00:01:04,000"
        )
    start = seconds(number, *found.groups()[:4])
    end = seconds(number, *found.groups()[4:])
    if end < start:
        raise fault(number, "it ends before it begins")
    return start, end


def time(value: float, point: str) -> str:
    """`HH:MM:SS.mmm`, with `point` before the milliseconds."""
    ms = round(value * 1000)
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}{point}{ms % 1000:03d}"
