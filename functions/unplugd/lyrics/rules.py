"""Pure decisions about lyrics: reading what a person gives, what still needs the machine, what goes into a file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lyricsfile.reading import NotRead
from unplugd.kernel.errors import Invalid, TooLarge
from unplugd.lyrics import segments
from unplugd.lyrics.model import (
    MAX_BYTES,
    MAX_LINE,
    MAX_LINES,
    MAX_WORDS,
    About,
    Line,
    Lines,
    Source,
    Timed,
    timed,
)

_SECONDS_A_WORD = 0.4  # of a line without an end
_SHORTEST_S = (
    0.3  # lines that begin nearer to each other sound together; what ends sooner has no end that counts
)
_LEAST_S = 0.02  # shorter than that, the coarsest format (10 ms) may show a line for no time


def read(text: str | bytes, *, kind: str | None, encoding: str | None = None) -> tuple[Lines, str]:
    """The lines of a file, and its format, found out when `kind` is None. `Invalid` names the line that is wrong."""
    from lyricsfile.files import (
        read as read_file,
    )  # all formats: a third of what most calls would load, and not use

    if (len(text) if isinstance(text, bytes) else _size(text)) > MAX_BYTES:
        raise too_large()
    try:
        lines, kind = read_file(text, kind=kind, encoding=encoding)
    except NotRead as error:
        raise Invalid(error.message, details=[{"field": error.field, "problem": error.problem}]) from None
    return checked(lines), kind


def too_large() -> TooLarge:
    """The refusal of more words than a song can have."""
    return TooLarge(f"Lyrics may have at most {MAX_BYTES // 1000} KB.")


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def checked(lines: Lines) -> Lines:
    """`lines`, when they are within every limit."""
    # A small file can hold much: a chorus with many times is a line at each of them.
    if sum(_size(line.text) for line in lines) > MAX_BYTES:
        raise too_large()
    words = sum(max(len(line.words), len(line.text.split())) for line in lines)
    if not lines:
        problem = "holds no words"
    elif len(lines) > MAX_LINES:
        problem = f"may have at most {MAX_LINES} lines"
    elif words > MAX_WORDS:
        problem = f"may have at most {MAX_WORDS} words"
    elif any(len(line.text) > MAX_LINE for line in lines):
        problem = f"has a line of more than {MAX_LINE} characters"
    elif any(unicodedata.category(char) == "Cs" for line in lines for char in line.text):
        problem = "holds half a character (a lone surrogate)"
    else:
        return lines
    raise Invalid(f"The text {problem}.", details=[{"field": "text", "problem": problem}])


def needs_run(lines: Lines, source: Source) -> bool:
    """Whether the machine must time these lines. An editor saw the times it kept: lines are enough there."""
    how = timed(lines)
    return how is Timed.NONE or (how is Timed.LINES and source is not Source.EDITED)


def document_lines(document: Mapping[str, Any] | None) -> Lines:
    """The lines of a lyrics.json; none of one that is not there, failed, or has no words."""
    return segments.stored((document or {}).get("segments") or ())


def with_ends(lines: Lines) -> Lines:
    """A time for each line without one between timed lines, and an end for each; these are marked as estimated."""
    given = list(lines)
    for i, line in enumerate(given):
        if line.start is None:
            given[i] = _between(given, i)
    starts = [line.start for line in given if line.start is not None]
    return tuple(_ended(line, starts) for line in given)


def _between(lines: list[Line], i: int) -> Line:
    """Line `i` at its share of the way from the line above, which is timed by now, to the next timed one."""
    above = lines[i - 1] if i else Line("", 0.0, 0.0)
    later = next(((j, line.start) for j, line in enumerate(lines) if j > i and line.start is not None), None)
    begin = above.end if above.end is not None else above.start
    if begin is None:
        return lines[i]
    until = later[1] if later else begin + _length_s(lines[i])
    begin = min(begin, until)
    share = 1 / (later[0] - i + 1) if later else 1.0
    start = begin if i == 0 or above.end is not None else begin + max(0.0, until - begin) * share
    return replace(lines[i], start=round(start, 3), more={**lines[i].more, "estimated": True})


def _ended(line: Line, starts: list[float]) -> Line:
    """`line` with an end: where it has none that counts, before the next line that does not sound together with it."""
    start = line.start
    if start is None or (line.end is not None and line.end - start >= _LEAST_S):
        return line
    after = min((other for other in starts if other >= start + _SHORTEST_S), default=float("inf"))
    return replace(line, end=round(min(start + _length_s(line), after), 3))


def _length_s(line: Line) -> float:
    return max(1.0, _SECONDS_A_WORD * len(line.text.split()))


def shifted(lines: Lines, *, offset_ms: int, nudges: Mapping[int, int]) -> Lines:
    """Lines moved by the offset, and each by its own nudge; in the order they are then sung, nothing before 0."""
    moved = [_moved(line, (offset_ms + nudges.get(i, 0)) / 1000) for i, line in enumerate(lines)]
    return tuple(sorted(moved, key=lambda line: line.start or 0.0))


def _moved(line: Line, by: float) -> Line:
    def at(time: float | None) -> float:
        return round(max(0.0, (time or 0.0) + by), 3)

    if line.start is None:
        return line
    words = tuple(replace(word, start=at(word.start), end=at(word.end)) for word in line.words)
    start, end = at(line.start), at(line.end)
    if end - start < _LEAST_S:  # it was moved before the song's start, and is still a line of the file
        end = round(start + _SHORTEST_S, 3)
    return replace(line, start=start, end=end, words=words)


@dataclass(frozen=True)
class Wanted:
    """What a call for lyrics asks for: a file format (None: JSON), and whether only the machine's words."""

    kind: str | None
    machine: bool


VERSIONS = ("current", "machine")


def wanted(query: Mapping[str, str]) -> Wanted:
    """Read the query string; `Invalid` names what is wrong."""
    kind, version = query.get("format", "json"), query.get("version", VERSIONS[0])
    if kind != "json":
        _check_format(kind)
    if version not in VERSIONS:
        raise Invalid("version must be one of " + ", ".join(VERSIONS))
    return Wanted(None if kind == "json" else kind, version == "machine")


def _check_format(kind: str) -> None:
    from lyricsfile.registry import FORMATS

    if kind not in FORMATS:
        raise Invalid("format must be one of json, " + ", ".join(FORMATS))


def file_name(about: About, suffix: str) -> str:
    """`Artist - Title.suffix`, without what a file system or a header may stumble over."""
    known = " - ".join(part for part in (about.artist, about.title) if part)
    safe = " ".join(re.sub(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\ud800-\udfff]', " ", known).split()).strip(". ")
    return f"{safe[:100] or 'lyrics'}.{suffix}"
