"""Each line has its own span, from a file to the stored lyrics, into every export, and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyricsfile.registry import FORMATS
from unplugd.lyrics import rules, segments
from unplugd.lyrics.model import About, Line, Lines

BILINGUAL = "[00:10.00]kotoba one\n[00:10.00]words one\n[00:14.00]kotoba two\n[00:14.00]words two\n"
WORDS = "[00:10.00]<00:10.00>kotoba <00:11.00>one\n[00:10.00]<00:10.00>words <00:11.00>one\n"
VOICES = """\
1
00:00:10,000 --> 00:00:20,000
lead line

2
00:00:12,000 --> 00:00:14,000
(second voice)

3
00:00:13,000 --> 00:00:21,000
a third

4
00:00:30,000 --> 00:00:30,000
no length
"""
TIMED = [kind for kind in FORMATS if kind != "txt"]
ABOUT = About(None, None)


def stored(text: str) -> Lines:
    """The lines of a file as they are kept: once through the JSON of a request and that of the layer."""
    lines, _ = rules.read(text, kind=None)
    sent = json.loads(json.dumps(segments.to_json(lines)))
    return segments.stored(segments.to_json(segments.from_json(sent)))


def exported(lines: Lines, kind: str, *, offset_ms: int = 0) -> Lines:
    """What a reader gets of an export."""
    moved = rules.shifted(rules.with_ends(lines), offset_ms=offset_ms, nudges={})
    return rules.read(FORMATS[kind].write(moved, ABOUT), kind=None)[0]


def starts(lines: Lines) -> list[tuple[str, int]]:
    """Texts and starts in hundredths of a second, the resolution of LRC and ASS."""
    return [(line.text, round((line.start or 0) * 100)) for line in lines]


@pytest.mark.parametrize("kind", TIMED)
@pytest.mark.parametrize("text", [BILINGUAL, WORDS, VOICES])
def test_no_line_is_dropped_moved_or_without_length(kind: str, text: str) -> None:
    lines = stored(text)
    back = exported(lines, kind)
    assert starts(back) == starts(lines)
    assert all(line.end is None or line.end > (line.start or 0) for line in back)
    if kind in ("srt", "vtt", "ass"):
        given_ends = {line.text: line.end for line in lines if line.end and line.end > (line.start or 0)}
        assert {line.text: line.end for line in back if line.text in given_ends} == given_ends


@pytest.mark.parametrize("kind", ["srt", "vtt", "ass"])
def test_lines_of_one_time_are_shown_together(kind: str) -> None:
    first, second, third, fourth = exported(stored(BILINGUAL), kind)
    assert (first.start, first.end) == (second.start, second.end) == (10.0, 11.0)
    assert (third.start, third.end) == (fourth.start, fourth.end) == (14.0, 15.0)


def test_the_last_words_of_two_lines_have_a_length() -> None:
    for line in stored(WORDS):
        assert [(word.start, word.end) for word in line.words] == [(10.0, 11.0), (11.0, 13.0)]


@pytest.mark.parametrize("kind", TIMED)
def test_lines_moved_before_the_song_are_still_lines(kind: str) -> None:
    back = exported(stored(VOICES), kind, offset_ms=-60_000)
    assert len(back) == 4
    assert all(line.end is None or line.end > (line.start or 0) for line in back)


@st.composite
def voices(draw: st.DrawFn) -> Lines:
    """Lines in the order of their starts, with and without ends, over one another and at one time."""
    at, lines = 0, []
    for i in range(draw(st.integers(1, 8))):
        at += draw(st.sampled_from([0, 0, 1, 20, 150, 400]))
        length = draw(st.sampled_from([None, 0, 1, 3, 100, 900]))
        end = None if length is None else (at + length) / 100
        lines.append(Line(f"line {i}", at / 100, end))
    return tuple(lines)


@pytest.mark.parametrize("kind", TIMED)
@settings(max_examples=60, deadline=None)
@given(lines=voices(), offset_ms=st.sampled_from([0, 0, 70, -3000]))
def test_any_voices_come_back_from_an_export(kind: str, lines: Lines, offset_ms: int) -> None:
    back = exported(lines, kind, offset_ms=offset_ms)
    moved = [(line.text, max(0, round((line.start or 0) * 100 + offset_ms / 10))) for line in lines]
    assert starts(back) == moved
    assert all(line.end is None or line.end > (line.start or 0) for line in back)
