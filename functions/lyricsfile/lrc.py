"""LRC, the karaoke player's format: `[mm:ss.xx]line`, and its enhanced forms with `<mm:ss.xx>` or `[mm:ss.xx]` before
words (https://en.wikipedia.org/wiki/LRC_(file_format)). Times have 10 ms."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from lyricsfile.model import MAX_LINES, MAX_WORDS, About, Line, Lines, pieces
from lyricsfile.reading import (
    clean,
    closed,
    fault,
    guarded,
    line_of_pieces,
    numbered,
    seconds,
    unguarded,
    without_readings,
)

_MOST_REPEATS = 100
# A header, known or not, and what else is written like one: `[tr:…]` is a translation, not a line that is sung.
_TAG = re.compile(r"\s*\[([A-Za-z#][\w-]{0,30}):(.*)\]\s*")
_DIGITS = r"(?:(\d{1,2}):(\d{1,2}):(\d{1,2})[.,](\d{1,9})|(\d{1,3}):(\d{1,2})(?:[.,:](\d{1,9}))?)"
_STAMP = re.compile(rf"\s*\[\s*{_DIGITS}\s*\]")
_WORD_STAMP = re.compile(rf"[<\[]\s*{_DIGITS}\s*[>\]]")
_LIKE_STAMP = re.compile(r"\s*\[\s*(?:[-+]\s*)?\d+\s*[:.][^\]]*\]?")
_LIKE_WORD_STAMP = re.compile(r"<\s*(?:[-+]\s*)?\d+\s*:[^>]*>?|\[\s*\d{1,3}\s*:\s*\d{1,2}[.,:\d\s]*\]")
_MARKUP = re.compile(
    r"[\[<](?=\s*[-+]?\s*\d)|^\s*\[(?=[A-Za-z#][\w-]{0,30}:)|<(?=/?(?:rt|rp|ruby|rb|rtc)>)", re.IGNORECASE
)


def parse(text: str) -> Lines:
    """Lines in the order they are sung, wherever they are in the file: a line with several times is sung several times,
    and translations often follow as a block. A time without words ends what is sung before it; `[offset:]` is applied;
    a line without a time is one that is still to be timed."""
    found: list[Line] = []
    units = 0
    offset_s, gap = 0.0, False
    for number, raw in numbered(text):
        if tag := _TAG.fullmatch(raw):
            offset_s = _offset(number, tag[2]) if tag[1].lower() == "offset" else offset_s
            continue
        stamps, rest = _stamps(number, raw)
        if stamps and _TAG.fullmatch(rest):
            continue
        lines = _lines(number, stamps, without_readings(rest))
        units += sum(1 + len(line.words) for line in lines)
        if units > MAX_LINES + MAX_WORDS:  # a short file can repeat a long line very often
            raise fault(number, f"up to here it has more than {MAX_WORDS} words")
        if lines:
            found += [replace(lines[0], stanza=gap and bool(found)), *lines[1:]]
        gap = not stamps and not clean(raw)
    return closed(_shifted(line, -offset_s) for line in _in_order(found))


def _offset(number: int, said: str) -> float:
    """A positive offset makes everything sooner."""
    if not re.fullmatch(r"\s*[-+]?\d{1,6}\s*", said):
        raise fault(number, "the offset is no number of milliseconds")
    return int(said) / 1000


def _stamps(number: int, raw: str) -> tuple[list[float], str]:
    stamps, rest = [], raw
    while stamp := _STAMP.match(rest):
        stamps.append(_seconds(number, stamp))
        if len(stamps) > _MOST_REPEATS:
            raise fault(number, f"it is sung more than {_MOST_REPEATS} times")
        rest = rest[stamp.end() :]
    if _LIKE_STAMP.match(rest):
        raise fault(number, f"{clean(rest)[:20]} is no time; one looks like [01:23.45]")
    return stamps, rest


def _lines(number: int, stamps: list[float], rest: str) -> list[Line]:
    """The line once for each of its times; words move along."""
    marks = list(_LIKE_WORD_STAMP.finditer(rest))
    if not marks:
        words = clean(unguarded(rest))
        return [Line(words, start) for start in stamps] or ([Line(words)] if words else [])
    ends = [mark.start() for mark in marks[1:]] + [len(rest)]
    timeline = [
        (_word_time(number, mark[0]), unguarded(rest[mark.end() : end]))
        for mark, end in zip(marks, ends, strict=True)
    ]
    start = stamps[0] if stamps else timeline[0][0]
    if clean(before := unguarded(rest[: marks[0].start()])):
        timeline.insert(0, (start, before))
    last, tail = timeline[-1]
    line = line_of_pieces(number, start, timeline, None if clean(tail) else last)
    return [_shifted(line, other - start) for other in stamps or [start]]


def _word_time(number: int, mark: str) -> float:
    stamp = _WORD_STAMP.fullmatch(mark)
    if stamp is None:
        raise fault(number, f"{clean(mark)[:20]} is no time; one looks like <01:23.45>")
    return _seconds(number, stamp)


def _seconds(number: int, stamp: re.Match[str]) -> float:
    hours, minutes, rest, fraction, *short = stamp.groups()
    return seconds(number, None, *short) if hours is None else seconds(number, hours, minutes, rest, fraction)


def _shifted(line: Line, by: float) -> Line:
    def moved(time: float) -> float:
        return round(max(0.0, time + by), 3)

    return replace(
        line,
        start=None if line.start is None else moved(line.start),
        end=None if line.end is None else moved(line.end),
        words=tuple(replace(word, start=moved(word.start), end=moved(word.end)) for word in line.words),
    )


def _in_order(found: list[Line]) -> list[Line]:
    """By time; a line without one stays behind the line above it. Empty ones become the end of what they follow."""
    at, keyed = 0.0, []
    for line in found:
        at = line.start if line.start is not None else at
        keyed.append((at, line))
    lines: list[Line] = []
    for _, line in sorted(keyed, key=lambda pair: pair[0]):
        if line.text:
            lines.append(line)
            continue
        begun = lines[-1].start if lines else None
        for i in range(len(lines) - 1, -1, -1):  # lines that begin together end together
            if begun is None or lines[i].start != begun:
                break
            if lines[i].end is None:
                lines[i] = replace(lines[i], end=line.start)
    return lines


def write(lines: Lines, about: About) -> str:
    """Lines with their times."""
    return _write(lines, about, words=False)


def write_enhanced(lines: Lines, about: About) -> str:
    """Lines and words with their times."""
    return _write(lines, about, words=True)


def write_exact(lines: Lines) -> str:
    """Lines and words to the millisecond, for our own programs; lines without a time stay so."""
    return _write(lines, About(), words=True, stamp=_millisecond_stamp)


def _stamp(time: float) -> str:
    centiseconds = round(time * 100)
    return f"{centiseconds // 6000:02d}:{centiseconds // 100 % 60:02d}.{centiseconds % 100:02d}"


def _millisecond_stamp(time: float) -> str:
    ms = round(time * 1000)
    return f"{ms // 60_000:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"


def _write(lines: Lines, about: About, *, words: bool, stamp: Callable[[float], str] = _stamp) -> str:
    out = [f"[{tag}:{clean(value)}]" for tag, value in (("ti", about.title), ("ar", about.artist)) if value]
    for i, line in enumerate(lines):
        if line.stanza:
            out.append("")
        text = _enhanced(line, stamp) if words and line.words else guarded(line.text, _MARKUP)
        out.append((f"[{stamp(line.start)}]" if line.start is not None else "") + text)
        after = lines[i + 1].start if i + 1 < len(lines) else None
        if line.end is not None and (after is None or stamp(line.end) < stamp(after)):
            out.append(f"[{stamp(line.end)}]")
    return "\n".join(out) + "\n"


def _enhanced(line: Line, stamp: Callable[[float], str]) -> str:
    """A word's end is written only if the next word does not begin there."""
    out, shown = "", ""
    follow = [f"<{stamp(word.start)}>" for word in line.words[1:]]
    for word, piece, after in zip(line.words, pieces(line), [*follow, ""], strict=True):
        start, end = f"<{stamp(word.start)}>", f"<{stamp(word.end)}>"
        out += ("" if start == shown else start) + guarded(piece.rstrip(), _MARKUP)
        out += ("" if end == after else end) + piece[len(piece.rstrip()) :]
        shown = "" if end == after else end
    return out
