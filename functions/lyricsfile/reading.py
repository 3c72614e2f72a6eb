"""What every reader of a lyrics file does: text into lines, times into seconds, faults into one sentence that names the
line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from lyricsfile.model import MAX_TIME_S, Line, Lines, Word

_LONGEST_WORD_S = 2.0  # the end of a last word that nothing gives an end
_MOST_LINES, LONGEST_LINE = 50_000, 20_000  # with all that is not sung
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff]")
_MOST_MARKS = 30
_MARKS = re.compile(rf"[^\w\s]{{{_MOST_MARKS + 1},}}")  # no mark is a letter of its own
_JOINER = "\u2060"  # word joiner: neither seen nor wide
_GUARD = re.compile(rf"(?<=[\[<{{}}\\|｜-]){_JOINER}")
_READING = re.compile(r"<(?:rt|rp)>[^<]*(?:</(?:rt|rp)>)?|</?(?:ruby|rb|rtc)>", re.IGNORECASE)


class NotRead(Exception):
    """The file cannot be read. `message` is one sentence for its owner, `field` what must change."""

    def __init__(self, message: str, *, field: str = "text", problem: str | None = None) -> None:
        super().__init__(message)
        self.message, self.field, self.problem = message, field, problem or message


def fault(number: int, problem: str) -> NotRead:
    """The refusal of a file for what its line `number` (from 1) says."""
    said = f"line {number}: {problem}"
    return NotRead(f"The lyrics cannot be read: {said}.", problem=said)


def without_readings(text: str) -> str:
    """`text` without the small letters above it: `<ruby>漢<rt>kan</rt></ruby>` is sung once."""
    return _READING.sub("", text)


def numbered(text: str) -> list[tuple[int, str]]:
    """The lines of a file with their numbers, from 1. Only real line ends end one."""
    lines = list(enumerate(re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"), maxsplit=_MOST_LINES), 1))
    for number, line in lines:
        if len(line) > LONGEST_LINE or number > _MOST_LINES:
            raise fault(number, f"a file has at most {_MOST_LINES} lines of {LONGEST_LINE} characters")
    return lines


def clean(text: str) -> str:
    """One line of words: white space collapsed, control characters gone, composed (NFC)."""
    return " ".join(_CONTROLS.sub("", unicodedata.normalize("NFC", _bounded_marks(text))).split())


def _bounded_marks(text: str) -> str:
    """`text` with at most 30 combining marks in a row, as Unicode's stream-safe format has it (UAX 15): composing sorts
    them, and its time grows with their number squared."""
    return text if text.isascii() else _MARKS.sub(_without_further_marks, text)


def _without_further_marks(found: re.Match[str]) -> str:
    out, marks = [], 0
    for char in found[0]:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MOST_MARKS:
            out.append(char)
    return "".join(out)


def guarded(text: str, pattern: re.Pattern[str]) -> str:
    """`text` with an invisible joiner after each match, so that a reader does not take these words for its markup."""
    return pattern.sub(lambda found: found[0] + _JOINER, text)


def unguarded(text: str) -> str:
    """`text` as it was before `guarded`."""
    return _GUARD.sub("", text)


def seconds(number: int, hours: str | None, minutes: str, rest: str, fraction: str | None) -> float:
    """A time by its digits; `fraction` of any number of digits. Over an hour is refused, as are 60 seconds."""
    milliseconds = int((fraction or "0").ljust(3, "0")[:3])
    if int(rest) >= 60 or (hours is not None and int(minutes) >= 60):
        raise fault(number, "a time has 60 seconds or minutes")
    total = round(int(hours or 0) * 3600 + int(minutes) * 60 + int(rest) + milliseconds / 1000, 3)
    if total > MAX_TIME_S:
        raise fault(number, "a time is later than one hour")
    return total


def in_order(lines: Iterable[Line]) -> list[Line]:
    """By their starts, as players show them; lines that start together stay as they were."""
    return sorted(lines, key=lambda line: line.start or 0.0)


def line_of_pieces(
    number: int, start: float | None, found: Iterable[tuple[float, str]], end: float | None
) -> Line:
    """A line from its pieces, each with the time it begins at; a piece without words ends the one before. The last word
    may be left without an end (it is then as long as nothing): `closed` gives it one."""
    timeline = list(found)
    starts = [at for at, _ in timeline]
    if starts != sorted(starts):
        raise fault(number, "the times of its words run backwards")
    words = []
    for i, (at, text) in enumerate(timeline):
        after = timeline[i + 1][0] if i + 1 < len(timeline) else (end if end is not None else at)
        if clean(text):
            words.append(Word(clean(text), at, max(at, after)))
    text = clean("".join(text for _, text in timeline))
    begins = min([t for t in (start, words[0].start if words else None) if t is not None], default=None)
    return Line(text, begins, end, tuple(words))


def closed(lines: Iterable[Line]) -> Lines:
    """Give last words that have no length one, and lines with words an end."""
    given = list(lines)
    for i, line in enumerate(given):
        if not line.words:
            continue
        last, words = line.words[-1], line.words
        if last.end <= last.start and line.end is None:
            later = (one.start for one in given[i + 1 :] if one.start is not None)
            # A line that begins with this one or before its last word sounds together with it.
            next_start = next((start for start in later if start > last.start), None)
            limit = last.start + _LONGEST_WORD_S
            until = min(limit, next_start) if next_start is not None else limit
            words = (*words[:-1], replace(last, end=round(max(last.start, until), 3)))
        end = line.end if line.end is not None else words[-1].end
        given[i] = replace(line, words=words, end=max(end, words[-1].end))
    return tuple(given)
