"""The whisper engine through the real loader, on a model with random weights.

What it hears is nonsense; that it is heard, timed, stopped and written down as it should be is what counts here.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import faster_whisper
import numpy as np
import pytest
import soundfile

from ml import Stopped
from ml.lyrics import again
from ml.lyrics import whisper as whispers
from ml.lyrics.engines import resolve
from ml.lyrics.grade import REMEDY
from ml.lyrics.known import from_text
from ml.models.store import ModelStore
from ml.separation import ModelUnavailable
from tests.ml.lyrics.random_whisper import install, write_model
from tests.ml.lyrics.songs import write_vocals

INSTRUMENTAL = {"language": None, "instrumental": True, "segments": []}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a model called base."""
    folder = tmp_path_factory.mktemp("models")
    install(ModelStore(folder), write_model(tmp_path_factory.mktemp("whisper")))
    return folder


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights never end a sentence: one try each is enough of that."""
    monkeypatch.setattr(whispers, "BEAM", 1)
    monkeypatch.setattr(whispers, "TEMPERATURES", (0.0,))
    monkeypatch.setattr(whispers, "AGAIN", (0.0,))


def sung(path: Path, seconds: float) -> Path:
    """A wavering tone with pauses, which Silero's detector may or may not take for a voice."""
    t = np.arange(round(seconds * 44_100)) / 44_100
    tone = 0.3 * np.sin(2 * np.pi * (150 + 30 * np.sin(6 * np.pi * t)) * t) * (np.sin(1.4 * np.pi * t) > 0)
    soundfile.write(path, np.stack((tone, tone), 1), 44_100, subtype="PCM_16")
    return path


def hear(models: Path, vocals: Path, model: str = "base", **changes: Any) -> dict[str, Any]:
    engine = resolve(model, models)
    assert isinstance(engine, whispers.Whisper)
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
    assert {name: value for name, value in document.items() if name not in ("segments", "unworded")} == {
        "language": "en", "instrumental": False, "source": "transcribed", "engine": "whisper", "model": "base",
        "estimated": False,
    }  # fmt: skip
    words = [word for segment in document["segments"] for word in segment["words"]]
    assert words and all(0 <= word["start"] <= word["end"] <= 40.0 for word in words)
    assert all(a["end"] <= b["start"] for a, b in pairwise(words))
    assert all(type(word["start"]) is float and 0 <= word["probability"] <= 1 for word in words)
    assert seen == sorted(seen) and seen[-1] == 1.0


