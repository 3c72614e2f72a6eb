"""Which aligner each line is taken from; and that no word is lost on any way."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.lyrics import whisper, write_lyrics
from ml.lyrics.choice import agreed, combine
from ml.lyrics.known import from_layer, from_text
from ml.models.store import ModelStore
from tests.ml.lyrics.random_whisper import install, write_model
from tests.ml.lyrics.songs import write_vocals

LINES = from_text("hold me now\nlet me go\nstay with me").lines
NOTHING = [None] * 3


def line(start: float) -> list[tuple[float, float] | None]:
    return [(start + 0.4 * i, start + 0.4 * i + 0.4) for i in range(3)]


def test_english_lines_come_from_the_english_aligner() -> None:
    spoken, attention = line(1.0) + line(4.0) + line(7.0), line(1.1) + line(4.2) + line(7.1)
    assert combine(LINES, NOTHING * 3, attention, spoken) == spoken
    assert combine(LINES, line(1.2) + NOTHING + line(7.2), attention, spoken) == spoken


def test_a_line_away_from_its_recognised_words_is_whispers() -> None:
    spoken, attention = line(1.0) + line(20.0) + line(22.0), line(1.1) + line(4.2) + line(7.1)
    anchors = line(1.0) + line(4.1) + line(7.0)
    assert combine(LINES, anchors, attention, spoken) == line(1.0) + attention[3:]
    # Nothing was recognised in the second line, but it cannot be sung after the third.
    anchors = line(1.0) + NOTHING + line(7.0)
    assert combine(LINES, anchors, attention, spoken) == line(1.0) + attention[3:]


def test_what_the_english_aligner_lost_is_whispers() -> None:
    attention = line(1.1) + line(4.2) + NOTHING
    anchors = NOTHING + NOTHING + line(7.0)
    assert combine(LINES, anchors, attention, line(1.0) + NOTHING * 2) == line(1.0) + line(4.2) + line(7.0)


def test_two_aligners_agree_where_both_are_near() -> None:
    assert agreed(LINES, line(1.0) + line(4.0) + NOTHING, line(1.3) + line(4.7) + line(7.0)) == [
        True, False, False,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a random model called base."""
    folder = tmp_path_factory.mktemp("models")
    install(ModelStore(folder), write_model(tmp_path_factory.mktemp("whisper")))
    return folder


@pytest.fixture(scope="module")
def vocals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vocals(tmp_path_factory.mktemp("stem") / "v.wav", 8.0, [(0.5, 3.0), (4.0, 7.5)])


TEXTS = st.lists(
    st.lists(st.text("abcdeéñשל我爱'’!?-", min_size=1, max_size=8), min_size=1, max_size=6).map(" ".join),
    min_size=1,
    max_size=6,
)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["embedded", "auto", "align", "base"])
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(texts=TEXTS, hold=st.booleans())
def test_words_out_are_a_persons_words_in(
    models: Path, vocals: Path, monkeypatch: pytest.MonkeyPatch, model: str, texts: list[str], hold: bool
) -> None:
    monkeypatch.setattr(whisper, "BEAM", 1)
    monkeypatch.setattr(whisper, "TEMPERATURES", (0.0,))
    monkeypatch.setattr(whisper, "AGAIN", (0.0,))
    times: dict[str, Any] = {"start": 4.0} if hold else {}
    segments = [{"text": text, **(times if i == len(texts) - 1 else {})} for i, text in enumerate(texts)]
    known = from_layer({"textVersion": 1, "segments": segments})
    document = write_lyrics(vocals, text=known, model=model, models=models, language="en")
    assert [segment["text"] for segment in document["segments"]] == [" ".join(t.split()) for t in texts]
    words = [word for segment in document["segments"] for word in segment["words"]]
    assert "".join(word["word"] for word in words) == "".join("".join(text.split()) for text in texts)
    assert all(0 <= word["start"] <= word["end"] <= 8.0 for word in words)
    assert all(a["start"] <= b["start"] for a, b in pairwise(words))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "source"), [("auto", "supplied"), ("align", "supplied"), ("base", "transcribed")]
)
def test_auto_keeps_the_tags_words_and_a_named_model_hears(
    models: Path, vocals: Path, monkeypatch: pytest.MonkeyPatch, model: str, source: str
) -> None:
    monkeypatch.setattr(whisper, "BEAM", 1)
    monkeypatch.setattr(whisper, "TEMPERATURES", (0.0,))
    monkeypatch.setattr(whisper, "AGAIN", (0.0,))
    text = "hold me now my love\nand let me go\nI stay with you"
    document = write_lyrics(vocals, text=text, model=model, models=models)
    assert (document["source"], document["engine"]) == (source, "whisper")
    kept = [segment["text"] for segment in document["segments"]] == text.split("\n")
    assert kept is (source == "supplied")
