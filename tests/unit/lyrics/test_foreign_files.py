"""Lyrics files as other programs and people make them: read as players read them, or refused with the true reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unplugd.kernel.errors import Invalid
from unplugd.lyrics import rules
from unplugd.lyrics.model import Lines

Times = list[tuple[float | None, str]]


def read(text: str | bytes, **more: Any) -> tuple[Lines, str]:
    return rules.read(text, kind=None, **more)


def starts(text: str | bytes, **more: Any) -> Times:
    return [(line.start, line.text) for line in read(text, **more)[0]]


ORDER = {
    "a compressed chorus before its verse": (
        "[00:10.00][00:40.00]one\n[00:14.00][00:44.00]two\n[00:50.00]end\n[00:18.00]three\n",
        [(10, "one"), (14, "two"), (18, "three"), (40, "one"), (44, "two"), (50, "end")],
    ),
    "a block of translations": (
        "[00:10.00]uno\n[00:14.00]dos\n\n[00:10.00]one\n[00:14.00]two\n",
        [(10, "uno"), (10, "one"), (14, "dos"), (14, "two")],
    ),
    "an SRT of several voices": (
        "1\n00:00:11,631 --> 00:00:13,000\none\n\n2\n00:00:09,178 --> 00:00:12,500\ntwo\n",
        [(9.178, "two"), (11.631, "one")],
    ),
    "an SRT that ends with empty cues at zero": (
        "1\n00:00:10,00 --> 00:00:12,83\none\n\n2\n00:00:00,00 --> 00:00:00,00\n\n3\n00:00:00,00 --> 00:00:00,00",
        [(10, "one")],
    ),
    "an SRT whose empty cue ends before it begins": (
        "1\n00:00:10,000 --> 00:00:12,000\none\n\n2\n00:00:05,000 --> 00:00:00,000\n \n",
        [(10, "one")],
    ),
}
RULES = {
    "an SRT cue with an empty line": (
        "1\n00:00:10,440 --> 00:00:15,195\none,\n\ntwo.\n\n2\n00:00:15,960 --> 00:00:19,157\nthree.\n",
        [(10.44, "one, two."), (15.96, "three.")],
    ),
    "SRT cues without an empty line between": (
        "1\n00:00:01,000 --> 00:00:02,000\n1999\n2\n00:00:03,000 --> 00:00:04,000\nb\n3\n"
        "00:00:05,000 --> 00:00:06,000\n7",
        [(1, "1999"), (3, "b"), (5, "7")],
    ),
    "SRT cues without numbers": (
        "00:00:01,000 --> 00:00:02,000\na\n1999\n00:00:03,000 --> 00:00:04,000\nb",
        [(1, "a 1999"), (3, "b")],
    ),
    "a WebVTT cue with a line of one space": (
        "WEBVTT\n\n00:10.000 --> 00:12.000\n \none\n \ntwo\n\n00:13.000 --> 00:14.000\nthree",
        [(10, "one two"), (13, "three")],
    ),
    "LRC times with hours": ("[00:00:10.000]a\n[00:01:14,5]b", [(10, "a"), (74.5, "b")]),
    "LRC times with a comma": ("[00:10,25]a\n[00:14,5]b", [(10.25, "a"), (14.5, "b")]),
    "LRC times in microseconds": ("[00:10.123456]a\n[01:14.5]b", [(10.123, "a"), (74.5, "b")]),
    "LRC times with spaces": ("[ 00:10.00 ]a\n[00:14.00] b", [(10, "a"), (14, "b")]),
    "LRC with headers of many programs": (
        "[id:$00000000]\n[hash:0a1b]\n[total:215000]\n[sign:]\n[qq:]\n[kana:1na2me]\n[language:eyJ9]\n"
        "[sr:example.com]\n[x-y:1]\n[00:10.00]one\n",
        [(10, "one")],
    ),
    "LRC with translations that say so": (
        "[00:10.00]uno\n[tr:one]\n[00:14.00]dos\n[00:14.00][tr:two]\n",
        [(10, "uno"), (14, "dos")],
    ),
    "LRC with readings over letters": (
        "[00:10.00]<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>字 la",
        [(10, "漢字 la")],
    ),
    "WebVTT with readings over letters": (
        "WEBVTT\n\n00:10.000 --> 00:12.000\n<ruby>漢<rt>kan</rt>字<rt>ji</ruby> la",
        [(10, "漢字 la")],
    ),
    "SRT with readings over letters": (
        "1\n00:00:10,000 --> 00:00:12,000\n<ruby>漢字<rt>kanji</rt></ruby>",
        [(10, "漢字")],
    ),
}


@pytest.mark.parametrize("name", [*ORDER, *RULES])
def test_each_line_comes_where_players_show_it(name: str) -> None:
    text, expected = (ORDER | RULES)[name]
    assert starts(text) == expected


def test_lines_that_begin_together_end_together() -> None:
    lines, _ = read("[00:10.00]uno\n[00:10.00]one\n[00:12.00]\n[00:20.00]dos")
    assert [(line.start, line.end) for line in lines] == [(10, 12), (10, 12), (20, None)]


def words(lines: Lines) -> list[tuple[str, float, float]]:
    return [(word.text, word.start, word.end) for line in lines for word in line.words]


def test_word_times_may_be_in_square_brackets() -> None:
    lines, kind = read(
        "[00:10.00]la[00:10.50] lo[00:11.00] li[00:11.50]\n[00:14.00][00:24.00]a[00:14.50] b [x2]"
    )
    assert (kind, [line.text for line in lines]) == ("lrc", ["la lo li", "a b [x2]", "a b [x2]"])
    assert words(lines)[:3] == [("la", 10.0, 10.5), ("lo", 10.5, 11.0), ("li", 11.0, 11.5)]
    assert [line.words[1].start for line in lines[1:]] == [14.5, 24.5]


ROLLING = """WEBVTT
Kind: captions

