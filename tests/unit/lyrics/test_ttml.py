"""TTML: its times, words and voices, and the XML that must not reach a reader."""

from __future__ import annotations

import pytest

from lyricsfile.files import read
from lyricsfile.model import Line, Lines
from lyricsfile.reading import NotRead

HEAD = (
    '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata" '
    'xmlns:itunes="http://music.apple.com/lyric-ttml-internal" '
)


def song(body: str, more: str = "") -> Lines:
    lines, kind = read(f'<?xml version="1.0" encoding="utf-8"?>\n{HEAD}{more}><body>{body}</body></tt>')
    assert kind == "ttml"
    return lines


def times(lines: Lines) -> list[tuple[str, float | None, float | None]]:
    return [(line.text, line.start, line.end) for line in lines]


def words(line: Line) -> list[tuple[str, float, float]]:
    return [(word.text, word.start, word.end) for word in line.words]


@pytest.mark.parametrize(
    ("begin", "seconds"),
    [
        ("00:01:02.5", 62.5),
        ("1:02.345", 62.345),
        ("00:00:01:15", 1.5),
        ("62.5s", 62.5),
        ("1500ms", 1.5),
        ("0.5m", 30),
        ("0.01h", 36),
        ("45f", 1.5),
        ("20000000t", 2),
        ("9.731", 9.731),
    ],
)
def test_ttml_times(begin: str, seconds: float) -> None:
    more = 'xmlns:ttp="http://www.w3.org/ns/ttml#parameter" ttp:frameRate="30" ttp:tickRate="10000000"'
    assert song(f'<div><p begin="{begin}">la</p></div>', more)[0].start == seconds


def test_ttml_frames_with_a_multiplier() -> None:
    more = 'ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"'
    assert song('<p begin="300f" dur="30f">la</p>', more) == (Line("la", 10.01, 11.011),)


def test_ttml_lines_have_verses_and_durations() -> None:
    body = """
      <div><p begin="10s" end="12s">one <br/>more</p>
           <p begin="14s" dur="2s">&lt;two&gt; &amp; &#228;</p></div>
      <div><p begin="18s" end="19s">three</p></div>"""
    lines = song(body)
    assert times(lines) == [("one more", 10, 12), ("<two> & ä", 14, 16), ("three", 18, 19)]
    assert [line.stanza for line in lines] == [False, False, True]


def test_ttml_word_spans_of_syllables_and_words() -> None:
    body = (
        '<p begin="10s" end="14s"><span begin="10s" end="10.5s">Hel</span>'
        '<span begin="10.5s" end="11s">lo</span>, <span begin="12s" end="13.5s">world</span>!</p>'
    )
    (line,) = song(body, 'itunes:timing="Word"')
    assert line.text == "Hello, world!"
    assert words(line) == [("Hel", 10, 10.5), ("lo,", 10.5, 11), ("world!", 12, 13.5)]


def test_ttml_times_are_relative_to_the_parent() -> None:
    body = (
        '<div begin="60s"><p begin="10s" end="20s">'
        '<span begin="0s" end="1s">la </span><span begin="2s" end="3s">lo</span></p></div>'
    )
    (line,) = song(body)
    assert (line.start, line.end) == (70, 80)
    assert words(line) == [("la", 70, 71), ("lo", 72, 73)]


def test_ttml_times_that_fit_no_parent_are_absolute() -> None:
    """As Apple's files have them: each element has the time of the song, also inside timed ones."""
    body = (
        '<div begin="9.5" end="14.0"><p begin="9.5" end="11.0"><span begin="9.5" end="10.0">la</span></p>'
        '<p begin="12.0" end="14.0">lo</p></div>'
    )
    assert times(song(body)) == [("la", 9.5, 11), ("lo", 12, 14)]


