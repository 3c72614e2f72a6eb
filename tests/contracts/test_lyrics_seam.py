"""The API stores a person's words, the lyrics stage reads them, and the API reads what the stage wrote."""

from __future__ import annotations

import dataclasses
import json

import pytest

from ml.lyrics.known import from_layer
from unplugd.domain.song import Song, Status
from unplugd.lyrics import layers, rules
from unplugd.lyrics.layers import Change, Layer
from unplugd.lyrics.model import Source
from unplugd.lyrics.view import machine_view, person_view

TEXTS = [
    "Plain words\n\nof two verses",
    "[00:01.00]One line\n[00:03.50]and another\n[00:05.00]",
    "[00:01.00]<00:01.00>kara<00:01.50>oke <00:02.00>now<00:02.50>\n[00:03.00]<00:03.00>again<00:04.00>",
    "[00:01.00]你好，世界\n[00:03.00]שלום עולם\nstill without a time",
    "…\n!!!\nla",
]
SONG = Song("u", "s", Status.COMPLETED, "2026-01-31T08:15:00.000Z", "2026-01-31T08:15:00.000Z")


def layer_of(text: str) -> Layer:
    lines, kind = rules.read(text, kind=None)
    return layers.after(Layer(6), Change(6, lines=lines, kind=kind, source=Source.SUPPLIED))


@pytest.mark.parametrize("text", TEXTS)
def test_the_stage_reads_every_line_and_time_that_is_stored(text: str) -> None:
    layer = layer_of(text)
    known = from_layer(json.loads(json.dumps(layer.to_document())))
    assert (known.by_person, known.version) == (True, 7)
    assert [one.line.text for one in known.lines] == [line.text for line in layer.lines]
    assert [one.start for one in known.lines] == [line.start for line in layer.lines]
    assert [bool(one.times) for one in known.lines] == [bool(line.words) for line in layer.lines]


@pytest.mark.parametrize("text", TEXTS)
def test_what_the_stage_wrote_over_these_words_is_shown(text: str) -> None:
    layer = layer_of(text)
    known = from_layer(layer.to_document())
    segments = []
    for at, one in enumerate(known.lines):
        units = one.line.units
        words = [{"word": u, "start": at + i / 100, "end": at + (i + 1) / 100} for i, u in enumerate(units)]
        segments.append({"text": one.line.text, "start": at, "end": at + len(units) / 100, "words": words})
    document = {"segments": segments, "textVersion": known.version, "language": "en", "instrumental": False}
    shown = person_view(SONG, layer, document)
    assert [line.text for line in shown.lines] == [line.text for line in layer.lines]
    if rules.needs_run(layer.lines, layer.source):
        assert all(line.words for line in shown.lines)
    else:
        assert shown.lines == layer.lines


def test_a_document_of_an_older_run_is_read_too() -> None:
    """Written before the API knew of sources and versions."""
    old = {"language": "en", "instrumental": False, "engine": "embedded", "estimated": True}
    words = [{"word": " la", "start": 0, "end": 1, "probability": 0.5}]
    view = machine_view(
        SONG, {**old, "segments": [{"start": 0, "end": 1, "text": "la", "words": words}]}, Layer(0)
    )
    answer = view.to_json()
    assert (answer["source"], answer["estimated"], answer["segments"][0]["words"][0]["word"]) == (
        "transcribed",
        True,
        "la",
    )
    assert dataclasses.replace(view, lines=()).to_json()["timed"] is None
