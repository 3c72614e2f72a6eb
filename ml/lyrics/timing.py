"""From the times of some words to times of all: what was not found is spread between its neighbours."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from ml.lyrics.known import KnownLine
from ml.lyrics.spread import spread
from ml.lyrics.voice import Span
from ml.lyrics.words import Line

MAX_SYLLABLES_A_SECOND = 12.0
"""Faster than that nobody sings; the fastest rap has about 11 syllables a second for a few seconds."""

_NEAR_S = 1.5
"""How far from its known start a line may have been found. Line times made by hand are within a second."""
_STRAY_S, _TOUCH_S, _STRAYS = 1.0, 0.35, 2  # s from its own line, s from the next one, and words at most
_SPOKEN_S = 0.2  # of a syllable beside a word that was found
_SYLLABLE_S = 0.35  # a line without a known end lasts at least so long for each of its syllables


@dataclass(frozen=True)
class Timed:
    """When a unit is sung (s), and whether that is an estimate."""

    start: float
    end: float
    estimated: bool


def judge(lines: Sequence[KnownLine], found: Sequence[Span | None]) -> list[Span | None]:
    """`found` (one for each unit, in order) without the lines that cannot be: sung impossibly fast, or far from
    where the line is known to start."""
    kept: list[Span | None] = []
    for known in lines:
        own = found[len(kept) : len(kept) + len(known.line.units)]
        there = [span for span in own if span is not None]
        weights = [w for w, span in zip(known.line.weights, own, strict=True) if span is not None]
        good = bool(there) and sum(weights) <= MAX_SYLLABLES_A_SECOND * (there[-1][1] - there[0][0])
        if good and known.start is not None:
            good = abs(there[0][0] - known.start) <= _NEAR_S
        kept += own if good else [None] * len(own)
    return kept


def without_strays(lines: Sequence[KnownLine], found: Sequence[Span | None]) -> list[Span | None]:
    """`found` without first and last words that were drawn to a neighbouring line: they touch that one, and are far
    from the rest of their own. An aligner hears an "and" or an "I" in many sounds."""
    kept = list(found)
    first = 0
    for known in lines:
        last = first + len(known.line.units)
        for cut in range(first + 1, last):
            a, b = found[cut - 1], found[cut]
            if a is None or b is None or b[0] - a[1] <= _STRAY_S:
                continue
            before = found[first - 1] if first else None
            after = found[last] if last < len(found) else None
            head = found[first]
            if before and head and cut - first <= _STRAYS and head[0] - before[1] < _TOUCH_S:
                kept[first:cut] = [None] * (cut - first)
            tail = found[last - 1]
            if after and tail and last - cut <= _STRAYS and after[0] - tail[1] < _TOUCH_S:
                kept[cut:last] = [None] * (last - cut)
        first = last
    return kept


def _beside(known: KnownLine, own: list[Timed | None], floor: float, ceiling: float) -> list[Timed | None]:
    """The times of one line: what is missing at its ends stands right beside what was found."""
    there = [i for i, time in enumerate(own) if time is not None]
    if not there:
        return own
    first, last = own[there[0]], own[there[-1]]
    at = first.start if first else 0.0
    for i in reversed(range(there[0])):
        start = max(floor, at - _SPOKEN_S * known.line.weights[i])
        own[i] = Timed(min(start, at), at, estimated=True)
        at = min(start, at)
    at = last.end if last else 0.0
    for i in range(there[-1] + 1, len(own)):
        end = min(ceiling, at + _SPOKEN_S * known.line.weights[i])
        own[i] = Timed(at, max(end, at), estimated=True)
        at = max(end, at)
    return own


def complete(
    lines: Sequence[KnownLine], found: Sequence[Span | None], spans: Sequence[Span], duration_s: float
) -> list[Timed]:
    """A time for each unit of `lines`, monotone and within the song. `spans` (s): where somebody sings."""
    times: list[Timed | None] = [None if span is None else Timed(*span, estimated=False) for span in found]
    starts = list(accumulate((len(known.line.units) for known in lines), initial=0))
    for i, known in enumerate(lines):
        if known.start is not None and not any(times[starts[i] : starts[i + 1]]):
            window = (known.start, _line_end(lines, i, duration_s))
            own = spread([known.line], _within(spans, window))
            times[starts[i] : starts[i + 1]] = [Timed(*span, estimated=True) for span in own]
    for i, known in enumerate(lines):
        floor = max((time.end for time in times[: starts[i]] if time), default=0.0)
        ceiling = next((time.start for time in times[starts[i + 1] :] if time), duration_s)
        line = times[starts[i] : starts[i + 1]]
        times[starts[i] : starts[i + 1]] = _beside(known, line, floor, ceiling)
    _fill(lines, times, starts, spans, duration_s)
    return _ordered([time for time in times if time is not None], duration_s)


def _line_end(lines: Sequence[KnownLine], i: int, duration_s: float) -> float:
    start, end = lines[i].start or 0.0, lines[i].end
    following = next((line.start for line in lines[i + 1 :] if line.start is not None), duration_s)
    if end is None or end <= start:
        end = start + max(2.0, 2 * _SYLLABLE_S * sum(lines[i].line.weights))
    return max(start, min(end, following, duration_s))


def _fill(
    lines: Sequence[KnownLine],
    times: list[Timed | None],
    starts: Sequence[int],
    spans: Sequence[Span],
    duration_s: float,
) -> None:
    """Spread each run of units without a time over what is sung between its neighbours."""
    first = 0
    while first < len(times):
        if times[first] is not None:
            first += 1
            continue
        last = next((i for i in range(first, len(times)) if times[i] is not None), len(times))
        before = times[first - 1] if first else None
        after = times[last] if last < len(times) else None
        window = (before.end if before else 0.0, after.start if after else duration_s)
        own = spread(_cut(lines, starts, first, last), _within(spans, window))
        times[first:last] = [Timed(*span, estimated=True) for span in own]
        first = last


def _cut(lines: Sequence[KnownLine], starts: Sequence[int], first: int, last: int) -> list[Line]:
    """The units first … last − 1, in their lines."""
    parts = []
    for i, known in enumerate(lines):
        a, b = max(first, starts[i]) - starts[i], min(last, starts[i + 1]) - starts[i]
        if a < b:
            parts.append(Line(known.line.text, known.line.units[a:b], known.line.weights[a:b]))
    return parts


def _within(spans: Sequence[Span], window: Span) -> list[Span]:
    """The parts of `spans` inside `window`; the window itself where there are none."""
    start, end = window[0], max(window)
    inside = [(max(a, start), min(b, end)) for a, b in spans if min(b, end) - max(a, start) > 0]
    return inside or [(start, end)]


def _ordered(times: Sequence[Timed], duration_s: float) -> list[Timed]:
    """Whole milliseconds, none before its neighbour's end, none after the song's."""
    # Down, not to the nearest: a time rounded up could lie past the song's end.
    last_ms = math.floor(duration_s * 1000)
    at = 0
    ordered = []
    for time in times:
        start = min(max(round(time.start * 1000), at), last_ms)
        at = min(max(round(time.end * 1000), start), last_ms)
        ordered.append(Timed(start / 1000, at / 1000, time.estimated))
    return ordered


def segments(lines: Sequence[KnownLine], times: Sequence[Timed]) -> list[dict[str, Any]]:
    """The segments of lyrics.json: one for each line, in order. A line none of whose words was found is estimated."""
    found: list[dict[str, Any]] = []
    position = 0
    for known in lines:
        own = times[position : position + len(known.line.units)]
        position += len(own)
        words = [
            {
                "word": unit,
                "start": time.start,
                "end": time.end,
                "probability": None,
                "estimated": time.estimated,
            }
            for unit, time in zip(known.line.units, own, strict=True)
        ]
        segment = {"start": own[0].start, "end": own[-1].end, "text": known.line.text, "words": words}
        found.append({**segment, "estimated": all(time.estimated for time in own)})
    return found
