"""From the times of some words to times of all: those that came with the words are kept, and what was not found is
spread between its neighbours."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from ml.lyrics.known import KnownLine
from ml.lyrics.spread import spread
from ml.lyrics.voice import Span
from ml.lyrics.words import Line

MAX_SYLLABLES_A_SECOND = 12.0
"""No one sings faster; the fastest rap has about 11 syllables a second for a few seconds."""

_NEAR_S = 1.5
"""How far from its known start a line may have been found. Line times made by hand are within a second."""
_BACK_S = 0.05  # a word may begin so much before the one above it
_STRAY_S, _TOUCH_S, _STRAYS = 1.0, 0.35, 2  # s from its own line, s from the next one, and words at most
_SPOKEN_S = 0.2  # of a syllable next to a word that was found
_SYLLABLE_S = 0.35  # a line without a known end lasts at least so long for each of its syllables


@dataclass(frozen=True)
class Timed:
    """When a unit is sung (s), and whether that is an estimate."""

    start: float
    end: float
    estimated: bool


def judge(lines: Sequence[KnownLine], found: Sequence[Span | None]) -> list[Span | None]:
    """`found` (one for each unit, in order) without the lines that cannot be: sung impossibly fast, or far from where
    the line is known to start, or, if that is not known, from the interval between its neighbours' starts."""
    starts = [known.times[0][0] if known.times else known.start for known in lines]
    earliest = list(accumulate(starts, _nearer, initial=0.0))[1:]
    latest = list(accumulate(reversed(starts), _nearer, initial=math.inf))[:0:-1]
    kept: list[Span | None] = []
    for known, low, high in zip(lines, earliest, latest, strict=True):
        own = found[len(kept) : len(kept) + len(known.line.units)]
        there = [span for span in own if span is not None]
        weights = [w for w, span in zip(known.line.weights, own, strict=True) if span is not None]
        good = bool(there) and sum(weights) <= MAX_SYLLABLES_A_SECOND * (there[-1][1] - there[0][0])
        good = good and low - _NEAR_S <= there[0][0] <= high + _NEAR_S
        kept += own if good else [None] * len(own)
    return kept


def _nearer(last: float, start: float | None) -> float:
    return last if start is None else start


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


def between_own(
    lines: Sequence[KnownLine], found: Sequence[Span | None], duration_s: float
) -> list[Span | None]:
    """`found` without lines that have times of their own, and without what was found elsewhere than between the own
    times around it: an own time is true, so that was something else. Nor is anything kept that begins before what was
    found earlier (Whisper's groups overlap by their margins)."""
    kept: list[Span | None] = [None] * len(found)
    for first, last, (start, end) in _gaps(lines, duration_s):
        at = start
        for i in range(first, last):
            span = found[i]
            if span is None or not start <= sum(span) / 2 <= end:
                continue
            begin = max(span[0], start)
            if begin >= at - _BACK_S:
                kept[i] = (begin, min(span[1], end))
                at = begin
    return kept


def _gaps(lines: Sequence[KnownLine], duration_s: float) -> Iterator[tuple[int, int, Span]]:
    """The runs of units without times of their own: first, last + 1, and the window (s) that the own times on either
    side leave. Where these overlap there is none, and the window opens where the one before begins."""
    times, end_s = _own_times(lines, duration_s), _floored(duration_s)
    first = 0
    while first < len(times):
        last = first
        while last < len(times) and times[last] is None:
            last += 1
        if last > first:
            before = times[first - 1] if first else None
            after = times[last] if last < len(times) else None
            ceiling = after.start if after else end_s
            floor = before.end if before else 0.0
            if before and floor > ceiling:
                floor = min(before.start, ceiling)
            yield first, last, (floor, ceiling)
        first = last + 1


def _own_times(lines: Sequence[KnownLine], duration_s: float) -> list[Timed | None]:
    """For each unit the time that came with it, None where none did; whole milliseconds, none after the song's end."""
    end_s = _floored(duration_s)
    times: list[Timed | None] = []
    for known in lines:
        for start, end in known.times or ():
            start_s = min(round(start, 3), end_s)
            times.append(Timed(start_s, min(max(round(end, 3), start_s), end_s), estimated=False))
        if not known.times:
            times += [None] * len(known.line.units)
    return times


def _floored(duration_s: float) -> float:
    """Whole milliseconds. Down, not to the nearest: a time rounded up could lie past the song's end."""
    return math.floor(duration_s * 1000) / 1000


