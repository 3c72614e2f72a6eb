"""Advanced SubStation Alpha (.ass), with `{\\k}` karaoke lengths (https://aegisub.org/docs/latest/ass_tags/).
Times have 10 ms."""

from __future__ import annotations

import re

from unplugd.lyrics.formats.reading import (
    clean,
    closed,
    fault,
    guarded,
    line_of_pieces,
    numbered,
    seconds,
    unguarded,
)
from unplugd.lyrics.model import About, Line, Lines, pieces

_TIME = re.compile(r"\s*(\d{1,3}):(\d{1,2}):(\d{1,2})(?:[.:](\d{1,3}))?\s*")
_BLOCK = re.compile(r"\{([^{}]*)\}")
_KARAOKE = re.compile(r"\\(?:kf|ko|k|K)(\d{1,6})(?![\d.])")
_MARKUP = re.compile(r"\\")
_FIELDS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")
_HEAD = """\
[Script Info]
Title: {title}
ScriptType: v4.00+
WrapStyle: 0
ScaledBorderAndShadow: yes
PlayResX: 1280
PlayResY: 720

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,56,&H0000D7FF,&H00FFFFFF,&H00000000,&H80000000,0,0,0,0,100,100,0,0,1,3,0,2,40,40,60,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def parse(text: str) -> Lines:
    """Each Dialogue a line, sorted by time, since the format itself knows no order. Comments and dress are left out."""
    found, names, events = [], list(_FIELDS), False
    for number, raw in numbered(text):
        if re.fullmatch(r"\s*\[.*\]\s*", raw) and not raw.startswith("Dialogue"):
            events = raw.strip().lower() == "[events]"
        key, _, value = raw.partition(":")
        if events and key.strip().lower() == "format":
            names = [name.strip().lower() for name in value.split(",")]
            if not {"start", "end"} <= set(names) or names[-1] != "text":
                raise fault(number, "the events' format must have Start and End, and Text as the last")
        elif events and key.strip().lower() == "dialogue":
            values = value.split(",", len(names) - 1)
            if len(values) < len(names):
                raise fault(number, "a Dialogue has fewer fields than its Format")
            line = _dialogue(number, dict(zip(names, values, strict=True)))
            found += [line] if line.text else []
    return closed(sorted(found, key=lambda line: line.start or 0.0))


def _dialogue(number: int, fields: dict[str, str]) -> Line:
    start, end = _time(number, fields["start"]), _time(number, fields["end"])
    if end < start:
        raise fault(number, "it ends before it begins")
    text = fields["text"]
    timeline: list[tuple[float, str]] = [(start, "")]
    ahead, begin, sung = start, 0, False
    for block in _BLOCK.finditer(text):
        timeline[-1] = (timeline[-1][0], timeline[-1][1] + _plain(text[begin : block.start()]))
        begin = block.end()
        for length in _KARAOKE.findall(block[1]):
            timeline.append((round(ahead, 3), ""))
            ahead, sung = ahead + int(length) / 100, True
    timeline[-1] = (timeline[-1][0], timeline[-1][1] + _plain(text[begin:]))
    if not sung:
        return Line(clean(timeline[0][1]), start, end)
    return line_of_pieces(number, start, [*timeline, (round(ahead, 3), "")], end)


def _plain(text: str) -> str:
    return unguarded(re.sub(r"\\[Nnh]", " ", text))


def _time(number: int, text: str) -> float:
    found = _TIME.fullmatch(text)
    if found is None:
        raise fault(number, f"{clean(text)[:20]} is no time; one looks like 0:01:23.45")
    return seconds(number, *found.groups())


def write(lines: Lines, about: About) -> str:
    """A line a Dialogue, with its words' lengths."""
    title = clean(about.title or "").translate({ord("{"): "(", ord("}"): ")"})
    return _HEAD.format(title=title) + "".join(
        f"Dialogue: 0,{_clock(line.start)},{_clock(line.end or line.start)},Default,,0,0,0,,{_sung(line)}\n"
        for line in lines
    )


def _sung(line: Line) -> str:
    if not line.words:
        return _escaped(line.text)
    at, out = _centiseconds(line.start), ""
    for word, piece in zip(line.words, pieces(line), strict=True):
        start, end = _centiseconds(word.start), _centiseconds(word.end)
        if start > at:  # a rest is a syllable without letters
            out, at = f"{out}{{\\k{start - at}}}", start
        length = max(0, end - at)
        out += f"{{\\k{length}}}{_escaped(piece)}"
        at += length
    return out


def _escaped(text: str) -> str:
    """Braces and backslashes are markup here: braces cannot be written at all, so look-alikes stand in for them."""
    return guarded(text.replace("{", "｛").replace("}", "｝"), _MARKUP)


def _centiseconds(time: float | None) -> int:
    return round((time or 0.0) * 100)


def _clock(time: float | None) -> str:
    cs = _centiseconds(time)
    return f"{cs // 360_000}:{cs // 6000 % 60:02d}:{cs // 100 % 60:02d}.{cs % 100:02d}"
