"""Words are heard in the voice with some of the band, and in the voice alone where that is doubtful."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import faster_whisper
import numpy as np
import pytest
import soundfile

from ml import Stopped
from ml.lyrics import write_lyrics
from ml.lyrics.engines import resolve
from ml.lyrics.hearing import BAND, HEARING_RATE, listen, with_band
from ml.models.store import ModelStore
from tests.ml.lyrics.random_whisper import install, write_model


def write_tone(path: Path, hertz: float, spans: list[tuple[float, float]], seconds: float = 12.0) -> Path:
    t = np.arange(round(seconds * 44_100)) / 44_100
    loud = sum(((t >= a) & (t < b)) * 1.0 for a, b in spans)
    tone = 0.25 * loud * np.sin(2 * np.pi * hertz * t)
    soundfile.write(path, np.column_stack((tone, tone)), 44_100, subtype="FLOAT")
    return path


def hear(path: Path) -> Any:
    return listen(path, progress=lambda _: None, stop=threading.Event())


def test_half_of_every_other_stem_is_added(tmp_path: Path) -> None:
    voice = hear(write_tone(tmp_path / "v.wav", 300, [(0.0, 12.0)]))
    before = voice.copy()
    paths = [
        write_tone(tmp_path / f"{hertz}.wav", hertz, [(0.0, 12.0)], seconds)
        for hertz, seconds in ((500, 12.0), (700, 3.0), (900, 13.0))
    ]
    mixed = with_band(voice, paths, stop=threading.Event())
    assert mixed is not None and len(mixed) == len(voice) == 12 * HEARING_RATE
    assert (voice == before).all()
    expected = voice.copy()
    for path in paths:
        own = hear(path)[: len(voice)]
        expected[: len(own)] += np.float32(BAND) * own
    assert np.allclose(mixed, expected, atol=1e-6)
    # The short stem ends, and the rest goes on.
    assert np.abs(mixed[5 * HEARING_RATE : 6 * HEARING_RATE]).max() > 0.25


def test_no_band_is_no_second_source(tmp_path: Path) -> None:
    voice = hear(write_tone(tmp_path / "v.wav", 300, [(0.0, 2.0)], 2.0))
    assert with_band(voice, [], stop=threading.Event()) is None


def test_a_stop_is_seen_while_the_band_is_read(tmp_path: Path) -> None:
    voice = hear(write_tone(tmp_path / "v.wav", 300, [(0.0, 2.0)], 2.0))
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        with_band(voice, [tmp_path / "v.wav"], stop=stop)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    install(ModelStore(folder), write_model(tmp_path_factory.mktemp("whisper")))
    return folder


class Ear:
    """In place of faster-whisper's `transcribe`: one line, with a probability for each source, and what was heard."""

    def __init__(self, mixed: float, alone: float) -> None:
        self.sure = {True: mixed, False: alone}
        self.heard: list[bool] = []

    def answer(self, audio: Any) -> Any:
        with_the_band = bool(np.abs(audio).max() > 0.3)  # 0.25 is the voice alone
        self.heard.append(with_the_band)
        text = " sung with the band" if with_the_band else " sung by the voice alone"
        words = [
            faster_whisper.transcribe.Word(i + 0.5, i + 1.0, f" {word}", self.sure[with_the_band])
            for i, word in enumerate(text.split())
        ]
        segment = faster_whisper.transcribe.Segment(1, 0, 0.5, 5.0, text, [], 0.0, 0.0, 0.0, words, 0.0)
        return iter([segment]), None


@pytest.mark.parametrize(
    ("mixed", "alone", "text", "heard"),
    [
        (0.9, 0.95, "sung with the band", [True]),
        (0.4, 0.6, "sung by the voice alone", [True, False]),
        (0.4, 0.3, "sung with the band", [True, False]),
    ],
)
def test_the_more_probable_source_counts(
    models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mixed: float,
    alone: float,
    text: str,
    heard: list[bool],
) -> None:
    ear = Ear(mixed, alone)
    monkeypatch.setattr(faster_whisper.WhisperModel, "transcribe", lambda _, audio, **__: ear.answer(audio))
    vocals = write_tone(tmp_path / "v.wav", 300, [(0.5, 5.0)])
    band = [write_tone(tmp_path / "b.wav", 500, [(0.0, 12.0)])]
    document = write_lyrics(vocals, text=None, model="base", models=models, language="en", band=iter(band))
    assert " ".join(segment["text"] for segment in document["segments"]) == text
    assert ear.heard == heard


def test_words_over_the_band_alone_are_left_out(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The voice rests there, however loud the band is."""

    def transcribe(_model: Any, _audio: Any, **_options: Any) -> Any:
        def line(start: float, text: str) -> Any:
            words = [
                faster_whisper.transcribe.Word(start + i, start + i + 0.5, f" {word}", 0.9)
                for i, word in enumerate(text.split())
            ]
            return faster_whisper.transcribe.Segment(
                1, 0, start, start + 2, text, [], 0.0, 0.0, 0.0, words, 0.0
            )

        return iter([line(0.5, "sung words"), line(5.6, "invented ones"), line(8.5, "more singing")]), None

    monkeypatch.setattr(faster_whisper.WhisperModel, "transcribe", transcribe)
    random = np.random.default_rng(0)
    leak = 0.25 * 10 ** (-42 / 20) * random.standard_normal((12 * 44_100, 2))
    vocals = write_tone(tmp_path / "v.wav", 300, [(0.2, 4.0), (8.0, 12.0)])
    samples, rate = soundfile.read(vocals)
    soundfile.write(vocals, samples + leak, rate, subtype="FLOAT")
    band = [write_tone(tmp_path / "b.wav", 500, [(0.0, 12.0)])]
    document = write_lyrics(vocals, text=None, model="base", models=models, language="en", band=band)
    assert [segment["text"] for segment in document["segments"]] == ["sung words", "more singing"]


def test_the_embedded_engine_asks_for_no_band(tmp_path: Path) -> None:
    def band() -> Any:
        pytest.fail("it asked for a stem")
        yield

    vocals = write_tone(tmp_path / "v.wav", 300, [(0.5, 5.0)])
    made = resolve("embedded").write(
        vocals, text=None, language=None, progress=lambda _: None, stop=threading.Event(), band=band()
    )
    assert made["status"] == "FAILED"
