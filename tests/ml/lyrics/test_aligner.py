"""The forced aligner, on the demo song: whose words and true times are known."""

from __future__ import annotations

import csv
import sys
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from scipy.signal import istft, stft

from ml import Stopped
from ml.lyrics import read_tag_lyrics, write_lyrics
from ml.lyrics.aligner import Aligner, voiced
from ml.lyrics.hearing import HEARING_RATE, listen
from ml.lyrics.known import from_layer, from_text
from ml.lyrics.pronounce import by_rules, phones_of, spelled
from ml.lyrics.timing import complete, judge, segments, without_strays

DEMO = Path(__file__).parents[3] / "local" / "demo"


@pytest.fixture(scope="module")
def vocals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is in the middle of the demo song: its voice, with some of the drums and bass."""
    mix, rate = soundfile.read(DEMO / "song.mp3", always_2d=True)
    hertz, _, (left, right) = stft(mix.T, rate, nperseg=2048)
    middle, side = (left + right) / 2, (left - right) / 2
    mask = (
        np.clip(1 - np.abs(side) / (np.abs(middle) + 1e-9), 0, 1) * ((hertz > 200) & (hertz < 6000))[:, None]
    )
    _, voice = istft(middle * mask, rate, nperseg=2048)
    path = tmp_path_factory.mktemp("demo") / "vocals.wav"
    soundfile.write(path, voice[: len(mix)], rate, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def text() -> str:
    found = read_tag_lyrics(DEMO / "song.mp3")
    assert found
    return found


@pytest.fixture(scope="module")
def truth() -> list[float]:
    with (DEMO / "words.csv").open() as file:
        return [float(row["start"]) for row in csv.DictReader(file)]


def words(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [word for segment in document["segments"] for word in segment["words"]]


def test_the_demo_songs_words_are_aligned_alike_each_time(
    vocals: Path, text: str, truth: list[float]
) -> None:
    seen: list[float] = []
    document = write_lyrics(vocals, text=text, model="embedded", progress=seen.append)
    errors = np.abs([word["start"] for word in words(document)] - np.array(truth))
    assert np.median(errors) <= 0.05
    assert np.mean(errors <= 0.3) >= 0.9
    assert not document["estimated"] and "notice" not in document
    assert not any(word["estimated"] or "flags" in word for word in words(document))
    assert all(a["end"] <= b["start"] for a, b in pairwise(words(document)))
    assert seen == sorted(seen) and seen[-1] == 1.0
    assert write_lyrics(vocals, text=text, model="embedded") == document


def test_line_times_hold_and_an_unsung_line_is_estimated(vocals: Path, truth: list[float]) -> None:
    lrc = "[00:03.1]Morning in a quiet room\n[00:06.4]I sing the line again\n[00:28.5]these were never sung\n"
    document = write_lyrics(vocals, text=lrc + "[00:31.9]Sing it loud one more time", model="embedded")
    first, second, third, last = document["segments"]
    for segment, start in ((first, truth[0]), (second, truth[5]), (last, 31.906)):
        assert segment["start"] == pytest.approx(start, abs=0.3)
    assert 27.0 <= third["start"] < third["end"] <= 31.95
    assert all(a["end"] <= b["start"] for a, b in pairwise(words(document)))


def test_words_drawn_to_the_next_line_return_to_their_own() -> None:
    lines = from_text("and I sing\nuntil the end").lines
    found = [(0.0, 0.5), (0.5, 0.9), (0.9, 1.2), (1.3, 1.5), (6.0, 6.2), (6.2, 7.0)]
    assert without_strays(lines, found) == [*found[:3], None, *found[4:]]
    times = complete(lines, without_strays(lines, found), [(0.0, 8.0)], 8.0)
    assert (times[3].start, times[3].end, times[3].estimated) == (5.6, 6.0, True)
    # A pause inside a line that no other line is near to is a pause.
    apart = [(0.0, 0.5), (2.0, 2.4), (2.4, 3.0), (5.0, 5.2), (5.2, 5.5), (5.5, 6.0)]
    assert without_strays(lines, apart) == apart


def test_a_line_sung_impossibly_fast_was_not_found() -> None:
    lines = from_text("sing it louder\none more time").lines
    found = [(1.0, 1.05), (1.05, 1.1), (1.1, 1.2), (2.0, 2.5), (2.5, 3.0), (3.0, 3.5)]
    assert judge(lines, found) == [None, None, None, *found[3:]]


def test_word_times_of_a_person_are_kept_as_they_are(vocals: Path) -> None:
    segment = {
        "text": "we know, better",
        "words": [
            {"word": "we know,", "start": 1.0, "end": 2.0},
            {"word": "better", "start": 2.5, "end": 3.25},
        ],
    }
    known = from_layer({"textVersion": 7, "segments": [segment]})
    timed = words(write_lyrics(vocals, text=known, model="embedded"))
    # Seven letters in one second, of which the first word has two.
    assert [(w["word"], w["start"], w["end"]) for w in timed] == [
        ("we", 1.0, 1.286), ("know,", 1.286, 2.0), ("better", 2.5, 3.25),
    ]  # fmt: skip
    assert not any(word["estimated"] for word in timed)


@pytest.mark.parametrize(
    ("words", "language", "notice"),
    [
        ("la tristeza es muy extraña\nse alimenta de la belleza", None, "knows English only"),
        ("I sing the line again\nuntil the words are mine", "es", "knows English only"),
        ("שלום לך עולם\nשלום לך", "he", "knows English only"),
        ("我爱你 再见再见\n我爱你 再见我爱你", None, "knows English only"),
        ("sing it loud " * 7_000, "en", "could not be found"),
    ],
)
def test_what_it_cannot_align_is_estimated_with_a_notice(
    vocals: Path, words: str, language: str | None, notice: str
) -> None:
    document = write_lyrics(vocals, text=words, model="embedded", language=language)
    assert document["estimated"] and notice in document["notice"]
    kept = "".join("".join(s["text"].split()) for s in document["segments"])
    assert kept == "".join(words.split())
    assert all(segment["estimated"] for segment in document["segments"])


def test_without_pocketsphinx_the_words_are_estimated(
    vocals: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.lyrics.aligner.find_spec", lambda _name: None)
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    assert "not installed" in write_lyrics(vocals, text=text, model="embedded")["notice"]


def test_a_stop_is_seen_in_the_middle(vocals: Path, text: str) -> None:
    stop = threading.Event()
    samples = listen(vocals, progress=lambda _: None, stop=stop)
    with pytest.raises(Stopped):
        Aligner().align(samples, text.split(), progress=lambda _: stop.set(), stop=stop)


def test_voiced_is_what_is_louder_than_the_music() -> None:
    t = np.arange(12 * HEARING_RATE) / HEARING_RATE
    random = np.random.default_rng(0)
    music = 0.05 * random.standard_normal(len(t)) + 0.5 * np.sin(2 * np.pi * 50 * t)
    voice = 0.4 * np.sin(2 * np.pi * 440 * t) * ((t > 3) & (t < 5) | (t > 8) & (t < 9))
    spans = voiced((music + voice).astype(np.float32))
    assert spans == [pytest.approx((2.8, 5.2), abs=0.1), pytest.approx((7.8, 9.2), abs=0.1)]
    assert voiced(np.zeros(100, np.float32)) == []


def test_words_that_no_dictionary_has_are_spoken_by_rules() -> None:
    assert spelled("“Don’t,") == "don't"
    assert spelled("1999") == spelled("我") == ""
    assert by_rules("shining") == "SH IH N IH NG"
    assert by_rules("looooove") == by_rules("love")
    assert phones_of("movin", {"moving": "M UW V IH NG"}.get) == "M UW V IH NG"
    assert phones_of("zzxqy", lambda _word: None)
    assert phones_of("'", lambda _word: None) is None


def test_lrc_in_a_tag_says_when_lines_start_and_end() -> None:
    known = from_text("[00:40]back\n[00:10.5][00:30:25]chorus\n[00:12]\n[offset:+500]\n<00:31.00>plain")
    assert [(k.line.text, k.start, k.end) for k in known.lines] == [
        ("chorus", 10.0, 11.5), ("chorus", 29.75, None), ("plain", 30.5, None), ("back", 39.5, None),
    ]  # fmt: skip
    known = from_text("[00:30]two\n[00:10][00:20]one\n[00:12]")
    assert [(k.line.text, k.start, k.end) for k in known.lines] == [
        ("one", 10.0, 12.0), ("one", 20.0, None), ("two", 30.0, None),
    ]  # fmt: skip


def test_blank_lines_and_credits_keep_an_lrc_in_sung_order() -> None:
    text = (
        "written by somebody\n\n[00:10.00][01:10.00]chorus\n\n[00:20.00]verse one\n[00:25.00]goes on\nin two lines\n\n"
        "[01:20.00]the end\nLyrics from somewhere\n"
    )
    assert [(k.line.text, k.start) for k in from_text(text).lines] == [
        ("written by somebody", None), ("chorus", 10.0), ("verse one", 20.0), ("goes on", 25.0),
        ("in two lines", None), ("chorus", 70.0), ("the end", 80.0), ("Lyrics from somewhere", None),
    ]  # fmt: skip
    # Text without any times stays as it is.
    plain = from_text("two\n\none\n\ntwo")
    assert [(k.line.text, k.start) for k in plain.lines] == [("two", None), ("one", None), ("two", None)]


def test_a_chorus_written_once_does_not_delay_the_verses() -> None:
    lines = from_text("[00:10.00][01:10.00]chorus\n\n[00:20.00]verse one\n[00:25.00]goes on").lines
    times = complete(lines, [None] * sum(len(k.line.units) for k in lines), [(0.0, 90.0)], 90.0)
    starts = [segment["start"] for segment in segments(lines, times)]
    assert starts == [10.0, 20.0, 25.0, 70.0]


@pytest.mark.parametrize("language", ["eng", "en-GB", "ENG_us"])
def test_english_by_any_of_its_codes_is_aligned(vocals: Path, language: str) -> None:
    text = "Morning in a quiet room\nI sing the line again"
    document = write_lyrics(vocals, text=text, model="embedded", language=language)
    assert not document["estimated"] and "notice" not in document


def test_a_stem_of_silence_gets_a_persons_one_line(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "v.wav", np.zeros((32_000, 2)), 16_000)
    known = from_layer({"textVersion": 1, "segments": [{"text": "Oh"}]})
    document = write_lyrics(tmp_path / "v.wav", text=known, model="embedded")
    assert words(document)[0]["word"] == "Oh"
    assert "nothing is sung" in document["notice"]
    assert words(document)[0]["flags"] == ["silence"]
