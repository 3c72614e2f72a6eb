"""TTML (https://www.w3.org/TR/ttml2/), also as players of music write it: a `<p>` a line, a `<span>` a word or
syllable."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from lyricsfile.model import MAX_TIME_S, Line, Lines
from lyricsfile.reading import LONGEST_LINE, NotRead, clean, closed, in_order, line_of_pieces

MAX_ELEMENTS, MAX_DEPTH = 50_000, 40
_NOT_SUNG = ("x-translation", "x-roman")  # roles, by how they begin
_READINGS = ("text", "textContainer", "delimiter")  # tts:ruby
_BACKGROUND = "x-bg"
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:\.(\d{1,9})|:(\d{1,3})(?:\.\d{1,3})?)?")
_OFFSET = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(h|ms|m|s|f|t|)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "": 1.0, "ms": 0.001}
_ROUNDING_S = 0.001


@dataclass
class _Element:
    name: str
    given: Mapping[str, str]
    inside: list[_Element | str] = field(default_factory=list)


@dataclass(frozen=True)
class _Clock:
    """How the file counts. `absolute`: each time is the song's, also inside an element that has one."""

    frame: float
    tick: float
    absolute: bool = False


Span = tuple[float | None, float | None]


def parse(text: str) -> Lines:
    """A paragraph a line, each background voice a line of its own, sorted. Translations, romanisations and readings
    over letters are left out. A document type is refused, so that no entity can be declared."""
    root = _tree(text)
    body = next((one for one in _elements(root) if one.name == "body"), None)
    if body is None:
        return ()
    clock = _clock(root.given)
    if any(name.startswith("itunes:") for name in root.given) or not _fits(body, (None, None), clock):
        clock = _Clock(clock.frame, clock.tick, absolute=True)
    lines: list[Line] = []
    for number, (paragraph, around, verse) in enumerate(_paragraphs(body, (None, None), clock), 1):
        made = _lines(number, paragraph, around, clock)
        lines += [Line(one.text, one.start, one.end, one.words, verse and bool(lines)) for one in made[:1]]
        lines += made[1:]
    return closed(in_order(lines) if all(line.start is not None for line in lines) else lines)


# --- XML --------------------------------------------------------------------------------------------------------------


def _tree(text: str) -> _Element:
    """The elements by their names without prefixes. Bounded in number and depth; no document type."""
    top = _Element("", {})
    path, count = [top], 0
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def document_type(*_: object) -> None:
        raise _refused("it declares a document type, which could hold entities without end")

    def begin(name: str, given: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MAX_ELEMENTS:
            raise _refused(f"it has more than {MAX_ELEMENTS} elements")
        if len(path) > MAX_DEPTH:
            raise _refused(f"its elements are nested more than {MAX_DEPTH} deep")
        element = _Element(name.rpartition(":")[2], given)
        path[-1].inside.append(element)
        path.append(element)

    def words(data: str) -> None:
        path[-1].inside.append(data)

    parser.StartDoctypeDeclHandler = document_type
    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _name: path.pop()
    parser.CharacterDataHandler = words
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, UnicodeError) as error:
        line = f" in line {error.lineno}" if isinstance(error, expat.ExpatError) else ""
        raise _refused(f"it is no well-formed XML{line}") from None
    return next(iter(_elements(top)), top)


def _elements(element: _Element) -> Iterator[_Element]:
    return (one for one in element.inside if isinstance(one, _Element))


def _is(element: _Element, name: str) -> str:
    """An attribute by its name without prefix; "" where it is not there."""
    return next((value for key, value in element.given.items() if key.rpartition(":")[2] == name), "")


def _is_sung(element: _Element) -> bool:
    return (
        element.name != "metadata"
        and not _is(element, "role").startswith(_NOT_SUNG)
        and _is(element, "ruby") not in _READINGS
    )


# --- times ------------------------------------------------------------------------------------------------------------


def _clock(given: Mapping[str, str]) -> _Clock:
    """From the root's parameters (TTML2, 7.2). Without them 30 frames and as many ticks a second, or one tick."""
    rates = {key.rpartition(":")[2]: value for key, value in given.items()}
    if rates.get("timeBase", "media") == "clock":
        raise _refused("its times are those of a clock, not of the song")

    def rate(name: str, default: str) -> float:
        factors = [float(part) for part in re.findall(r"\d{1,9}", rates.get(name, default))]
        if not factors or factors[0] <= 0 or factors[-1] <= 0:
            raise _refused(f"{name} is no rate")
        return factors[0] / factors[1] if len(factors) > 1 else factors[0]

    frames = rate("frameRate", "30") * rate("frameRateMultiplier", "1 1")
    ticks = rate("tickRate", "1") if "tickRate" in rates or "frameRate" not in rates else frames
    return _Clock(1 / frames, 1 / ticks)


def _time(number: int, text: str, clock: _Clock) -> float:
    if found := _CLOCK.fullmatch(text.strip()):
        hours, minutes, rest, fraction, frames = found.groups()
        time = int(hours or 0) * 3600 + int(minutes) * 60 + int(rest) + float(f"0.{fraction or 0}")
        time += int(frames or 0) * clock.frame
    elif found := _OFFSET.fullmatch(text.strip()):
        time = float(found[1]) * {**_SECONDS, "f": clock.frame, "t": clock.tick}[found[2]]
    else:
        raise _fault(number, f"{clean(text)[:20]} is no time; one looks like 00:01:02.500 or 62.5s")
    return time


