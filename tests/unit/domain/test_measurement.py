"""The figures of a song's row, by what was measured."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.handlers.measurement.conftest import MEASURED
from unplugd.domain import measurement
from unplugd.domain.song import Song, Status
from unplugd.domain.song_view import public_view
from unplugd.kernel.clock import utc_now

# Every key of the Camelot wheel, as printed on it.
WHEEL = {
    "B major": "1B", "F# major": "2B", "C# major": "3B", "Ab major": "4B", "Eb major": "5B", "Bb major": "6B",
    "F major": "7B", "C major": "8B", "G major": "9B", "D major": "10B", "A major": "11B", "E major": "12B",
    "Ab minor": "1A", "Eb minor": "2A", "Bb minor": "3A", "F minor": "4A", "C minor": "5A", "G minor": "6A",
    "D minor": "7A", "A minor": "8A", "E minor": "9A", "B minor": "10A", "F# minor": "11A", "C# minor": "12A",
}  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["anchors", "t", "bpm", "beat", "tonic", "mode", "integrated", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def test_camelot_is_the_printed_wheel() -> None:
    assert {name: measurement.camelot(name) for name in WHEEL} == WHEEL
    assert [measurement.camelot(name) for name in (None, "", "H minor", "C dorian")] == [None] * 4


@pytest.mark.parametrize(
    ("tonic", "mode", "name"),
    [("C", "minor", "C minor"), ("D#", "min", "Eb minor"), ("Db", "maj", "C# major"), ("H", "minor", None)],
)
def test_keys_are_spelt_in_one_way(tonic: str, mode: str, name: str | None) -> None:
    assert measurement.key_name(tonic, mode) == name


@pytest.mark.parametrize(
    ("points", "tempo"),
    [
        ([(0.0, 120.04)], 120.0),
        ([(0.0, 90.0), (10.0, 180.0), (100.0, 90.0)], 180.0),  # the middle of a song, by its length
        ([(0.0, 90.0), (10.0, 91.0), (20.0, 90.0), (30.0, 90.0)], 90.0),
        ([], None),
    ],
)
def test_the_tempo_is_the_one_that_holds_longest(points: Any, tempo: float | None) -> None:
    anchors = [{"t": t, "beat": i, "bpm": bpm} for i, (t, bpm) in enumerate(points)]
    assert measurement.tempo({"anchors": anchors}) == tempo


def test_figures_of_a_measured_song() -> None:
    assert measurement.figures(MEASURED) == {
        "tempo_bpm": 150.0,
        "tempo_confidence": 0.9,
        "music_key": "C minor",
        "key_confidence": 0.8,
        "loudness_lufs": -9.3,
    }


@given(st.dictionaries(st.sampled_from(measurement.MEASURES), JSON))
def test_no_value_breaks_the_figures(document: dict[str, Any]) -> None:
    found = measurement.figures(document)
    assert found["music_key"] is None or measurement.camelot(found["music_key"])
    assert found["tempo_bpm"] is None or 20 <= found["tempo_bpm"] <= 400


def test_a_persons_figures_come_first() -> None:
    song = Song(
        "u", "s", Status.COMPLETED, "t", "t", tempo_bpm=150.0, music_key="C minor", own_tempo_bpm=75.0
    )
    view = public_view(song, now=utc_now())
    assert (view["tempoBpm"], view["musicKey"], view["camelot"], view["loudnessLufs"]) == (
        75.0,
        "C minor",
        "5A",
        None,
    )


def test_nothing_is_said_of_how_sure_a_persons_value_is() -> None:
    song = Song(
        "me",
        "01J9ZQ4X5V8K2M3N4P5Q6R7S00",
        Status.COMPLETED,
        "2026-01-31T08:15:00.000Z",
        "2026-01-31T08:15:00.000Z",
    )
    measured = {"tempo_bpm": 120.0, "tempo_confidence": 0.3, "music_key": "C major", "key_confidence": 0.2}
    seen = public_view(replace(song, **measured), now=utc_now())
    assert (seen["tempoConfidence"], seen["keyConfidence"]) == (0.3, 0.2)
    seen = public_view(replace(song, **measured, own_tempo_bpm=60.0), now=utc_now())
    assert (seen["tempoBpm"], seen["tempoConfidence"], seen["keyConfidence"]) == (60.0, None, 0.2)
