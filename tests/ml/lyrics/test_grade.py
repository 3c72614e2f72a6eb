"""How far times can be trusted, and texts that are not English."""

from __future__ import annotations

import threading
from pathlib import Path
from time import thread_time
from typing import Any

import numpy as np
import pytest

from ml.lyrics import aligner, write_lyrics
from ml.lyrics.grade import REMEDY, grade
from ml.lyrics.known import from_text
from ml.lyrics.language import other_language
from ml.lyrics.timing import complete
from ml.lyrics.voice import Span
from tests.ml.lyrics.songs import write_vocals

GERMAN = "und ich weiß nicht mehr wie es war\ndu bist nicht hier und das ist wahr\n"
LINES = "one more time for me\nuntil the morning light\nhold me close again\nand never let me go\n"
FOUR = [(5.0, 8.0), (9.0, 12.0), (13.0, 16.0), (17.0, 20.0)]


def graded(text: str, spans: list[Span]) -> str:
    known = from_text(text)
    units = [None for line in known.lines for _ in line.line.units]
    return grade(known.lines, complete(known.lines, units, spans, 60.0), spans, 60.0)


def test_a_pause_before_each_line_is_good() -> None:
    assert graded(LINES, FOUR) == "good"


def test_given_line_times_are_good_whatever_is_sung() -> None:
    timed = "".join(f"[00:{5 + 4 * i:02d}.00]{line}\n" for i, line in enumerate(LINES.splitlines()))
    assert graded(timed, [(0.0, 60.0)]) == "good"


def test_without_pauses_or_voice_estimates_are_unusable() -> None:
    assert graded(LINES * 4, [(0.0, 60.0)]) == "unusable"
    assert graded(LINES, []) == "unusable"


def test_more_voice_than_words_is_rough_or_worse() -> None:
    assert graded(LINES, [*FOUR, *((a + 17.0, b + 17.0) for a, b in FOUR)]) in ("rough", "unusable")


def test_the_notice_says_what_helps_and_the_language(tmp_path: Path) -> None:
    vocals = write_vocals(tmp_path / "v.wav", 60.0, [(1.0, 59.0)])
    document = write_lyrics(vocals, text=GERMAN * 4, model="embedded", language="en")
    assert document["grade"] == "unusable"
    assert "these words look German" in document["notice"]
    assert document["notice"].endswith(REMEDY["unusable"])
    known = write_lyrics(vocals, text=f"[00:10.00]{GERMAN}", model="embedded", language="de")
    assert known["segments"][0]["start"] == 10.0


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (GERMAN, "German"),
        ("la tristeza es muy extraña y se alimenta de la belleza que no tiene", "Spanish"),
        ("même si mon réveil ne sonne pas et qu'on m'attend c'est important pour moi", "French"),
        (LINES, None),
        ("oh la la la la la la la la la la la la la la la la la la la", None),
        ("la la", None),
    ],
)
def test_a_text_in_another_language_is_known(text: str, language: str | None) -> None:
    assert other_language(text.split()) == language


class Endless:
    """A decoder that is lost: it takes 50 ms of CPU for each block, and finds nothing."""

    blocks = 0

    def process_raw(self, _pcm: bytes) -> None:
        Endless.blocks += 1
        until = thread_time() + 0.05
        while thread_time() < until:
            pass

    def lookup_word(self, _word: str) -> str:
        return "AH"

    def seg(self) -> None:
        return None

    def __getattr__(self, _name: str) -> Any:
        return lambda *_, **__: None


def test_a_search_that_is_lost_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    sphinx = pytest.importorskip("pocketsphinx")
    monkeypatch.setattr(aligner, "MOST_CPU", 0.001)
    monkeypatch.setattr(aligner, "MOST_CPU_LEAST_S", 0.1)
    monkeypatch.setattr(sphinx, "Decoder", lambda **_: Endless())
    rate = aligner.HEARING_RATE
    voice = np.sin(np.arange(90 * rate) / 6).astype(np.float32) * (np.arange(90 * rate) % rate > rate // 4)
    words = ["word"] * 20
    found = aligner.Aligner().align(voice, words, progress=lambda _: None, stop=threading.Event())
    assert found == [None] * 20
    # Of two beams with some 18 blocks each.
    assert 1 <= Endless.blocks <= 5
