"""From the times of some words to times of all: those that came with the words are kept, and what was not found is
spread between its neighbours."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise, takewhile
from typing import Any

from ml.lyrics.known import KnownLine
from ml.lyrics.spread import COSTS, Costs, spread
from ml.lyrics.voice import Span
from ml.lyrics.words import Line

MAX_SYLLABLES_A_SECOND = 12.0
"""No one sings faster; the fastest rap has about 11 syllables a second for a few seconds."""

SHORTEST_S = 0.3
"""No line is sung in less (s). Lines that begin nearer to each other sound together."""

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
    """`found` without the spans that cannot be right. Given times are true. So these are dropped:

    - spans of lines whose words have times of their own;
    - spans whose middle is outside the line's own span (`own_spans`), or, if the line's start is not given, outside
      the nearest given times before and after it;
    - spans that begin clearly before the one kept last (Whisper's groups overlap by their margins).

    The rest is cut to the same limits."""
    kept: list[Span | None] = []
    at = 0.0
    for known, span in zip(lines, _possible(lines, duration_s), strict=True):
        own = found[len(kept) : len(kept) + len(known.line.units)]
        if known.start is not None or known.times:
            at = span[0]
        for word in own:
            middle = sum(word) / 2 if word is not None else -1.0
            begin = max(word[0], span[0]) if word is not None else -1.0
            if word is None or known.times or not span[0] <= middle <= span[1] or begin < at - _BACK_S:
                kept.append(None)
                continue
            kept.append((begin, min(word[1], span[1])))
            at = begin
    return kept


def own_spans(lines: Sequence[KnownLine], duration_s: float) -> list[Span | None]:
    """For each line with a given start the span (s) of its words; None for the others.

    It ends where the line is known to end, else where the next line begins. Starts that are nearer than SHORTEST_S
    belong to lines that sound together (a translation, two voices), and end together.
    """
    starts = [known.times[0][0] if known.times else known.start for known in lines]
    spans: list[Span | None] = []
    for known, start in zip(lines, starts, strict=True):
        if start is None:
            spans.append(None)
            continue
        later = [other for other in starts if other is not None and other >= start + SHORTEST_S]
        past = start + SHORTEST_S > duration_s  # of another recording
        end = min(later, default=start + _natural_s(known) if past else duration_s)
        if known.times:
            end = max(time for _, time in known.times)
        elif known.end is not None and known.end > start:
            end = known.end
        spans.append((start, end))
    return spans


def _natural_s(known: KnownLine) -> float:
    return max(2.0, 2 * _SYLLABLE_S * sum(known.line.weights))


def _possible(lines: Sequence[KnownLine], duration_s: float) -> list[Span]:
    """Where each line can be: in its own span, or between the given times around it. Where the ones before end after
    the next ones begin, there is no room, and it opens where the one before begins."""
    own = own_spans(lines, duration_s)
    spans: list[Span] = []
    floor: Span = (
        0.0,
        0.0,
    )  # when the last line with a given time begins, and the earliest that another follows
    for i, (known, span) in enumerate(zip(lines, own, strict=True)):
        if span is not None:
            floor = (span[0], known.times[-1][1] if known.times else span[0])
            spans.append(span)
            continue
        ceiling = min(next((other[0] for other in own[i:] if other), duration_s), duration_s)
        spans.append((floor[1] if floor[1] <= ceiling else min(floor[0], ceiling), ceiling))
    return spans


def _gaps(times: Sequence[Timed | None], duration_s: float) -> Iterator[tuple[int, int, Span]]:
    """The runs of units without a time: first, last + 1, and the window (s) that the times on either side leave. Where
    these overlap there is none, and the window opens where the one before begins."""
    end_s = _floored(duration_s)
    first = 0
    while first < len(times):
        last = first
        while last < len(times) and times[last] is None:
            last += 1
        if last > first:
            before = times[first - 1] if first else None
            after = times[last] if last < len(times) else None
            ceiling = min(after.start, end_s) if after else end_s
            floor = before.end if before else 0.0
            if before and floor > ceiling:
                floor = min(before.start, ceiling)
            yield first, last, (floor, ceiling)
        first = last + 1


def _own_times(lines: Sequence[KnownLine]) -> list[Timed | None]:
    """For each unit the time that came with it, None where none did; whole milliseconds. One after the song's end stays
    as it is: the person has another recording in mind, and must see it."""
    times: list[Timed | None] = []
    for known in lines:
        times += [
            Timed(round(start, 3), round(max(start, end), 3), estimated=False)
            for start, end in known.times or ()
        ]
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
    lines: Sequence[KnownLine],
    found: Sequence[Span | None],
    spans: Sequence[Span],
    duration_s: float,
    costs: Costs = COSTS,
) -> list[Timed]:
    """A time for each unit of `lines`: its own; else where it was found, if that can be (`between_own`); else an
    estimate. Within the song, within its line where that has a given time, and monotone but where given times are not.
    `spans` (s): where somebody sings."""
    times = _own_times(lines)
    kept = between_own(lines, found, duration_s)
    own = own_spans(lines, duration_s)
    starts = list(accumulate((len(known.line.units) for known in lines), initial=0))
    for i, (known, span) in enumerate(zip(lines, own, strict=True)):
        a, b = starts[i], starts[i + 1]
        if span is not None and not known.times:
            room = span if any(kept[a:b]) else _room(lines, i, span)
            times[a:b] = _completed([known], kept[a:b], spans, room, costs)
    for first, last, window in list(_gaps(times, duration_s)):
        part = lines[starts.index(first) : starts.index(last)]
        times[first:last] = _completed(part, kept[first:last], spans, window, costs)
    timed = [time for time in times if time is not None]
    for known, span, (a, b) in zip(lines, own, pairwise(starts), strict=True):
        if not known.times and timed[b - 1].end <= timed[a].start:
            timed[a:b] = _with_length(timed[a:b], span, _floored(duration_s))
    return timed


def _room(lines: Sequence[KnownLine], i: int, span: Span) -> Span:
    """Where line `i` may be put in its span when nothing of it was found: at most as long as a slow singer takes, and
    with room for lines without a time that follow."""
    line = lines[i]
    if line.end is not None and line.end > span[0]:
        return span
    following = list(takewhile(lambda other: other.start is None and not other.times, lines[i + 1 :]))
    own = sum(line.line.weights)
    share = own / (own + sum(sum(other.line.weights) for other in following))
    return span[0], span[0] + min((span[1] - span[0]) * share, _natural_s(line))


def _with_length(times: Sequence[Timed], span: Span | None, end_s: float) -> list[Timed]:
    """The words of a line that has no length, one after the other over SHORTEST_S (or the line's own span): it may
    overlap its neighbours then, but it is seen."""
    start = times[0].start
    end = min(start + SHORTEST_S, span[1]) if span else min(start + SHORTEST_S, end_s)
    if not span and end - start < SHORTEST_S:
        start = max(0.0, end - SHORTEST_S)
    step = (end - start) / len(times)
    at = [round(start + i * step, 3) for i in range(len(times))] + [round(end, 3)]
    return [Timed(a, b, estimated=True) for a, b in pairwise(at)]


def _completed(
    lines: Sequence[KnownLine],
    found: Sequence[Span | None],
    spans: Sequence[Span],
    window: Span,
    costs: Costs,
) -> list[Timed]:
    """A time for each unit of lines whose words have none of their own, all within the window."""
    times: list[Timed | None] = [None if span is None else Timed(*span, estimated=False) for span in found]
    starts = list(accumulate((len(known.line.units) for known in lines), initial=0))
    # A word that was not found is never before the first span, or after the last.
    first_s, last_s = (max(window[0], spans[0][0]), min(window[1], spans[-1][1])) if spans else window
    for i, known in enumerate(lines):
        floor = max((time.end for time in times[: starts[i]] if time), default=first_s)
        ceiling = next((time.start for time in times[starts[i + 1] :] if time), last_s)
        line = times[starts[i] : starts[i + 1]]
        times[starts[i] : starts[i + 1]] = _next_to_found(known, line, floor, ceiling)
    _fill(lines, times, starts, spans, window, costs)
    return _ordered([time for time in times if time is not None], window)


def _fill(
    lines: Sequence[KnownLine],
    times: list[Timed | None],
    starts: Sequence[int],
    spans: Sequence[Span],
    within: Span,
    costs: Costs,
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
        own = spread(_cut(lines, starts, first, last), _within(spans, window), costs)
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
    """The segments of lyrics.json: one for each line, in order. A given start or end of a line is kept as it is; the
    line is estimated where it has no given start and none of its words was found."""
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
        start, end = own[0].start, max(time.end for time in own)  # a person's words may overlap
        if known.start is not None:
            start = min(round(known.start, 3), start) if known.times else round(known.start, 3)
        if known.end is not None and known.end > start:
            end = max(round(known.end, 3), end) if known.times else round(known.end, 3)
        if end <= start:
            end = round(start + SHORTEST_S, 3)
        segment = {"start": start, "end": end, "text": known.line.text, "words": words}
        estimated = known.start is None and all(time.estimated for time in own)
        found.append({**segment, "estimated": estimated})
    return found
