"""Lyrics files: what is written is read back the same, and what cannot be read is refused by its line."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyricsfile.encoding import ENCODINGS
from lyricsfile.reading import clean
from lyricsfile.registry import FORMATS, READABLE, READERS
from unplugd.kernel.errors import AppError, Invalid, TooLarge
from unplugd.lyrics import rules
from unplugd.lyrics.model import MAX_BYTES, MAX_LINES, About, Line, Lines, Word, spelling

ABOUT = About(title="One [More] Time", artist="Ünplugd: {Band}")

# What a format's reader could take for its own markup, in every place of a text.
MARKUP = [
    "<i>la</i>",
    "<00:01.00>",
    "[00:01.00]",
    "[ti:x]",
    "{\\k20}",
    "\\N",
    "-->",
    "&amp;",
    "<",
    ">",
    "[",
    "WEBVTT",
]
UNITS = st.one_of(
    st.text(
        st.characters(exclude_categories=("C", "Z"), exclude_characters="{}｛｝\u2060"),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([one for one in MARKUP if "{" not in one]),
    st.sampled_from(["שלום", "مرحبا", "你", "好", "का", "don't", "1", "12:30"]),
).map(clean)


@st.composite
def sung(draw: st.DrawFn, *, resolution_ms: int = 10) -> Lines:
    """Lines of words in time, some words cut into syllables, as a karaoke editor makes them."""
    at, lines = 0, []
    for _ in range(draw(st.integers(1, 5))):
        at += draw(st.integers(0, 400)) * resolution_ms
        begin, words, text = at, [], ""
        for unit in draw(st.lists(UNITS.filter(bool), min_size=1, max_size=5)):
            length = draw(st.integers(1, 200)) * resolution_ms
            words.append(Word(unit, at / 1000, (at + length) / 1000))
            text += unit + draw(st.sampled_from(["", " "]))
            at += length + draw(st.sampled_from([0, 0, 30])) * resolution_ms
        end = words[-1].end
        text = clean(text)
        # Composing two halves may make one letter of them: such a text is not what its words spell.
        if spelling(text) == "".join(word.text for word in words):
            lines.append(
                Line(text, begin / 1000, end, tuple(words), stanza=bool(lines) and draw(st.booleans()))
            )
        at += resolution_ms
    return tuple(lines)


def in_milliseconds(lines: Lines) -> list[tuple[str, int, list[tuple[str, int, int]]]]:
    """Texts and times in whole milliseconds."""
    return [
        (
            line.text,
            round((line.start or 0) * 1000),
            [(w.text, round(w.start * 1000), round(w.end * 1000)) for w in line.words],
        )
        for line in lines
    ]


@pytest.mark.parametrize("kind", ["lrc-enhanced", "vtt", "ass"])
@settings(max_examples=60, deadline=None)
@given(lines=sung())
def test_words_and_their_times_survive(kind: str, lines: Lines) -> None:
    written = FORMATS[kind].write(lines, ABOUT)
    read = READERS[kind.removesuffix("-enhanced")]
    if kind == "vtt":  # a lone word is timed by its cue: a time inside must not be that of the start
        lines = tuple(replace(line, words=line.words if len(line.words) > 1 else ()) for line in lines)
    assert in_milliseconds(read(written)) == in_milliseconds(lines)
    if kind == "lrc-enhanced":
        assert [line.stanza for line in read(written)] == [line.stanza for line in lines]


@pytest.mark.parametrize("kind", ["lrc", "srt"])
@settings(max_examples=60, deadline=None)
@given(lines=sung())
def test_lines_and_their_times_survive(kind: str, lines: Lines) -> None:
    read = READERS[kind]
    back = read(FORMATS[kind].write(lines, ABOUT))
    assert in_milliseconds(back) == in_milliseconds(tuple(replace(line, words=()) for line in lines))
    if kind == "srt":
        assert [line.end for line in back] == [line.end for line in lines]


@settings(max_examples=40, deadline=None)
@given(lines=sung())
def test_plain_text_keeps_lines_and_verses(lines: Lines) -> None:
    back = rules.read(FORMATS["txt"].write(lines, ABOUT), kind="txt")[0] if lines else ()
    assert [(one.text, one.stanza) for one in back] == [(one.text, one.stanza) for one in lines]


@pytest.mark.parametrize("kind", [*READABLE, None])
@settings(max_examples=150, deadline=None)
@given(
    text=st.one_of(
        st.text(),
        st.lists(
            st.sampled_from(
                [
                    *MARKUP,
                    "a",
                    "\n",
                    "1",
                    " ",
                    "[-1:00]",
                    "<0:",
                    "-->",
                    "00:00:02,000 --> 00:00:01",
                    "Dialogue: ",
                    "[Events]\n",
                    "0,0:00:01.00,0:00:02.00,,,0,0,0,,",
                ]
            )
        ).map("".join),
    )
)
def test_any_text_is_read_or_refused(kind: str | None, text: str) -> None:
    """Never a fault of ours, and what is taken keeps every rule that later code relies on."""
    try:
        lines, _ = rules.read(text, kind=kind)
    except AppError as error:
        assert error.status in (400, 413)
        return
    starts = [line.start for line in lines if line.start is not None]
    assert starts == sorted(starts)
    for line in lines:
        assert line.text
        assert "\n" not in line.text
        assert not line.words or spelling("".join(word.text for word in line.words)) == spelling(line.text)
        assert all(0 <= word.start <= word.end for word in line.words)
        assert line.end is None or line.end >= (line.start or 0)


@settings(max_examples=150, deadline=None)
@given(raw=st.binary(), encoding=st.sampled_from([None, *ENCODINGS]))
def test_any_bytes_are_read_or_refused(raw: bytes, encoding: str | None) -> None:
    try:
        rules.read(raw, kind=None, encoding=encoding)
    except AppError as error:
        assert error.status in (400, 413)


WORDS = "Añoranza, fiancée et cœur"


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (WORDS.encode(), None),
        (WORDS.encode("utf-8-sig"), None),
        (WORDS.encode("utf-16"), None),
        ("\ufeff".encode("utf-16-be") + WORDS.encode("utf-16-be"), None),
        (WORDS.encode("utf-16-le"), None),
        (WORDS.encode("utf-16-be"), None),
        (WORDS.encode("utf-32"), None),
        (WORDS.encode() + "é".encode()[:1], None),
        (b"\xff\xfe" + WORDS.encode("utf-16-le") + b"e", None),
        (WORDS.encode("cp1252"), "windows-1252"),
        (WORDS.encode("iso-8859-15"), "iso-8859-15"),
    ],
)
def test_a_file_comes_in_many_encodings(raw: bytes, encoding: str | None) -> None:
    lines, kind = rules.read(raw, kind=None, encoding=encoding)
    assert ([line.text for line in lines], kind) == ([WORDS], "txt")


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        ("你好世界，再见".encode("gb18030"), None),  # a guess would store nonsense
        ("Привет, мир".encode("cp1251"), None),
        (b"\x00\x01\x02\xff\xfe", None),
        ("héllo".encode("cp1252"), "utf-8"),
    ],
)
def test_an_unclear_encoding_is_asked_for(raw: bytes, encoding: str | None) -> None:
    with pytest.raises(Invalid, match="name its encoding"):
        rules.read(raw, kind=None, encoding=encoding)
    assert rules.read("Привет".encode("cp1251"), kind="txt", encoding="windows-1251")[0][0].text == "Привет"


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("lrc", "[00:01.00]a\n[00:1x.00]b", r"line 2: \[00:1x.00\]b is no time"),
        ("lrc", "[-00:01.00]a", "line 1: .* is no time"),
        ("lrc", "[00:61.00]a", "line 1: .*60 seconds"),
        ("lrc", "[999:00.00]a", "line 1: .*one hour"),
        ("lrc", "[00:01.00]<00:02.00>a <00:01.50>b", "line 1: the times of its words run backwards"),
        ("lrc", "[00:01.00]<00:0a.00>a", "line 1: .* is no time"),
        ("lrc", "[offset:soon]\n[00:01.00]a", "line 1: the offset"),
        ("srt", "1\n00:00:02,000 --> 00:00:01,000\na", "line 2: it ends before"),
        ("srt", "1\n-00:00:05,000 --> 00:00:06,000\na", "line 2: .* is no time line"),
        ("srt", "la\n1\n00:00:01,000 --> 00:00:02,000\na", "line 1: la is no time line"),
        (
            "srt",
            "1\n00:00:01,000 --> 00:00:02,000\na\n2\n00:00:0x --> 00:00:04,000\nb",
            "line 5: .* is no time line",
        ),
        ("vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\na\n\nlost words\nand more", "line 6: lost words is no"),
        ("srt", "just words", "line 1: .* is no time line"),
        ("vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<00:0x>a", "line 3: .* is no time"),
        ("vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<00:01.500>a <00:01.200>b", "line 3: .*run backwards"),
        ("vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\na <00:03.000>b", "line 3: a word begins after"),
        ("ass", "[Events]\nDialogue: 0,0:00:02.00,0:00:01.00,,,0,0,0,,a", "line 2: it ends before"),
        ("ass", "[Events]\nDialogue: 0,now,0:00:01.00,,,0,0,0,,a", "line 2: now is no time"),
        ("ass", "[Events]\nDialogue: 0,0:00:02.00", "line 2: .*fewer fields"),
        ("ass", "[Events]\nFormat: Text, Start\n", "line 2: .*format"),
        ("txt", " \n\t\n", "holds no words"),
        ("txt", "a\ud800b", "half a character"),
        ("txt", "x" * 1001, "a line of more than"),
        ("txt", "a\n" * (MAX_LINES + 1), "at most 2000 lines"),
        ("lrc", "[00:01.00]" * 101 + "a", "sung more than 100 times"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(kind: str, text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        rules.read(text, kind=kind)


@pytest.mark.parametrize("kind", [*READABLE, None])
def test_ten_megabytes_are_refused_before_they_are_read(kind: str | None) -> None:
    with pytest.raises(TooLarge, match="at most 1000 KB"):
        rules.read("[00:01.00]la la la\n" * 550_000, kind=kind)
    with pytest.raises(TooLarge):
        rules.read(b"\xff" * (MAX_BYTES + 1), kind=kind)


@pytest.mark.parametrize("kind", [*READABLE, None])
@pytest.mark.parametrize(
    "text",
    [" " * 999_999, "\n" * 999_999, ("[00:01.00]" * 90 + "<00:01.00>a" * 900 + "\n") * 90, "<" * 999_999]
    + [(start + " " * 19_000 + "\n") * 50 for start in ("[", "<", "<i ", "[ti:", "{", "1:00 ", "0:01 -->")],
)
def test_a_file_made_to_keep_us_busy_is_refused(kind: str | None, text: str) -> None:
    """What takes more than linear time would never end here."""
    with pytest.raises(Invalid):
        rules.read(text, kind=kind)
        raise Invalid("read, and in no time")


def test_lrc_as_players_write_it() -> None:
    lines, kind = rules.read(
        "\ufeff[ar:Someone]\r\n[offset:+500]\r\n\r\n[00:10.00][00:40.5]Chorus\r\n[00:20]Verse [x2]\r\n"
        "[00:30.000]\r\nstill to be timed\r\n",
        kind=None,
    )
    assert kind == "lrc"
    assert [(line.text, line.start, line.end) for line in lines] == [
        ("Chorus", 9.5, None),
        ("Verse [x2]", 19.5, 29.5),
        ("still to be timed", None, None),
        ("Chorus", 40.0, None),
    ]


def test_a_repeated_line_takes_its_words_along() -> None:
    (first, second), _ = rules.read("[00:01.00][00:11.00]<00:01.00>la <00:01.50>li<00:02.00>", kind=None)
    assert [(w.start, w.end) for w in first.words] == [(1.0, 1.5), (1.5, 2.0)]
    assert [(w.start, w.end) for w in second.words] == [(11.0, 11.5), (11.5, 12.0)]


def test_a_last_word_without_an_end_lasts_until_the_next_line() -> None:
    lines, _ = rules.read("[00:01.00]<00:01.00>la <00:01.50>li\n[00:02.00]<00:02.00>lo", kind=None)
    assert [line.words[-1].end for line in lines] == [2.0, 4.0]


def test_subtitles_dress_is_left_out_and_other_markup_stays() -> None:
    cue = (
        "1\n00:00:01,000 --> 00:00:02,000 X1:40\n{\\an8}<i>la <b>la</b></i>\n<script>alert(1)</script> & co\n"
    )
    assert [line.text for line in rules.read(cue, kind=None)[0]] == ["la la <script>alert(1)</script> & co"]
    vtt = (
        "WEBVTT - x\nKind: captions\n\nNOTE\nnot sung\n\nSTYLE\n::cue{}\n\n"
        "id\n01:01.000 --> 01:02.000 align:left\n<v A>la</v> &amp; &lt;b&gt;"
    )
    assert [(line.text, line.start) for line in rules.read(vtt, kind=None)[0]] == [("la & <b>", 61.0)]


def test_karaoke_of_an_editor() -> None:
    text = (
        "[Script Info]\nTitle: x\n\n[Events]\nFormat: Start, End, Style, Text\nComment: 0:00:00.00,0:00:01.00,,no\n"
        "Dialogue: 0:00:05.00,0:00:07.00,Default,{\\an8}Second, with a comma\n"
        "Dialogue: 0:00:01.00,0:00:03.00,Default,{\\k50}{\\kf50\\b1}ka{\\k20}ra {\\k30}o\\Nke\n"
    )
    (first, second), kind = rules.read(text, kind=None)
    assert (kind, second.text, second.words) == ("ass", "Second, with a comma", ())
    assert first.text == "kara o ke"
    assert [(w.text, w.start, w.end) for w in first.words] == [
        ("ka", 1.5, 2.0),
        ("ra", 2.0, 2.2),
        ("o ke", 2.2, 2.5),
    ]


def test_a_title_cannot_break_out_of_its_header() -> None:
    about = About(title="x\n[Events]\nDialogue: {evil}", artist="a\r\n[00:00.00]b")
    lines = (Line("la", 1.0, 2.0),)
    for kind, one in FORMATS.items():
        written = one.write(lines, about)
        assert [line.text for line in rules.read(written, kind=kind.removesuffix("-enhanced"))[0]] == ["la"]
        assert len(re.findall("^Dialogue", written, re.MULTILINE)) == (kind == "ass")
