"""What a person asks for, and the layer that follows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unplugd.kernel.errors import AppError, Invalid
from unplugd.lyrics import layers, rules, segments
from unplugd.lyrics.layers import Change, Layer
from unplugd.lyrics.model import Line, Source, Word


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, ["version", "text"]),
        ({"version": 0}, ["text"]),
        ({"version": True, "text": "a"}, ["version"]),
        ({"version": -1, "offsetMs": 1.5, "text": "a"}, ["version", "offsetMs"]),
        ({"version": 0, "text": 7}, ["text"]),
        ({"version": 0, "text": "a", "segments": []}, ["segments"]),
        ({"version": 0, "text": "a", "revert": True}, ["revert"]),
        ({"version": 0, "revert": False}, ["revert"]),
        ({"version": 0, "text": "a", "format": "doc", "source": "me", "encoding": "x"},
         ["format", "encoding", "source"]),
        ({"version": 0, "file": "%%%"}, ["file"]),
        ({"version": 0, "file": "ä"}, ["file"]),
        ({"version": 0, "file": 5}, ["file"]),
        ({"version": 0, "nudges": {"x": 1}}, ["nudges.x"]),
        ({"version": 0, "nudges": {"2000": 1, "1": "a"}}, ["nudges.2000", "nudges.1"]),
        ({"version": 0, "nudges": []}, ["nudges"]),
        ({"version": 0, "text": "[00:02.00]a\n[00:1x.00]b"}, ["text"]),
        ({"version": 0, "text": "a", "format": "srt"}, ["text"]),
        ({"version": 0, "segments": {}}, ["segments"]),
        ({"version": 0, "segments": []}, ["text"]),
        ({"version": 0, "segments": [1, {"text": 5}]}, ["segments[0]", "segments[1].text"]),
        ({"version": 0, "segments": [{"text": "a", "start": -1}]}, ["segments[0].start"]),
        ({"version": 0, "segments": [{"text": "a", "start": 5}, {"text": "b", "start": 4}]}, ["segments[1].start"]),
        ({"version": 0, "segments": [{"text": "a", "start": 5, "end": 4}]}, ["segments[0].end"]),
        ({"version": 0, "segments": [{"text": "a", "end": 4}]}, ["segments[0].end"]),
        ({"version": 0, "segments": [{"text": "a b", "words": [{"word": "a", "start": 1, "end": 2}]}]},
         ["segments[0].words"]),
        ({"version": 0, "segments": [{"text": "a", "words": [{"word": "a", "start": 1}]}]},
         ["segments[0].words[0].end"]),
        ({"version": 0, "segments": [{"text": "a", "flags": ["\ud800"]}]}, ["segments[0].flags"]),
        ({"version": 0, "segments": [{"text": "\ud800"}]}, ["text"]),
        ({"version": 0, "segments": [{"text": "a", "userId": 1}]}, ["segments[0].userId"]),
        ({"version": 0, "segments": [{"text": "a", "start": 1e300}]}, ["segments[0].start"]),
        ({"version": 0, "segments": [{"text": "a", "start": 10**400, "end": 10**400}]},
         ["segments[0].start", "segments[0].end"]),
        ({"version": 0, "segments": [{"text": "a", "words": [{"word": "a", "start": 10**400, "end": -(10**400)}]}]},
         ["segments[0].words[0].start", "segments[0].words[0].end"]),
        ({"version": 0, "segments": [{"text": "a", "start": float("nan")}, {"text": "b", "start": float("inf")}]},
         ["segments[0].start", "segments[1].start"]),
    ],
)  # fmt: skip
def test_every_fault_is_named(body: dict[str, Any], names: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        layers.change(body)
    assert [fault["field"] for fault in refused.value.details] == names


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["text", "start", "end", "words", "word", "flags", "probability", "stanza", "0", "x"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(body=st.dictionaries(st.sampled_from(layers.FIELDS), JSON, max_size=5), version=st.integers(0, 3))
def test_any_json_is_taken_or_refused(body: dict[str, Any], version: int) -> None:
    try:
        asked = layers.change(body | {"version": version})
    except AppError as error:
        assert error.status in (400, 413)
        return
    stored = layers.after(Layer(version), asked).to_document()
    assert layers.layer(stored).to_document() == stored


def test_segments_come_back_as_they_were_sent() -> None:
    """What a client reads it can send again, with what only we understand."""
    words = [
        {
            "word": "la",
            "start": 1.0,
            "end": 1.5,
            "probability": 0.4,
            "estimated": True,
            "flags": ["over silence"],
        }
    ]
    sent = [
        {"text": "la", "start": 0.5, "end": 2.0, "words": words, "estimated": True, "flags": ["loop"]},
        {"text": "li", "stanza": True, "words": []},
    ]
    assert segments.to_json(segments.from_json(sent)) == sent


def test_new_words_begin_without_the_old_ones_offset() -> None:
    old = Layer(4, 2, Source.SUPPLIED, "lrc", (Line("la", 1.0),), 300, {0: 20})
    new = layers.after(old, Change(4, lines=(Line("li", 1.0),), kind="txt", source=Source.EDITED))
    assert (new.version, new.text_version, new.offset_ms, new.nudges) == (5, 5, 0, None)
    moved = layers.after(old, Change(4, nudges={}))
    assert (moved.version, moved.text_version, moved.offset_ms, moved.nudges, moved.lines) == (
        5,
        2,
        300,
        {},
        old.lines,
    )


LINES = (Line("la", 1.0, 2.0), Line("li", 3.0, 4.0))
WORDS = tuple(Line(one.text, one.start, one.end, (Word(one.text, 1.0, 2.0),)) for one in LINES)


@pytest.mark.parametrize(
    ("lines", "source", "needed"),
    [
        ((Line("la"),), Source.SUPPLIED, True),
        ((Line("la"),), Source.EDITED, True),
        (LINES, Source.SUPPLIED, True),
        (LINES, Source.EDITED, False),
        ((*LINES, Line("lo")), Source.EDITED, True),
        (WORDS, Source.SUPPLIED, False),
        ((*WORDS, LINES[0]), Source.SUPPLIED, True),
    ],
)
def test_who_needs_the_machine(lines: tuple[Line, ...], source: Source, needed: bool) -> None:
    assert rules.needs_run(lines, source) is needed
