"""WebVTT (.vtt, https://www.w3.org/TR/webvtt1/): cues, with `<HH:MM:SS.mmm>` before words. Times have 1 ms."""

from __future__ import annotations

import html
import re
from dataclasses import replace

from lyricsfile.cues import Cue, cues, time
from lyricsfile.model import About, Line, Lines, pieces
from lyricsfile.reading import (
    clean,
    closed,
    fault,
    line_of_pieces,
    numbered,
    seconds,
    without_readings,
)

_NOT_CUES = re.compile(r"\s*(NOTE|STYLE|REGION)(\s.*)?", re.DOTALL)
_BLINK_S = 0.05
_MARK = re.compile(r"<([^<>]*)>")
_STAMP = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})\.(\d{3})")


def parse(text: str) -> Lines:
    """A cue a line; its inner times, if any, are those of its words. Dress (`<i>`, `<v …>`) is left out, and what a
    rolling caption repeats of the one before."""
    found = _rolled(cues(_without_notes(numbered(text)), open_ended=False))
    return closed(line for line in map(_line, found) if line.text)


def _rolled(found: list[Cue]) -> list[Cue]:
    """Captions that roll, as YouTube makes them: a cue begins with the last line of the one before, and a cue of 10 ms
    between them holds that line alone. Each line once, where it is sung. All other files stay as they are."""
    shown: tuple[str, ...] = ()
    once, blinks, rolls = [], 0, 0
    for cue in found:
        lines = tuple(plain for text in cue.texts if (plain := _plain(text)))
        again = len(lines) > 0 and len(shown) > 0 and lines[0] == shown[-1]
        blinks += again and len(lines) == 1 and cue.end - cue.start <= _BLINK_S
        rolls += again and len(lines) > 1
        texts = [text for text in cue.texts if _plain(text)][again:]
        if texts:
            once.append(replace(cue, texts=tuple(texts)))
        shown = lines or shown
    return once if blinks and rolls else found


def _plain(text: str) -> str:
    return clean(html.unescape(_MARK.sub("", text)))


def _without_notes(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The file without its header and without the blocks that are no cues."""
    kept, skip = [], bool(lines) and lines[0][1].startswith("WEBVTT")
    above = ""
    for number, raw in lines:
        if not raw:
            skip = False
        elif not above and _NOT_CUES.fullmatch(raw):
            skip = True
        kept.append((number, "" if skip else raw))
        above = raw
    return kept


def _line(cue: Cue) -> Line:
    timeline: list[tuple[float, str]] = [(cue.start, "")]
    begin, stamped, sung = 0, False, without_readings(cue.text)
    for mark in _MARK.finditer(sung):
        timeline[-1] = (timeline[-1][0], timeline[-1][1] + html.unescape(sung[begin : mark.start()]))
        begin = mark.end()
        if stamp := _STAMP.fullmatch(mark[1]):
            timeline.append((seconds(cue.number, *stamp.groups()), ""))
            stamped = True
        elif re.match(r"\s*-?\d", mark[1]):
            raise fault(cue.number, f"{mark[0][:20]} is no time; one looks like <00:01:02.500>")
    timeline[-1] = (timeline[-1][0], timeline[-1][1] + html.unescape(sung[begin:]))
    if not stamped:
        return Line(clean("".join(text for _, text in timeline)), cue.start, cue.end)
    line = line_of_pieces(cue.number, cue.start, timeline, cue.end)
    if line.words and line.words[-1].end > cue.end:
        raise fault(cue.number, "a word begins after the end of its line")
    return replace(line, end=cue.end)


def write(lines: Lines, _about: About) -> str:
    """A line a cue, with its words' times."""
    blocks = [
        f"{time(line.start or 0.0, '.')} --> {time(line.end or line.start or 0.0, '.')}\n{_payload(line)}\n"
        for line in lines
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _payload(line: Line) -> str:
    if not line.words:
        return _escaped(line.text)
    # A time may stand but once, and must lie within the cue.
    shown, out = time(line.start or 0.0, "."), ""
    follow = [time(word.start, ".") for word in line.words[1:]]
    for word, piece, after in zip(line.words, pieces(line), [*follow, ""], strict=True):
        start, end = time(word.start, "."), time(word.end, ".")
        if start > shown:
            out, shown = f"{out}<{start}>", start
        out += _escaped(piece.rstrip())
        if end != after and shown < end < time(line.end or 0.0, "."):
            out, shown = f"{out}<{end}>", end
        out += piece[len(piece.rstrip()) :]
    return out


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
