"""The whisper engine through the real loader, on a model with random weights (`make test-models`).

What it hears is nonsense; that it is heard, timed, stopped and written down as it should be is what counts here.
"""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from ml import Stopped
from ml.lyrics import whisper as whispers
from ml.lyrics import write_lyrics
from ml.lyrics.engines import resolve
from ml.models.adopt import adopt
from ml.models.store import ModelStore
from ml.separation import ModelUnavailable
from tests.ml.lyrics.random_whisper import write_model
from tests.ml.lyrics.songs import write_vocals

faster_whisper = pytest.importorskip(
    "faster_whisper", reason="make test-models runs these: they need faster-whisper"
)

INSTRUMENTAL = {"language": None, "instrumental": True, "segments": []}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a model called base."""
    folder = tmp_path_factory.mktemp("models")
    adopt(ModelStore(folder), "base", write_model(tmp_path_factory.mktemp("whisper")))
    return folder


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights never end a sentence: one try each is enough of that."""
    monkeypatch.setattr(whispers, "BEAM", 1)
    monkeypatch.setattr(whispers, "TEMPERATURES", (0.0,))


def sung(path: Path, seconds: float) -> Path:
    """A wavering tone with pauses, which Silero's detector may or may not take for a voice."""
    t = np.arange(round(seconds * 44_100)) / 44_100
    tone = 0.3 * np.sin(2 * np.pi * (150 + 30 * np.sin(6 * np.pi * t)) * t) * (np.sin(1.4 * np.pi * t) > 0)
    soundfile.write(path, np.stack((tone, tone), 1), 44_100, subtype="PCM_16")
    return path


def hear(models: Path, vocals: Path, **changes: Any) -> dict[str, Any]:
    """Without the voice detector: what it makes of a tone is not ours to prove."""
    engine = resolve("base", models)
    assert isinstance(engine, whispers.Whisper)
    engine._vad = False
    given: dict[str, Any] = {
        "text": None,
        "language": None,
        "progress": lambda _: None,
        "stop": threading.Event(),
    }
    return engine.write(vocals, **{**given, **changes})


def test_a_song_of_several_windows_becomes_a_document(models: Path, tmp_path: Path) -> None:
    seen: list[float] = []
    document = hear(models, sung(tmp_path / "v.wav", 40.0), progress=seen.append)
    assert {name: value for name, value in document.items() if name != "segments"} == {
        "language": "en", "instrumental": False, "source": "transcribed", "engine": "whisper", "model": "base",
        "estimated": False,
    }  # fmt: skip
    words = [word for segment in document["segments"] for word in segment["words"]]
    assert words and all(0 <= word["start"] <= word["end"] <= 40.0 for word in words)
    assert all(a["end"] <= b["start"] for a, b in pairwise(words))
    assert all(type(word["start"]) is float and 0 <= word["probability"] <= 1 for word in words)
    assert seen == sorted(seen) and seen[-1] == 1.0


def test_auto_hears_with_the_detector_and_the_tags_words_do_not_count(models: Path, tmp_path: Path) -> None:
    document = write_lyrics(sung(tmp_path / "v.wav", 5.0), text="Hold me now my love", models=models)
    assert document["instrumental"] or document["source"] == "transcribed"
    engine = resolve("auto", models)
    assert (engine.name, engine.version) == ("whisper", "1.2.1, base")
    assert write_lyrics(tmp_path / "v.wav", text="Hold me now my love", model="align", models=models)[
        "estimated"
    ]


def test_nothing_is_loaded_for_silence_or_a_song_tagged_instrumental(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whispers.Whisper, "_load", lambda *_: pytest.fail("it was loaded"))
    assert hear(models, write_vocals(tmp_path / "v.wav", 3.0, [])) == INSTRUMENTAL
    assert hear(models, sung(tmp_path / "w.wav", 3.0), text="[Instrumental]") == INSTRUMENTAL


def test_under_ten_characters_is_an_instrumental(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vocals = sung(tmp_path / "v.wav", 3.0)

    def heard(word: str) -> None:
        segment = faster_whisper.transcribe.Segment
        words = [faster_whisper.transcribe.Word(0.1, 0.5, word, 0.9)]
        one = segment(1, 0, 0.1, 0.5, word, [], 0.0, 0.0, 0.0, words, 0.0)
        info = type("Info", (), {"language": "en"})
        monkeypatch.setattr(faster_whisper.WhisperModel, "transcribe", lambda *_, **__: (iter([one]), info))

    heard(" nine char")
    assert hear(models, vocals) == INSTRUMENTAL
    heard(" eleven chars")
    assert hear(models, vocals)["instrumental"] is False


def test_how_it_is_asked(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def transcribe(self: Any, audio: Any, **options: Any) -> Any:
        asked.update(options, frames=len(audio), compute=self.model.compute_type)
        return iter([]), type("Info", (), {"language": "en"})

    monkeypatch.setattr(faster_whisper.WhisperModel, "transcribe", transcribe)
    assert hear(models, sung(tmp_path / "v.wav", 2.0), language="en-GB") == INSTRUMENTAL
    assert asked["condition_on_previous_text"] is False
    assert asked["word_timestamps"] is True
    assert asked["language"] == "en"
    assert asked["compute"].startswith("int8")
    assert asked["frames"] == pytest.approx(32_000, abs=8)


def test_a_stop_between_windows_is_seen_soon(models: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    asked: list[float] = []

    def watch(fraction: float) -> None:
        if fraction > 0.1 and not asked:
            asked.append(time.monotonic())
            stop.set()

    with pytest.raises(Stopped):
        hear(models, sung(tmp_path / "v.wav", 150.0), progress=watch, stop=stop)
    assert time.monotonic() - asked[0] < 5


def test_damaged_and_incomplete_models_say_so_and_ask_no_network(models: Path, tmp_path: Path) -> None:
    whole = ModelStore(models).find("base")
    assert whole is not None
    vocals = sung(tmp_path / "v.wav", 2.0)
    source = tmp_path / "source"
    source.mkdir()
    for name in whole.files:
        (source / name).write_bytes((whole.folder / name).read_bytes())
    (source / "model.bin").write_bytes((source / "model.bin").read_bytes()[:1000])
    adopt(ModelStore(tmp_path / "torn"), "base", source)
    with pytest.raises(ModelUnavailable, match=r"'base' cannot be loaded.*make models MODELS=base"):
        hear(tmp_path / "torn", vocals)
    (tmp_path / "torn" / "base" / "config.json").write_text("{ }")
    with pytest.raises(ModelUnavailable, match=r"config\.json is damaged"):
        hear(tmp_path / "torn", vocals)
