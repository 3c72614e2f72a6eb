"""The document of lyrics.json, from a vocal stem and the known words."""

import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ml import Stopped
from ml.audio import BadAudio
from ml.lyrics import write_lyrics
from ml.lyrics.known import from_text
from ml.lyrics.timing import complete, segments
from ml.lyrics.voice import find_voice
from ml.lyrics.words import says_instrumental
from ml.separation import ModelUnavailable
from tests.ml.lyrics.songs import RATE, write_vocals

TEXT = "Hold me now my love\nNever let me go again"
INSTRUMENTAL = {"language": None, "instrumental": True, "segments": []}


def words(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [word for segment in document["segments"] for word in segment["words"]]


def test_lines_fall_on_the_sung_spans(tmp_path: Path) -> None:
    vocals = write_vocals(tmp_path / "vocals.wav", 10.0, [(1.0, 3.0), (6.0, 9.0)])
    document = write_lyrics(vocals, text=TEXT, language="en")
    assert {k: v for k, v in document.items() if k != "segments"} == {
        "language": "en",
        "instrumental": False,
        "source": "supplied",
        "engine": "embedded",
        "estimated": True,
        "grade": "good",
        "notice": "The word times are estimates: these words could not be found in the singing.",
        "unworded": [],
    }
    first, second = document["segments"]
    assert first["text"] == "Hold me now my love"
    assert (first["start"], first["end"]) == pytest.approx((1.0, 3.0), abs=0.05)
    assert (second["start"], second["end"]) == pytest.approx((6.0, 9.0), abs=0.05)
    assert all(word["estimated"] is True and word["probability"] is None for word in words(document))


def test_a_short_leak_before_the_song_takes_no_words(tmp_path: Path) -> None:
    vocals = write_vocals(tmp_path / "vocals.wav", 30.0, [(1.0, 1.3), (10.0, 15.0), (20.0, 25.0)])
    assert write_lyrics(vocals, text=TEXT)["segments"][0]["start"] == pytest.approx(10.0, abs=0.05)


def test_words_without_a_voice_get_the_whole_song(tmp_path: Path) -> None:
    document = write_lyrics(write_vocals(tmp_path / "v.wav", 4.0, []), text=TEXT)
    assert words(document)[0]["start"] == 0.0
    assert words(document)[-1]["end"] == 4.0


@pytest.mark.parametrize("text", [None, "", "n/a", "[Instrumental]", " Instrumental "])
def test_silence_without_words_is_instrumental(tmp_path: Path, text: str | None) -> None:
    assert write_lyrics(write_vocals(tmp_path / "v.wav", 2.0, []), text=text) == INSTRUMENTAL


@pytest.mark.parametrize("level", [0.3, 0.01])
def test_a_voice_without_words_is_a_failure_not_an_instrumental(tmp_path: Path, level: float) -> None:
    document = write_lyrics(write_vocals(tmp_path / "v.wav", 2.0, [(0.5, 1.5)], level), text=None)
    reason = document.pop("reason")
    assert document == {"language": None, "instrumental": False, "segments": [], "status": "FAILED"}
    assert reason.startswith("No transcription engine is installed")


def test_short_leaks_of_drums_are_no_instrumental_either(tmp_path: Path) -> None:
    clicks = [(i * 0.5, i * 0.5 + 0.05) for i in range(8)]
    vocals = write_vocals(tmp_path / "v.wav", 4.0, clicks, 0.05)
    assert not find_voice(vocals, progress=lambda _: None, stop=threading.Event()).spans
    assert write_lyrics(vocals, text=None)["status"] == "FAILED"


def test_an_unknown_model_names_the_known(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"large-v3.*auto, embedded"):
        write_lyrics(tmp_path / "v.wav", text=None, model="large-v3")


def test_stop_and_bad_audio(tmp_path: Path) -> None:
    vocals = write_vocals(tmp_path / "v.wav", 1.0, [])
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        write_lyrics(vocals, text=TEXT, stop=stop)
    (tmp_path / "broken.wav").write_bytes(b"RIFF....")
    with pytest.raises(BadAudio):
        write_lyrics(tmp_path / "broken.wav", text=TEXT)
    with pytest.raises(BadAudio, match="empty"):
        write_lyrics(write_vocals(tmp_path / "empty.wav", 0.0, []), text=TEXT)


def test_a_voice_in_opposite_phase_is_heard_and_nan_is_not(tmp_path: Path) -> None:
    tone = 0.3 * np.sin(np.arange(2 * RATE) / 6)
    tone[:RATE] = np.nan
    soundfile.write(tmp_path / "v.wav", np.column_stack((tone, -tone)), RATE, subtype="FLOAT")
    seen: list[float] = []
    voice = find_voice(tmp_path / "v.wav", progress=seen.append, stop=threading.Event())
    assert voice.spans == (pytest.approx((1.0, 2.0), abs=0.05),)
    assert seen[-1] == 1.0


def test_lyrics_pasted_as_one_line_cover_the_song(tmp_path: Path) -> None:
    vocals = write_vocals(tmp_path / "v.wav", 40.0, [(1.0, 9.0), (12.0, 20.0), (25.0, 39.0)])
    timed = words(write_lyrics(vocals, text="la " * 120))
    for start, end in [(1.0, 9.0), (12.0, 20.0), (25.0, 39.0)]:
        assert sum(start - 0.1 <= word["start"] <= end for word in timed) > 20


@st.composite
def sung_spans(draw: st.DrawFn) -> list[tuple[float, float]]:
    lengths = draw(st.lists(st.tuples(st.floats(0.01, 9), st.floats(0.01, 9)), min_size=1, max_size=12))
    spans, at = [], 0.0
    for gap, length in lengths:
        spans.append((at + gap, at + gap + length))
        at += gap + length
    return spans


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(max_size=400) | st.text("ab \n,我", max_size=400), spans=sung_spans())
def test_any_text_keeps_every_word_in_order_inside_the_song(
    text: str, spans: list[tuple[float, float]]
) -> None:
    known = from_text(text)
    duration_s = spans[-1][1]
    found = [None for line in known.lines for _ in line.line.units]
    made = segments(known.lines, complete(known.lines, found, spans, duration_s))
    timed = [word for segment in made for word in segment["words"]]
    assert "".join(word["word"] for word in timed) == "".join(known.text.split())
    assert all(0 <= word["start"] <= word["end"] <= duration_s for word in timed)
    assert all(a["end"] <= b["start"] for a, b in pairwise(timed))
    assert all(round(word["start"], 3) == word["start"] for word in timed)
    assert all(s["start"] == s["words"][0]["start"] and s["end"] == s["words"][-1]["end"] for s in made)


@example(text="000000A\u3041I F")  # its first words were found in silence
@example(text="000000A\u30410 F")  # its first word is lost, and was put before the voice
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=10, max_size=80))
def test_any_text_through_the_front_door(tmp_path: Path, text: str) -> None:
    vocals = tmp_path / "v.wav"
    if not vocals.exists():
        write_vocals(vocals, 3.0, [(0.5, 1.0), (1.8, 2.5)])
    document = write_lyrics(vocals, text=text)
    kept = "".join(from_text(text).text.split())
    if says_instrumental(text):
        assert document == INSTRUMENTAL
    elif len(kept) >= 10:
        assert "".join(word["word"] for word in words(document)) == kept
        assert all(0.4 <= word["start"] <= word["end"] <= 2.6 for word in words(document))
    else:
        assert document["status"] == "FAILED"