@pytest.mark.parametrize("by_person", [True, False])
def test_words_that_all_have_times_are_not_heard(
    by_person: bool, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that is heard would change them. The voice is found all the same: it says what has no words."""
    monkeypatch.setattr(faster_whisper, "WhisperModel", lambda *_, **__: pytest.fail("it was loaded"))
    timed = from_text("[00:01.00]<00:01.00>one <00:02.00>two <00:03.00>three <00:04.00>four")
    seen: list[float] = []
    document = hear(
        models,
        sung(tmp_path / "v.wav", 10.0),
        model="auto",
        text=replace(timed, by_person=by_person, version=3 if by_person else None),
        language="de",
        progress=seen.append,
    )
    words = [(word["word"], word["start"]) for line in document["segments"] for word in line["words"]]
    assert words == [("one", 1.0), ("two", 2.0), ("three", 3.0), ("four", 4.0)]
    assert (document["source"], document["language"], document["estimated"]) == ("supplied", "de", False)
    assert "model" not in document
    assert seen[-1] == 1.0


def test_auto_is_whisper_and_says_by_which_rules(models: Path) -> None:
    engine = resolve("auto", models)
    assert (engine.name, engine.version) == ("whisper", "1.2.1, base, 4")


def test_silence_and_tagged_instrumentals_load_no_model(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faster_whisper, "WhisperModel", lambda *_, **__: pytest.fail("it was loaded"))
    assert hear(models, write_vocals(tmp_path / "v.wav", 3.0, [])) == INSTRUMENTAL
    assert hear(models, sung(tmp_path / "w.wav", 3.0), text=from_text("[Instrumental]")) == INSTRUMENTAL


def test_under_ten_characters_is_an_instrumental(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vocals = sung(tmp_path / "v.wav", 3.0)

    def heard(word: str) -> None:
        segment = faster_whisper.transcribe.Segment
        words = [faster_whisper.transcribe.Word(0.1, 0.5, word, 0.9)]
        one = segment(1, 0, 0.1, 0.5, word, [], 0.0, 0.0, 0.0, words, 0.0)
        monkeypatch.setattr(faster_whisper.WhisperModel, "transcribe", lambda *_, **__: (iter([one]), None))

    heard(" nine char")
    assert hear(models, vocals) == INSTRUMENTAL
    heard(" eleven chars")
    assert hear(models, vocals)["instrumental"] is False


def test_how_it_is_asked(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def transcribe(self: Any, audio: Any, **options: Any) -> Any:
        asked.update(options, frames=len(audio), compute=self.model.compute_type)
        return iter([]), None

    monkeypatch.setattr(faster_whisper.WhisperModel, "transcribe", transcribe)
    assert hear(models, sung(tmp_path / "v.wav", 2.0), language="en-GB") == INSTRUMENTAL
    assert asked["condition_on_previous_text"] is False
    assert asked["word_timestamps"] is True
    assert asked["language"] == "en"
    assert asked["compute"].startswith("int8")
    assert asked["vad_filter"] is False
    # Both tones and 0.2 s around them, of the two seconds.
    assert asked["frames"] == pytest.approx(32_000, abs=1_600)


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


def test_what_was_heard_before_a_stop_is_not_heard_again(models: Path, tmp_path: Path) -> None:
    vocals, partial = sung(tmp_path / "v.wav", 70.0), tmp_path / "partial"
    whole = hear(models, vocals)
    stop = threading.Event()
    with pytest.raises(Stopped):
        hear(models, vocals, partial=partial, stop=stop, progress=lambda f: stop.set() if f > 0.3 else None)
    kept = {path.name: path.stat().st_mtime_ns for path in partial.iterdir()}
    assert kept
    assert hear(models, vocals, partial=partial) == whole
    after = {path.name: path.stat().st_mtime_ns for path in partial.iterdir()}
    assert len(after) > len(kept) and all(after[name] == at for name, at in kept.items())
    # A file that was torn counts as none.
    next(partial.iterdir()).write_text("[")
    assert hear(models, vocals, partial=partial) == whole


def test_no_more_is_heard_than_by_faster_whisper(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each pass costs as much as 30 s, however short what it hears. Of the first hearing: what it misses is heard again
    (test_again.py)."""
    monkeypatch.setattr(again, "lines", lambda *_, **__: [])
    passes: list[int] = []
    real = faster_whisper.WhisperModel.encode

    def encode(self: Any, features: Any) -> Any:
        passes.append(1)
        return real(self, features)

    monkeypatch.setattr(faster_whisper.WhisperModel, "encode", encode)
    # The last word of every pass ends before what it hears does, so that a rest is left each time.
    find = faster_whisper.WhisperModel.find_alignment

    def early(self: Any, tokenizer: Any, tokens: Any, encoded: Any, frames: int) -> Any:
        found = find(self, tokenizer, tokens, encoded, frames)
        for words in found:
            for i, word in enumerate(words):
                word["start"], word["end"] = (frames / 100 * 0.9 * (i + k) / len(words) for k in (0, 1))
        return found

    monkeypatch.setattr(faster_whisper.WhisperModel, "find_alignment", early)
    random = np.random.default_rng(0)
    noise = 0.2 * random.standard_normal(80 * 44_100)
    soundfile.write(tmp_path / "v.wav", noise, 44_100, subtype="PCM_16")
    hear(models, tmp_path / "v.wav")
    stage = len(passes)
    passes.clear()
    plain = faster_whisper.WhisperModel(str(models / "base"), device="cpu", compute_type="int8")
    segments, _ = plain.transcribe(
        str(tmp_path / "v.wav"),
        language="en",
        beam_size=1,
        temperature=(0.0,),
        condition_on_previous_text=False,
        word_timestamps=True,
    )
    list(segments)
    assert 0 < stage <= len(passes)
    passes.clear()
    paused = np.concatenate((noise[: 10 * 44_100], np.zeros(60 * 44_100), noise[: 10 * 44_100]))
    soundfile.write(tmp_path / "w.wav", paused, 44_100, subtype="PCM_16")
    document = hear(models, tmp_path / "w.wav")
    assert len(passes) <= 3
    words = [word for segment in document["segments"] for word in segment["words"]]
    assert words[-1]["end"] > 75
    assert all(word["end"] <= 10.3 or word["start"] >= 69.7 for word in words)
    # No line is on both sides of the pause.
    assert all(s["end"] <= 10.3 or s["start"] >= 69.7 for s in document["segments"])


TEXT = "Hold me now my love\nשלום לך עולם\n我爱你 again"


def test_a_persons_words_are_kept_by_a_model_in_doubt(models: Path, tmp_path: Path) -> None:
    known = replace(from_text(TEXT), by_person=True)
    document = hear(models, sung(tmp_path / "v.wav", 12.0), text=known)
    assert [segment["text"] for segment in document["segments"]] == TEXT.split("\n")
    assert (document["source"], document["model"], document["estimated"]) == ("supplied", "base", True)
    lost = "3 of 3 lines could not be found in the singing; their times are estimates."
    assert document["notice"] == f"{lost} {REMEDY[document['grade']]}"
    assert hear(models, sung(tmp_path / "v.wav", 12.0), "align", text=from_text(TEXT)) == document


def test_words_stand_where_the_attention_puts_them(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CTranslate2's own `align` runs; a token a fifth of a second is made of its answer, and all are believed."""
    real = faster_whisper.WhisperModel.find_alignment
    asked: list[int] = []

    def find(self: Any, tokenizer: Any, tokens: Any, encoded: Any, frames: int) -> Any:
        (words,) = real(self, tokenizer, tokens, encoded, frames)
        asked.append(frames)
        for i, word in enumerate(words):
            word |= {"start": 1.2 + 0.3 * i, "end": 1.4 + 0.3 * i, "probability": 0.9}
        return [words]

    # Two of the lines were heard, so none is in doubt.
    words = [
        faster_whisper.transcribe.Word(1.2 + 0.3 * i, 1.4 + 0.3 * i, f" {word}", 0.9)
        for i, word in enumerate([*TEXT.split()[:5], "שלום", "לך"])
    ]
    segment = faster_whisper.transcribe.Segment(1, 0, 1.2, 3.3, "", [], 0.0, 0.0, 0.0, words, 0.0)
    monkeypatch.setattr(faster_whisper.WhisperModel, "transcribe", lambda *_, **__: (iter([segment]), None))
    monkeypatch.setattr(faster_whisper.WhisperModel, "find_alignment", find)
    # One voice without pauses, that ends soon after: no line has another place.
    vocals = write_vocals(tmp_path / "v.wav", 9.0, [(0.5, 9.0)])
    document = hear(models, vocals, text=replace(from_text(TEXT), by_person=True))
    assert asked and not document["estimated"] and "notice" not in document
    words = [word for segment in document["segments"] for word in segment["words"]]
    assert not any(word["estimated"] for word in words)
    assert all(a["end"] <= b["start"] for a, b in pairwise(words))
    starts = [word["start"] for word in words[:5]]
    assert [b - a for a, b in pairwise(starts)] == pytest.approx([0.3] * 4, abs=0.002)


def test_damaged_and_incomplete_models_say_so_and_ask_no_network(models: Path, tmp_path: Path) -> None:
    whole = ModelStore(models).find("base")
    assert whole is not None
    vocals = sung(tmp_path / "v.wav", 2.0)
    source = tmp_path / "source"
    source.mkdir()
    for name in whole.files:
        (source / name).write_bytes((whole.folder / name).read_bytes())
    (source / "model.bin").write_bytes((source / "model.bin").read_bytes()[:1000])
    install(ModelStore(tmp_path / "torn"), source)
    with pytest.raises(ModelUnavailable, match=r"'base' cannot be loaded.*make models MODELS=base"):
        hear(tmp_path / "torn", vocals)
    (tmp_path / "torn" / "base" / "config.json").write_text("{ }")
    with pytest.raises(ModelUnavailable, match=r"config\.json is damaged"):
        hear(tmp_path / "torn", vocals)