00:10.000 --> 00:12.430 align:start position:0%
\x20
la<00:00:10.400><c> la</c><00:00:10.900><c> one</c>

00:12.430 --> 00:12.440
la la one
\x20

00:12.440 --> 00:15.000
la la one
la<00:00:13.000><c> la</c><00:00:13.500><c> two</c>

00:15.000 --> 00:15.010
la la two
\x20
"""


def test_rolling_captions_are_each_line_once() -> None:
    lines, _ = read(ROLLING)
    assert [(line.text, line.start, line.end) for line in lines] == [
        ("la la one", 10.0, 12.43),
        ("la la two", 12.44, 15.0),
    ]
    assert words(lines)[:2] == [("la", 10.0, 10.4), ("la", 10.4, 10.9)]


def test_a_line_that_is_sung_again_is_no_rolling_caption() -> None:
    cue = "00:{0}.000 --> 00:{0}.900\nla la\n\n"
    assert len(starts("WEBVTT\n\n" + "".join(map(cue.format, (10, 11, 12))))) == 3


ASS = "[Script Info]\n\n[Events]\nFormat: Start, End, Style, Effect, Text\n"


def event(text: str, *, effect: str = "", kind: str = "Dialogue", start: str = "0:00:10.00") -> str:
    return f"{kind}: {start},0:00:12.00,Default,{effect},{text}\n"


def test_a_drawing_is_not_sung() -> None:
    drawing = event("{\\p1}m 0 0 l 100 0 100 20{\\p0}") + event("{\\an7\\p4}m 1 1 b 2 2{\\p0}la la")
    assert starts(ASS + drawing + event("{\\k50}la {\\pos(1,2)\\k50}lo")) == [(10, "la la"), (10, "la lo")]


def test_furigana_are_not_sung() -> None:
    lines, _ = read(ASS + event("{\\k50}漢|かん{\\k20}#|ん{\\k30}字|じ {\\k10}la"))
    assert [line.text for line in lines] == ["漢字 la"]
    assert words(lines) == [("漢", 10.0, 10.5), ("字", 10.7, 11.0), ("la", 11.0, 11.1)]


def test_a_templates_effects_are_not_sung() -> None:
    made = event("{\\pos(1,1)}la", effect="fx") + event("{\\pos(2,2)}lo", effect="fx")
    source = event("{\\k50}la {\\k50}lo", effect="karaoke", kind="Comment")
    assert starts(ASS + source + made) == [(10, "la lo")]
    assert starts(ASS + source + event("la lo li") + made) == [(10, "la lo li")]


WHISPERX = {
    "segments": [
        {
            "start": 10.0,
            "end": 12.0,
            "text": " la lo 12",
            "words": [
                {"word": "la", "start": 10.0, "end": 10.4, "score": 0.9},
                {"word": "lo", "start": 10.5, "end": 10.9, "score": 0.9},
                {"word": "12"},
            ],
        }
    ],
    "language": "en",
}


def test_whisperx_leaves_numbers_without_a_time() -> None:
    (line,), kind = read(json.dumps(WHISPERX))
    assert (kind, line.text, line.start, line.end) == ("json", "la lo 12", 10.0, 12.0)
    assert words((line,)) == [("la", 10.0, 10.4), ("lo", 10.5, 10.9), ("12", 10.9, 12.0)]
    assert [dict(word.more) for word in line.words] == [{}, {}, {"estimated": True}]


def test_our_own_json_comes_back_as_it_is_shown() -> None:
    given, _ = read("[00:10.00]<00:10.00>la <00:10.50>lo<00:11.00>\n\n[00:14.00]<00:14.00>two<00:15.00>")
    from unplugd.lyrics import segments

    document = {"songId": "x", "version": 3, "offsetMs": 500, "nudges": {"1": -250}, "instrumental": False}
    lines, kind = read(json.dumps(document | {"segments": segments.to_json(given)}))
    assert (kind, [line.text for line in lines]) == ("json", ["la lo", "two"])
    assert words(lines) == [("la", 10.5, 11.0), ("lo", 11.0, 11.5), ("two", 14.25, 15.25)]
    assert [line.stanza for line in lines] == [False, True]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"words": "la"}', "must have a list of"),
        ('{"segments": [{"start": 1}]}', "segment 1 has no"),
        ('{"segments": [{"text": "a", "start": "1"}]}', "segment 1 has a time that is no number"),
        ('{"segments": [{"text": "a", "start": 4000}]}', "later than one hour"),
        ('{"segments": [{"text": "a", "start": NaN}]}', "no number of seconds"),
        ('{"segments": [{"text": "a", "start": 1' + "0" * 400 + "}]}", "no number of seconds"),
        ('{"segments": ', "no JSON"),
        ('{"segments": []}', "holds no words"),
    ],
)
def test_json_that_is_no_lyrics_is_refused(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        read(text)


SUNG = (
    "#TITLE:Y\n#ARTIST:X\n#BPM:240\n#GAP:10000\n: 0 4 0 Ka\n: 4 4 0 ra\n* 10 8 0  one\n- 20\n"
    ": 24 4 0 La\n: 29 4 0 ~\nF 34 8 0  two\nE\n"
)


def test_ultrastar_counts_in_quarters_of_a_beat() -> None:
    lines, kind = read(SUNG)
    assert (kind, [(line.text, line.start) for line in lines]) == (
        "ultrastar",
        [("Kara one", 10.0), ("La two", 11.5)],
    )
    assert words(lines) == [
        ("Ka", 10.0, 10.25),
        ("ra", 10.25, 10.5),
        ("one", 10.625, 11.125),
        ("La", 11.5, 12.062),
        ("two", 12.125, 12.625),
    ]


def test_ultrastar_of_two_voices_and_of_relative_beats() -> None:
    duet = "#BPM:60,0\n#GAP:1000\nP1\n: 0 4 0 a\n- 8\n: 8 4 0 c\nP2\n: 4 4 0 b\nE\n"
    assert starts(duet) == [(1, "a"), (2, "b"), (3, "c")]
    relative = "#BPM:60\n#RELATIVE:YES\n: 0 4 0 a\n- 8 8\n: 0 4 0 b\nE\n"
    assert starts(relative) == [(0, "a"), (2, "b")]
    with pytest.raises(Invalid, match="line 2: la la is no note"):
        read("#BPM:60\nla la\n: 0 4 0 a\nE\n")


def test_sbv_captions() -> None:
    text = "0:00:04.000,0:00:05.500\ntwo[br]more, 1999\n\n0:00:01.250,0:00:02.000\none\nmore\n"
    lines, kind = read(text)
    assert kind == "sbv"
    assert [(line.text, line.start, line.end) for line in lines] == [
        ("one more", 1.25, 2),
        ("two more, 1999", 4, 5.5),
    ]
    with pytest.raises(Invalid, match="line 4: lost words is no time line"):
        read("0:00:01.000,0:00:02.000\none\n\nlost words\n")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SAMI", "<SAMI><BODY><SYNC Start=1000>la</BODY></SAMI>"),
        ("HTML", "<!DOCTYPE html><p>la"),
        ("RTF", "{\\rtf1\\ansi la}"),
        ("MicroDVD", "{100}{200}la\n{300}{400}lo"),
        ("XML", '<?xml version="1.0"?>\n<lyrics><line>la</line></lyrics>'),
        ("KRC", "[ti:x]\n[1000,2000]<0,500,0>la<500,500,0>lo"),
    ],
)
def test_other_formats_are_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(Invalid, match=name):
        read(text)


FRENCH, RUSSIAN = "Une fiancée\nde cœur", "Привет, мир"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (FRENCH.encode("utf-16-le"), FRENCH),
        (FRENCH.encode("utf-16-be"), FRENCH),
        (f"{RUSSIAN}\n\nla la 12".encode("utf-16-le"), f"{RUSSIAN}\nla la 12"),
        (f"{FRENCH} 愛".encode()[:-1], FRENCH),
        (b"\xff\xfe" + FRENCH.encode("utf-16-le")[:-1], FRENCH[:-1]),
    ],
)
def test_what_is_certain_is_repaired(raw: bytes, text: str) -> None:
    assert "\n".join(line for _, line in starts(raw)) == text


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (FRENCH.encode("cp1252"), "Line 1 has the byte 0xE9: in windows-1252 it would be “Une fiancée”"),
        (RUSSIAN.encode("cp1251"), "in windows-1251 it would be “Привет, мир”"),
        ("Zażółć gęślą".encode("cp1250"), "in windows-1250 it would be “Zażółć gęślą”"),
        ("愛してる".encode("shift_jis"), "in shift_jis it would be “愛してる”"),
        ("你好世界".encode("gb18030"), "in gb18030 it would be “你好世界”"),
        (f"{FRENCH}, été\nbad ".encode() + b"\xe9t", "UTF-8 but for the byte 0xE9 in line 3"),
        (("la " * 40 + FRENCH).encode("cp1252"), "in windows-1252 it would be “la la Une fiancée”"),
        (b"la \x00\x01\x02 la", "zero bytes"),
        (b"PK\x03\x04\x14\x00word/document.xml", "a document or an archive"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
    ],
)
def test_what_would_be_a_guess_is_asked_for(raw: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        read(raw)
    assert refused.value.details[0]["field"] in ("encoding", "file")


@pytest.mark.parametrize("name", ["windows-1251", "Windows-1251"])
def test_xml_that_names_its_encoding_needs_no_question(name: str) -> None:
    text = f'<?xml version="1.0" encoding="{name}"?><tt><body><p>{RUSSIAN}</p></body></tt>'
    assert starts(text.encode("cp1251")) == [(None, RUSSIAN)]
    with pytest.raises(Invalid, match="not Unicode"):
        read(text.replace(name, "x-mac-cyrillic").encode("cp1251"))


def test_a_named_encoding_that_is_wrong_says_where() -> None:
    with pytest.raises(Invalid, match="not utf-8: the byte 0xE9 in line 2"):
        read("la\nfiancée".encode("cp1252"), encoding="utf-8")
    assert starts(FRENCH.encode("cp1252"), encoding="windows-1252")[0] == (None, "Une fiancée")
