"""What every reader of a lyrics file does: bytes into text, text into lines, times into seconds, faults into one
sentence that names the line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from unplugd.kernel.errors import Invalid
from unplugd.lyrics.model import MAX_TIME_S, Line, Lines, Word

# What files of lyrics come in where they are not Unicode. Asked for by name: a guess would store nonsense in silence.
ENCODINGS = (
    "utf-8",
    "utf-16",
    *(f"windows-{page}" for page in range(1250, 1259)),
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-15",
    "koi8-r",
    "shift_jis",
    "euc-jp",
    "gb18030",
    "big5",
    "euc-kr",
)
# Western European text has about one accented letter in ten; text of another script read as such has nearly only those.
_MOST_ACCENTED = 0.3
_LONGEST_WORD_S = 2.0  # the end of a last word that nothing gives an end
_MOST_LINES, _LONGEST_LINE = 50_000, 20_000  # with all that is not sung
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff]")
_JOINER = "\u2060"  # word joiner: neither seen nor wide
_GUARD = re.compile(rf"(?<=[\[<{{}}\\-]){_JOINER}")


def fault(number: int, problem: str) -> Invalid:
    """The refusal of a file for what its line `number` (from 1) says."""
    said = f"line {number}: {problem}"
    return Invalid(f"The lyrics cannot be read: {said}.", details=[{"field": "text", "problem": said}])


def decoded(raw: bytes, encoding: str | None) -> str:
    """The text of a file's bytes. Without `encoding`: Unicode, or else Western European; other bytes are refused."""
    try:
        if encoding:
            return raw.decode(encoding).removeprefix("\ufeff")
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            return raw.decode("utf-16")
        return raw.decode("utf-8-sig")
    except UnicodeError:
        pass
    text = "" if encoding or b"\x00" in raw else raw.decode("cp1252", "replace")
    letters = [char for char in text if char.isalpha() or char > "\x7f"]
    strange = [char for char in letters if char > "\x7f"]
    if not text or "\ufffd" in text or len(strange) > _MOST_ACCENTED * len(letters):
        raise Invalid(
            "The file's characters cannot be read. Save it as UTF-8, or name its encoding.",
            details=[{"field": "encoding", "problem": "must be the file's encoding"}],
        )
    return text


def numbered(text: str) -> list[tuple[int, str]]:
    """The lines of a file with their numbers, from 1. Only real line ends end one."""
    lines = list(enumerate(re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"), maxsplit=_MOST_LINES), 1))
    for number, line in lines:
        if len(line) > _LONGEST_LINE or number > _MOST_LINES:
            raise fault(number, f"a file has at most {_MOST_LINES} lines of {_LONGEST_LINE} characters")
    return lines


def clean(text: str) -> str:
    """One line of words: white space collapsed, control characters gone, composed (NFC)."""
    return " ".join(_CONTROLS.sub("", unicodedata.normalize("NFC", text)).split())


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
            next_start = next((one.start for one in given[i + 1 :] if one.start is not None), None)
            limit = last.start + _LONGEST_WORD_S
            until = min(limit, next_start) if next_start is not None else limit
            words = (*words[:-1], replace(last, end=round(max(last.start, until), 3)))
        end = line.end if line.end is not None else words[-1].end
        given[i] = replace(line, words=words, end=max(end, words[-1].end))
    return tuple(given)