def test_ttml_background_vocals_are_lines_of_their_own() -> None:
    body = (
        '<p begin="10s" end="14s" ttm:agent="v1"><span begin="10s" end="11s">Stay</span> '
        '<span ttm:role="x-bg"><span begin="10.5s" end="12s">(ooh)</span> '
        '<span begin="12s" end="15s">(ah)</span></span>'
        '<span begin="11s" end="14s">now</span></p><p begin="11s" end="13s" ttm:agent="v2">Go</p>'
    )
    lines = song(body, 'itunes:timing="Word"')
    assert times(lines) == [("Stay now", 10, 14), ("(ooh) (ah)", 10.5, 15), ("Go", 11, 13)]


@pytest.mark.parametrize("role", ["x-translation", "x-roman", "x-romanization"])
def test_ttml_translations_are_not_sung(role: str) -> None:
    body = f'<p begin="1s" end="2s">愛<span ttm:role="{role}" xml:lang="en">love</span></p>'
    assert times(song(body)) == [("愛", 1, 2)]


def test_ttml_metadata_and_readings_are_not_sung() -> None:
    body = (
        '<p begin="1s" end="2s"><metadata><ttm:desc>quiet</ttm:desc></metadata>'
        '<span tts:ruby="container"><span tts:ruby="base">漢</span><span tts:ruby="text">kan</span></span>字</p>'
    )
    head = "<head><metadata><ttm:title>A title</ttm:title></metadata></head>"
    lines, _ = read(f"{HEAD}>{head}<body>{body}</body></tt>")
    assert times(lines) == [("漢字", 1, 2)]


def test_ttml_without_times_is_text() -> None:
    body = "<div><p>one</p><p>two</p></div><div><p>three</p></div>"
    assert [(line.text, line.start, line.stanza) for line in song(body, 'itunes:timing="None"')] == [
        ("one", None, False),
        ("two", None, False),
        ("three", None, True),
    ]


def test_ttml_with_prefixes_everywhere() -> None:
    text = '<tt:tt xmlns:tt="http://www.w3.org/ns/ttml"><tt:body><tt:p begin="1s">la</tt:p></tt:body></tt:tt>'
    assert times(read(text)[0]) == [("la", 1, None)]


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE tt [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
    f'{HEAD}><body><p begin="1s">&c;</p></body></tt>'
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BOMB, "declares a document type"),
        ('<!DOCTYPE tt SYSTEM "http://example.org/x.dtd"><tt><body/></tt>', "declares a document type"),
        (f'{HEAD}><body><p begin="1s">la</body></tt>', "no well-formed XML"),
        (f'{HEAD}><body><p begin="1s">&nbsp;</p></body></tt>', "no well-formed XML"),
        (f"{HEAD}><body>{'<div>' * 60}{'</div>' * 60}</body></tt>", "nested more than"),
        (f"{HEAD}><body>{'<p/>' * 60_000}</body></tt>", "more than 50000 elements"),
        (f'{HEAD}><body><p begin="1s">{"la " * 7000}</p></body></tt>', "more than 20000 characters"),
        (f'{HEAD}><body><p begin="soon">la</p></body></tt>', "paragraph 1: soon is no time"),
        (f'{HEAD}><body><p begin="{"9" * 400}s">la</p></body></tt>', "is no time"),
        (f'{HEAD}><body><p begin="2h">la</p></body></tt>', "later than one hour"),
        (f'{HEAD}><body><p begin="5s" end="4s">la</p></body></tt>', "ends before it begins"),
        (f'{HEAD}><body><div timeContainer="seq"><p dur="5s">la</p></div></body></tt>', "timeContainer"),
        (f'{HEAD}ttp:tickRate="0"><body><p begin="5t">la</p></body></tt>', "rate"),
        (
            f'{HEAD}><body><p><span begin="5s">la</span> <span begin="4s">lo</span></p></body></tt>',
            "run backwards",
        ),
    ],
)
def test_ttml_that_is_refused_says_why(text: str, says: str) -> None:
    with pytest.raises(NotRead, match=says):
        read(text, kind="ttml")


def test_a_ttml_bomb_is_refused_by_detection_too() -> None:
    with pytest.raises(NotRead, match="declares a document type"):
        read(BOMB)
