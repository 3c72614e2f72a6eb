"""Lyrics as JSON: our own (`lyrics.json`, the answer of the API, an export), and that of Whisper and WhisperX."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from lyricsfile.model import MAX_LINES, MAX_TIME_S, MAX_WORDS, Line, Lines, Word, spelling
from lyricsfile.reading import NotRead, clean, closed, in_order, unguarded


def parse(text: str) -> Lines:
    """The segments as lines. Words without a time, as WhisperX leaves numbers, get what is between their neighbours,
    and are marked as estimated. Our offset and nudges are put into the times."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise _refused("it is no JSON, although it begins like it") from None
    segments = document.get("segments") if isinstance(document, dict) else document
    if not isinstance(segments, list):
        raise _refused("JSON must have a list of “segments”, each with “text”, “start” and “end”")
    if len(segments) > MAX_LINES:
        raise _refused(f"it has more than {MAX_LINES} segments")
    head = document if isinstance(document, dict) else {}
    offset_ms, nudges = _number(head.get("offsetMs")) or 0.0, head.get("nudges")
    nudges = nudges if isinstance(nudges, dict) else {}
    lines = []
    for i, segment in enumerate(segments):
        by = (offset_ms + (_number(nudges.get(str(i))) or 0.0)) / 1000
        if (line := _line(i, segment, by)) is not None:
            lines.append(line)
    untimed = any(line.start is None for line in lines)
    return closed(lines if untimed else in_order(lines))


def _line(i: int, segment: Any, by: float) -> Line | None:
    if not isinstance(segment, dict) or not isinstance(segment.get("text"), str):
        raise _refused(f"segment {i + 1} has no “text”")
    text = clean(segment["text"])
    start, end = _time(i, segment.get("start"), by), _time(i, segment.get("end"), by)
    if start is None or (end is not None and end < start):
        end = None
    words = segment.get("words")
    sung = _words(i, words, start, end, by) if isinstance(words, list) else ()
    if spelling("".join(word.text for word in sung)) != spelling(text):
        sung = ()
    if sung:
        start = sung[0].start if start is None else min(start, sung[0].start)
        end = sung[-1].end if end is None else max(end, sung[-1].end)
    stanza = segment.get("stanza") is True
    return Line(text, start, end, sung, stanza) if text else None


def _words(i: int, words: list[Any], start: float | None, end: float | None, by: float) -> tuple[Word, ...]:
    """The words, all with times; none where there is nothing to place them by."""
    if len(words) > MAX_WORDS:
        raise _refused(f"segment {i + 1} has more than {MAX_WORDS} words")
    known: list[tuple[str, float | None, float | None]] = []
    for word in words:
        if not isinstance(word, Mapping) or not isinstance(word.get("word"), str):
            return ()
        begins, ends = _time(i, word.get("start"), by), _time(i, word.get("end"), by)
        if text := clean(unguarded(word["word"])):
            known.append((text, begins, ends if begins is not None else None))
    made: list[Word] = []
    later: list[float | None] = [end]  # for each word from the last, when the next known time is
    for _, begins, _ in reversed(known[1:]):
        later.append(later[-1] if begins is None else begins)
    for (text, begins, ends), after in zip(known, reversed(later), strict=False):
        first = begins if begins is not None else (made[-1].end if made else start)
        last = ends if ends is not None else after
        if first is None or last is None:
            return ()
        more = {"estimated": True} if begins is None or ends is None else {}
        made.append(Word(text, first, max(first, last), more))
    return tuple(made) if all(a.start <= b.start for a, b in pairwise(made)) else ()


def _time(i: int, value: Any, by: float) -> float | None:
    number = _number(value)
    if value is not None and number is None:
        raise _refused(f"segment {i + 1} has a time that is no number of seconds")
    if number is None:
        return None
    moved = max(0.0, number + by)
    if not moved <= MAX_TIME_S:
        raise _refused(f"segment {i + 1} has a time later than one hour")
    return round(moved, 3)


def _number(value: Any) -> float | None:
    """A finite number; None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _refused(problem: str) -> NotRead:
    return NotRead(f"The lyrics cannot be read: {problem}.", problem=problem)