def _next_to_found(
    known: KnownLine, own: list[Timed | None], floor: float, ceiling: float
) -> list[Timed | None]:
    """The times of one line: missing words at its ends are placed next to the found ones."""
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
    """A time for each unit of `lines`: its own; else where it was found, if that can be (`between_own`); else an
    estimate. Within the song, and monotone but where own times are not. `spans` (s): where somebody sings."""
    times = _own_times(lines, duration_s)
    kept = between_own(lines, found, duration_s)
    starts = list(accumulate((len(known.line.units) for known in lines), initial=0))
    for first, last, window in _gaps(lines, duration_s):
        part = lines[starts.index(first) : starts.index(last)]
        times[first:last] = _completed(part, kept[first:last], spans, window)
    return [time for time in times if time is not None]


def _completed(
    lines: Sequence[KnownLine], found: Sequence[Span | None], spans: Sequence[Span], window: Span
) -> list[Timed]:
    """A time for each unit of lines that have none of their own, all within the window."""
    times: list[Timed | None] = [None if span is None else Timed(*span, estimated=False) for span in found]
    starts = list(accumulate((len(known.line.units) for known in lines), initial=0))
    for i, known in enumerate(lines):
        if known.start is not None and not any(times[starts[i] : starts[i + 1]]):
            own = spread([known.line], _within(spans, _line_window(lines, i, window)))
            times[starts[i] : starts[i + 1]] = [Timed(*span, estimated=True) for span in own]
    # A word that was not found is never before the first span, or after the last.
    first_s, last_s = (max(window[0], spans[0][0]), min(window[1], spans[-1][1])) if spans else window
    for i, known in enumerate(lines):
        floor = max((time.end for time in times[: starts[i]] if time), default=first_s)
        ceiling = next((time.start for time in times[starts[i + 1] :] if time), last_s)
        line = times[starts[i] : starts[i + 1]]
        times[starts[i] : starts[i + 1]] = _next_to_found(known, line, floor, ceiling)
    _fill(lines, times, starts, spans, window)
    return _ordered([time for time in times if time is not None], window)


def _line_window(lines: Sequence[KnownLine], i: int, window: Span) -> Span:
    """Where a line with a known start is sung, within the window."""
    start, end = lines[i].start or 0.0, lines[i].end
    following = next((line.start for line in lines[i + 1 :] if line.start is not None), window[1])
    if end is None or end <= start:
        end = start + max(2.0, 2 * _SYLLABLE_S * sum(lines[i].line.weights))
    start = min(max(start, window[0]), window[1])
    return start, max(start, min(end, following, window[1]))


def _fill(
    lines: Sequence[KnownLine],
    times: list[Timed | None],
    starts: Sequence[int],
    spans: Sequence[Span],
    within: Span,
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
        window = (before.end if before else within[0], after.start if after else within[1])
        own = spread(_cut(lines, starts, first, last), _within(spans, window))
        times[first:last] = [Timed(*span, estimated=True) for span in own]
        first = last


def _cut(lines: Sequence[KnownLine], starts: Sequence[int], first: int, last: int) -> list[Line]:
    """The units first … last − 1, in their lines."""
    parts = []
    for i, known in enumerate(lines):
        a, b = max(first, starts[i]) - starts[i], min(last, starts[i + 1]) - starts[i]
        if a < b:
            parts.append(
                replace(
                    known.line,
                    units=known.line.units[a:b],
                    weights=known.line.weights[a:b],
                    stanza=known.line.stanza and a == 0,
                )
            )
    return parts


def _within(spans: Sequence[Span], window: Span) -> list[Span]:
    """The parts of `spans` inside `window`; the window itself where there are none."""
    start, end = window[0], max(window)
    inside = [(max(a, start), min(b, end)) for a, b in spans if min(b, end) - max(a, start) > 0]
    return inside or [(start, end)]


def _ordered(times: Sequence[Timed], window: Span) -> list[Timed]:
    """Whole milliseconds, none before its neighbour's end, none outside the window (of whole milliseconds too)."""
    at, last_ms = round(window[0] * 1000), round(window[1] * 1000)
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
        end = max(time.end for time in own)  # a person's words may overlap
        segment = {"start": own[0].start, "end": end, "text": known.line.text, "words": words}
        found.append({**segment, "estimated": all(time.estimated for time in own)})
    return found
