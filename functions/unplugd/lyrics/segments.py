"""Lyrics as the segments of a JSON document, both ways."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lyricsfile.reading import clean
from unplugd.kernel.errors import Invalid
from unplugd.lyrics.model import MAX_TIME_S, Line, Lines, Word, spelling

_OF_LINE = frozenset({"text", "start", "end", "words", "stanza", "estimated", "flags"})
_OF_WORD = frozenset({"word", "start", "end", "probability", "estimated", "flags"})
MAX_FLAGS = 16
FLAG_PATTERN = r"[a-zA-Z0-9 _:.-]{1,40}"
MAX_FAULTS = 20  # reported at once


def to_json(lines: Lines) -> list[dict[str, Any]]:
    """The segments of a document. A line that is not timed has neither `start` nor `end`."""
    return [_segment(line) for line in lines]


def _segment(line: Line) -> dict[str, Any]:
    words = [{"word": w.text, "start": w.start, "end": w.end, **w.more} for w in line.words]
    made: dict[str, Any] = {
        "text": line.text,
        "start": line.start,
        "end": line.end,
        "stanza": line.stanza or None,
    }
    kept = {name: value for name, value in made.items() if value is not None}
    return {**kept, "words": words, **line.more}


def stored(segments: Sequence[Mapping[str, Any]]) -> Lines:
    """The lines of segments that we, or the lyrics stage, wrote."""
    return tuple(_stored(segment) for segment in segments)


def _stored(segment: Mapping[str, Any]) -> Line:
    words = tuple(
        Word(
            str(word["word"]).strip(),
            float(word["start"]),
            float(word["end"]),
            {name: word[name] for name in ("probability", "estimated", "flags") if name in word},
        )
        for word in segment.get("words") or ()
    )
    line = Line(
        str(segment["text"]),
        segment.get("start"),
        segment.get("end"),
        words,
        bool(segment.get("stanza")),
        {name: segment[name] for name in ("estimated", "flags") if name in segment},
    )
    return line if _spells(line) else replace(line, text=" ".join(word.text for word in words))


def _spells(line: Line) -> bool:
    return not line.words or spelling("".join(word.text for word in line.words)) == spelling(line.text)


def from_json(value: Any) -> Lines:
    """The lines of segments that a caller sent; `Invalid` names what is wrong, by its place."""
    if not isinstance(value, list):
        raise Invalid("segments must be a list", details=[_fault("segments", "must be a list")])
    reader = _Reader()
    lines: list[Line] = []
    for i, segment in enumerate(value):
        line = reader.line(f"segments[{i}]", segment)
        if line and (line.text or line.words):
            lines.append(line)
        if len(reader.faults) >= MAX_FAULTS:
            break
    if reader.faults:
        first = reader.faults[0]
        raise Invalid(f"{first['field']} {first['problem']}", details=reader.faults)
    return tuple(lines)


def _fault(field: str, problem: str) -> dict[str, str]:
    return {"field": field, "problem": problem}


class _Reader:
    """Reads segments and notes what is wrong with them. Starts never go back, within a line and from line to line."""

    def __init__(self) -> None:
        self.faults: list[dict[str, str]] = []
        self._last = 0.0

    def line(self, at: str, segment: Any) -> Line | None:
        if not self._object(at, segment, _OF_LINE):
            return None
        words = self._words(at, segment.get("words"))
        start, end = self._times(at, segment, required=False)
        if start is not None:
            self._ordered(f"{at}.start", self._last, start)
            self._last = start
        if words and start is not None and words[0].start < start:
            self._note(f"{at}.words", "begin before their line")
        text = segment.get("text")
        if text is None and words:
            text = " ".join(word.text for word in words)
        if not isinstance(text, str):
            self._note(f"{at}.text", "must be a string")
            return None
        begin = start if start is not None or not words else words[0].start
        finish = max(end or 0.0, words[-1].end) if words else end
        more = self._more(at, segment, ("estimated", "flags"))
        stanza = segment.get("stanza")
        if not isinstance(stanza, bool | None):
            self._note(f"{at}.stanza", "must be true or false")
        line = Line(clean(text), begin, finish, tuple(words), bool(stanza), more)
        if not _spells(line):
            self._note(f"{at}.words", "do not spell the text of their line")
        return line

    def _words(self, at: str, value: Any) -> list[Word]:
        if not isinstance(value, list | None):
            self._note(f"{at}.words", "must be a list")
            return []
        found: list[Word] = []
        for i, word in enumerate(value or ()):
            place = f"{at}.words[{i}]"
            if not self._object(place, word, _OF_WORD):
                continue
            start, end = self._times(place, word, required=True)
            text = word.get("word")
            if not isinstance(text, str) or not clean(text):
                self._note(f"{place}.word", "must be a string that is not blank")
            elif start is not None and end is not None:
                self._ordered(f"{place}.start", found[-1].start if found else 0.0, start)
                more = self._more(place, word, ("probability", "estimated", "flags"))
                found.append(Word(clean(text), start, end, more))
        return found

    def _times(
        self, at: str, holder: Mapping[str, Any], *, required: bool
    ) -> tuple[float | None, float | None]:
        start = self._time(f"{at}.start", holder.get("start"), required=required)
        end = self._time(f"{at}.end", holder.get("end"), required=required)
        if end is not None and (start is None or end < start):
            self._note(f"{at}.end", "must not be before its start")
        return start, end

    def _time(self, at: str, value: Any, *, required: bool) -> float | None:
        if value is None and not required:
            return None
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= MAX_TIME_S:
            self._note(at, f"must be a number of seconds from 0 to {MAX_TIME_S:.0f}")
            return None
        return round(float(value), 3)

    def _more(self, at: str, holder: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
        kept = {name: holder[name] for name in names if holder.get(name) is not None}
        sound = {
            "probability": lambda v: isinstance(v, int | float) and not isinstance(v, bool) and 0 <= v <= 1,
            "estimated": lambda v: isinstance(v, bool),
            "flags": lambda v: (
                isinstance(v, list)
                and len(v) <= MAX_FLAGS
                and all(isinstance(flag, str) and re.fullmatch(FLAG_PATTERN, flag) for flag in v)
            ),
        }
        for name, value in kept.items():
            if not sound[name](value):
                self._note(f"{at}.{name}", "is not as we write it")
        return kept

    def _ordered(self, at: str, before: float, start: float) -> None:
        if start < before:
            self._note(at, "is before the start of the one above it")

    def _object(self, at: str, value: Any, known: frozenset[str]) -> bool:
        if not isinstance(value, dict):
            self._note(at, "must be an object")
            return False
        for name in value:
            if name not in known:
                self._note(f"{at}.{name[:100]}", "is not a known field")
        return True

    def _note(self, at: str, problem: str) -> None:
        self.faults.append(_fault(at, problem))
