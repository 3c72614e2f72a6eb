"""What is made of a transcriber's words, and of the stem before it hears it. Needs no model."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from ml import Stopped
from ml.audio import BadAudio
from ml.lyrics.engines import choose, resolve
from ml.lyrics.hearing import HEARING_RATE, listen
from ml.lyrics.whisper import _language, document_segments
from ml.models.store import ModelStore
from ml.separation import ModelUnavailable


@dataclass
class Word:
    word: str
    start: float
    end: float
    probability: float = 0.5


@dataclass
class Segment:
    words: list[Word] | None


times = st.floats(-1, 400, allow_nan=False)
words = st.builds(Word, st.sampled_from([" one", " two", "!", " ", "愛"]), times, times, st.floats(-0.1, 1.1))


@given(st.lists(st.builds(Segment, st.none() | st.lists(words, max_size=6)), max_size=6), st.floats(0, 300))
def test_any_words_come_out_in_order_inside_the_song(segments: list[Segment], end_s: float) -> None:
    found = document_segments(segments, end_s)
    flat = [word for segment in found for word in segment["words"]]
    assert all(0 <= word["start"] <= word["end"] <= end_s for word in flat)
    assert all(a["end"] <= b["start"] for a, b in pairwise(flat))
    assert all(0 <= word["probability"] <= 1 for word in flat)
    assert all(s["start"] == s["words"][0]["start"] and s["end"] == s["words"][-1]["end"] for s in found)
    assert sum(len(segment.words or []) for segment in segments) >= len(flat)


def test_a_line_reads_as_it_was_heard() -> None:
    (segment,) = document_segments([Segment([Word(" Hold", 1.0, 1.25), Word(" me,", 1.25, 1.5001)])], 9.0)
    assert segment["text"] == "Hold me,"
    assert [word["word"] for word in segment["words"]] == ["Hold", "me,"]
    assert segment["words"][1] == {
        "word": "me,",
        "start": 1.25,
        "end": 1.5,
        "probability": 0.5,
        "estimated": False,
    }


@pytest.mark.parametrize(
    ("asked", "forced"),
    [("en", "en"), ("pt-BR", "pt"), ("ZH_hant", "zh"), ("xx", None), ("", None), (None, None)],
)
def test_a_language_is_forced_where_the_model_knows_it(asked: str | None, forced: str | None) -> None:
    assert _language(asked, ["en", "pt", "zh"]) == forced


def heard(path: Path, samples: object, rate: int) -> np.ndarray:
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return listen(path, progress=lambda _: None, stop=threading.Event())


@pytest.mark.parametrize("rate", [44_100, 16_000, 8_000])
def test_the_stem_is_heard_at_16_khz_in_full_length(tmp_path: Path, rate: int) -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(25 * rate) / rate)
    samples = heard(tmp_path / "v.wav", np.stack((tone, tone), 1), rate)
    assert len(samples) == pytest.approx(25 * HEARING_RATE, abs=8)
    middle = samples[HEARING_RATE:-HEARING_RATE]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * HEARING_RATE / len(middle) == pytest.approx(440, abs=1)
    assert np.abs(middle).max() == pytest.approx(0.3, rel=0.02)


def test_a_voice_in_opposite_phase_is_heard(tmp_path: Path) -> None:
    tone = 0.3 * np.sin(np.arange(44_100) / 6)
    assert np.abs(heard(tmp_path / "v.wav", np.stack((tone, -tone), 1), 44_100)).max() > 0.25
    assert np.abs(heard(tmp_path / "v.wav", np.stack((tone, 0 * tone), 1), 44_100)).max() > 0.1
    assert np.abs(heard(tmp_path / "v.wav", tone, 44_100)).max() > 0.25


def test_a_stem_that_cannot_be_heard(tmp_path: Path) -> None:
    with pytest.raises(BadAudio, match="empty"):
        heard(tmp_path / "empty.wav", np.zeros((0, 2)), 44_100)
    (tmp_path / "broken.wav").write_bytes(b"RIFF....")
    with pytest.raises(BadAudio, match="cannot be read"):
        listen(tmp_path / "broken.wav", progress=lambda _: None, stop=threading.Event())
    stop = threading.Event()
    stop.set()
    soundfile.write(tmp_path / "v.wav", np.zeros((44_100, 2)), 44_100)
    with pytest.raises(Stopped):
        listen(tmp_path / "v.wav", progress=lambda _: None, stop=stop)


def stored(folder: Path, name: str) -> None:
    def fill(into: Path) -> dict[str, str]:
        (into / "model.bin").write_bytes(b"x")
        return {"model.bin": ""}

    ModelStore(folder).install(name, "whisper", origin="", revision=None, proved="", bag=None, fill=fill)


def test_auto_takes_the_best_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml.lyrics.engines.is_installed", lambda: True)
    assert choose(None) == choose(tmp_path) == "embedded"
    for name in ("tiny", "small", "base"):
        stored(tmp_path, name)
    assert choose(tmp_path) == "small"
    monkeypatch.setattr("ml.lyrics.engines.is_installed", lambda: False)
    assert choose(tmp_path) == "embedded"


def test_align_keeps_the_words_and_names_a_missing_model(tmp_path: Path) -> None:
    stored(tmp_path, "tiny")
    assert resolve("align", None).name == "embedded"
    with pytest.raises(
        ModelUnavailable, match=r"“base” is not installed.*auto, embedded, tiny.*make models MODELS=base"
    ):
        resolve("base", tmp_path)


def test_packages_that_are_missing_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(tmp_path, "tiny")
    monkeypatch.setattr("ml.lyrics.whisper.find_spec", lambda _name: None)
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "v.wav", 0.2 * rng.standard_normal((44_100, 2)), 44_100)
    engine = resolve("tiny", tmp_path)
    with pytest.raises(ModelUnavailable, match=r"needs faster_whisper, ctranslate2.*make models"):
        engine.write(
            tmp_path / "v.wav", text=None, language=None, progress=lambda _: None, stop=threading.Event()
        )