def _span(number: int, element: _Element, around: Span, clock: _Clock) -> Span:
    """When an element begins and ends; what it does not say is what surrounds it."""
    base = 0.0 if clock.absolute else around[0] or 0.0
    begin, end, dur = (_is(element, name) for name in ("begin", "end", "dur"))
    start = base + _time(number, begin, clock) if begin else around[0]
    ends = [base + _time(number, end, clock)] if end else []
    ends += [(start or 0.0) + _time(number, dur, clock)] if dur else []
    if max(start or 0.0, *ends, 0.0) > MAX_TIME_S:
        raise _fault(number, "a time is later than one hour")
    until = round(min(ends), 3) if ends else around[1]
    start = None if start is None else round(start, 3)
    if ends and until is not None and until < (start or 0.0):
        raise _fault(number, "it ends before it begins")
    return start, until


def _fits(element: _Element, around: Span, clock: _Clock) -> bool:
    """Whether each element, its times counted from its parent's beginning as the standard says, begins within it."""
    try:
        span = _span(0, element, around, clock)
    except NotRead:
        return around == (None, None)
    if around[1] is not None and span[0] is not None and span[0] > around[1] + _ROUNDING_S:
        return False
    return all(_fits(one, span, clock) for one in _elements(element))


# --- lines ------------------------------------------------------------------------------------------------------------


def _paragraphs(element: _Element, around: Span, clock: _Clock) -> Iterator[tuple[_Element, Span, bool]]:
    """Each paragraph, when what surrounds it sounds, and whether it is the first of a division."""
    if _is(element, "timeContainer") == "seq":
        raise _refused("a timeContainer of “seq” is not read")
    span = _span(0, element, around, clock)
    first = element.name == "div"
    for one in _elements(element):
        if one.name == "p":
            yield one, span, first
            first = False
        elif one.name == "div":
            yield from _paragraphs(one, span, clock)


def _lines(number: int, paragraph: _Element, around: Span, clock: _Clock) -> list[Line]:
    """The paragraph's own line, then its background voices'."""
    span = _span(number, paragraph, around, clock)
    behind: list[tuple[_Element, Span]] = []
    pieces = list(_pieces(number, paragraph, span, clock, behind))
    lines = [_line(number, pieces, span)]
    for element, when in behind:
        own = _span(number, element, when, clock)
        inner = list(_pieces(number, element, own, clock, []))
        by_words = not _is(element, "begin") and any(when is not None for when, _ in inner)
        lines.append(_line(number, inner, (None, None) if by_words else own))
    return [line for line in lines if line.text]


Piece = tuple[Span | None, str]
"""Text, and when it sounds where it has a time of its own."""


def _pieces(
    number: int, element: _Element, around: Span, clock: _Clock, behind: list[tuple[_Element, Span]]
) -> Iterator[Piece]:
    for one in element.inside:
        if isinstance(one, str):
            yield None, re.sub(r"\s+", " ", one)
        elif one.name == "br":
            yield None, " "
        elif _is(one, "role") == _BACKGROUND:
            behind.append((one, around))
        elif _is_sung(one):
            span = _span(number, one, around, clock)
            inner = list(_pieces(number, one, span, clock, behind))
            if _is(one, "begin") and all(when is None for when, _ in inner):
                yield span, "".join(text for _, text in inner)
            else:
                yield from inner


def _line(number: int, pieces: list[Piece], span: Span) -> Line:
    """A line of its pieces. Text without a time, such as a comma between two spans, belongs to the word it touches."""
    if sum(len(text) for _, text in pieces) > LONGEST_LINE:
        raise _fault(number, f"it has more than {LONGEST_LINE} characters")
    if all(when is None for when, _ in pieces):
        return Line(clean("".join(text for _, text in pieces)), *span)
    first = next(when[0] for when, _ in pieces if when is not None)
    timeline: list[tuple[float, str]] = []
    for when, text in pieces:
        if when is not None and when[0] is not None:
            if timeline and not timeline[-1][1].strip() and timeline[-1][0] >= when[0] - _ROUNDING_S:
                _, space = timeline.pop()
                if timeline:
                    timeline[-1] = (timeline[-1][0], timeline[-1][1] + space)
            timeline.append((when[0], text))
            timeline += [(when[1], "")] if when[1] is not None else []
        elif not timeline:
            timeline.append((span[0] if span[0] is not None else first or 0.0, text))
        else:
            touching = text.split(" ", 1)[0] if len(timeline) > 1 and not timeline[-1][1] else ""
            if touching:
                timeline[-2] = (timeline[-2][0], timeline[-2][1] + touching)
            timeline[-1] = (timeline[-1][0], timeline[-1][1] + text[len(touching) :])
    try:
        return line_of_pieces(number, span[0], timeline, span[1])
    except NotRead:
        raise _fault(number, "the times of its words run backwards") from None


def _fault(number: int, problem: str) -> NotRead:
    return _refused(f"paragraph {number}: {problem}" if number else problem)


def _refused(problem: str) -> NotRead:
    return NotRead(f"The lyrics cannot be read: {problem}.", problem=problem)
