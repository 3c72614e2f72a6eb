"""Advanced SubStation Alpha (.ass), with `{\\k}` karaoke lengths (https://aegisub.org/docs/latest/ass_tags/).
Times have 10 ms."""

from __future__ import annotations

import re

from lyricsfile.model import About, Line, Lines, pieces
from lyricsfile.reading import (
    clean,
    closed,
    fault,
    guarded,
    in_order,
    line_of_pieces,
    numbered,
    seconds,
    unguarded,
    without_readings,
)

_TIME = re.compile(r"\s*(\d{1,3}):(\d{1,2}):(\d{1,2})(?:[.:](\d{1,3}))?\s*")
_BLOCK = re.compile(r"\{([^{}]*)\}")
_KARAOKE = re.compile(r"\\(?:kf|ko|k|K)(\d{1,6})(?![\d.])")
_DRAWING = re.compile(r"\\p(\d{1,2})(?!\w)")
# A syllable and its reading: `漢|かん`; `#|じ` is a further reading of the syllable before.
_FURIGANA = re.compile(r"([^|｜]+)[|｜](?!\u2060)[^\s|｜]+(\s*)")
_MARKUP = re.compile(r"[\\|｜]|<(?=/?(?:rt|rp|ruby|rb|rtc)>)", re.IGNORECASE)
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
    """Each Dialogue a line, sorted by time, since the format itself knows no order.

    Comments, dress and drawings are left out, and the effects ("fx") that a karaoke template made. Where nothing else
    is there, the comments count that they were made of."""
    shown: list[Line] = []
    templated: list[Line] = []
    names, events = list(_FIELDS), False
    for number, raw in numbered(text):
        if re.fullmatch(r"\s*\[.*\]\s*", raw) and not raw.startswith("Dialogue"):
            events = raw.strip().lower() == "[events]"
        key, _, value = raw.partition(":")
        key = key.strip().lower()
        if events and key == "format":
            names = [name.strip().lower() for name in value.split(",")]
            if not {"start", "end"} <= set(names) or names[-1] != "text":
                raise fault(number, "the events' format must have Start and End, and Text as the last")
        elif events and key in ("dialogue", "comment"):
            values = value.split(",", len(names) - 1)
            if len(values) < len(names):
                if key == "comment":
                    continue
                raise fault(number, "a Dialogue has fewer fields than its Format")
            fields = dict(zip(names, values, strict=True))
            effect = fields.get("effect", "").strip().lower()
            if key == "dialogue" and effect != "fx":
                shown += _dialogue(number, fields)
            elif key == "comment" and effect == "karaoke":
                templated += _dialogue(number, fields)
    return closed(in_order(shown or templated))


def _dialogue(number: int, fields: dict[str, str]) -> list[Line]:
    """The line of an event; none where it has no words."""
    text, timeline, ahead = fields["text"], [(0.0, "")], 0.0
    begin, drawing, sung = 0, False, False
    karaoke = _KARAOKE.search(text) is not None
    for block in [*_BLOCK.finditer(text), None]:
        piece = "" if drawing else text[begin : block.start() if block else len(text)]
        if karaoke and (furigana := _FURIGANA.fullmatch(piece)):
            piece = furigana[1].removeprefix("#").removeprefix("＃") + furigana[2]
        timeline[-1] = (timeline[-1][0], timeline[-1][1] + _plain(piece))
        if block is None:
            break
        begin = block.end()
        for mode in _DRAWING.findall(block[1]):
            drawing = int(mode) > 0
        for length in _KARAOKE.findall(block[1]):
            timeline.append((ahead, ""))
            ahead, sung = ahead + int(length) / 100, True
    if not clean("".join(piece for _, piece in timeline)):
        return []
    start, end = _time(number, fields["start"]), _time(number, fields["end"])
    if end < start:
        raise fault(number, "it ends before it begins")
    if not sung:
        return [Line(clean(timeline[0][1]), start, end)]
    timed = [(round(start + at, 3), piece) for at, piece in [*timeline, (ahead, "")]]
    return [line_of_pieces(number, start, timed, end)]


def _plain(text: str) -> str:
    return unguarded(without_readings(re.sub(r"\\[Nnh]", " ", text)))


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
