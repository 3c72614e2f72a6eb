"""UltraStar (.txt, https://usdx.eu/format/): a header of `#NAME:value`, then notes that count in quarters of a beat."""

from __future__ import annotations

import re

from lyricsfile.model import MAX_TIME_S, Line, Lines
from lyricsfile.reading import clean, closed, fault, in_order, line_of_pieces, numbered

_HEADER = re.compile(r"\s*#(\w+)\s*:\s*(.*?)\s*")
_NOTE = re.compile(r"\s*[:*FRG] {0,3}(-?\d{1,7}) {1,3}(\d{1,7}) {1,3}-?\d{1,4}(?: (.*))?")
_BREAK = re.compile(r"\s*-\s*(-?\d{1,7})?(?:\s+(-?\d{1,7}))?\s*")
_NUMBER = re.compile(r"-?\d{1,9}(?:[.,]\d{1,9})?")
_QUARTERS = 4
_HELD = "~"  # in place of a syllable: the one before goes on


def is_ultrastar(text: str) -> bool:
    """Whether a text has UltraStar's tempo and at least one note."""
    lines = text.splitlines()
    return any(line.upper().startswith("#BPM:") for line in lines) and any(map(_NOTE.fullmatch, lines))


def parse(text: str) -> Lines:
    """A phrase a line, its syllables as words; both voices of a duet."""
    tempo = gap = None
    relative, base = False, 0
    found: list[Line] = []
    phrase: list[tuple[int, int, str]] = []
    for number, raw in numbered(text):
        if header := _HEADER.fullmatch(raw):
            name, value = header[1].upper(), header[2]
            tempo = _number(number, value) if name == "BPM" else tempo
            gap = _number(number, value) if name == "GAP" else gap
            relative = value.upper() == "YES" if name == "RELATIVE" else relative
        elif note := _NOTE.fullmatch(raw):
            phrase.append((base + int(note[1]), int(note[2]), note[3] or ""))
        elif raw.strip().upper() in ("P1", "P2", "P 1", "P 2", "P3", "E"):
            found += _phrase(number, phrase, tempo, gap)
            phrase, base = [], 0
            if raw.strip().upper() == "E":
                break
        elif pause := _BREAK.fullmatch(raw):
            found += _phrase(number, phrase, tempo, gap)
            phrase = []
            base += int(pause[2] or pause[1] or 0) if relative else 0
        elif clean(raw):
            raise fault(number, f"{clean(raw)[:30]} is no note; one looks like “: 24 4 0 la”")
    found += _phrase(0, phrase, tempo, gap)
    return closed(in_order(found))


def _phrase(
    number: int, notes: list[tuple[int, int, str]], tempo: float | None, gap: float | None
) -> list[Line]:
    if not notes:
        return []
    if tempo is None or not 1 <= tempo <= 10_000:
        raise fault(number, "the header has no #BPM that could be a tempo")

    def at(beat: int) -> float:
        time = (gap or 0.0) / 1000 + beat * 60 / (tempo * _QUARTERS)
        if time > MAX_TIME_S:
            raise fault(number, "a time is later than one hour")
        return round(max(0.0, time), 3)

    timeline: list[tuple[float, str]] = []
    for beat, length, text in notes:
        if timeline and text.strip() == _HELD:
            timeline[-1] = (at(beat + length), "")
            continue
        if timeline and timeline[-1][0] >= at(beat):
            timeline.pop()
        timeline += [(at(beat), text.replace(_HELD, "")), (at(beat + length), "")]
    line = line_of_pieces(number, None, timeline, timeline[-1][0])
    return [line] if line.text else []


def _number(number: int, text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise fault(number, f"{clean(text)[:20]} is no number")
    return float(text.replace(",", "."))
