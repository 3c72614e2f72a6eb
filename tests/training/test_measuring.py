"""The songs that ml.analysis is fitted on, and the fit itself."""

from typing import Any

import numpy as np
import pytest

from training import measuring, plain, truth
from training.drums import pattern
from training.song import Song


@pytest.mark.parametrize("meter", [4, 3])
def test_a_song_knows_its_bars(meter: int) -> None:
    song = Song(np.random.default_rng(1), 20.0, meter=meter)
    known = truth.of_song(song, None)
    assert known["meter"] == meter
    assert known["downbeats"] == known["beats"][::meter]
    bar = meter * 60 / song.bpm
    assert np.diff(known["downbeats"]) == pytest.approx(bar)
    assert [one["start"] for one in known["chords"]] == pytest.approx(known["downbeats"])
    assert max(start for start, *_ in song.bass()) < song.bars * bar
    hits = pattern(song, np.random.default_rng(2))
    kicks = np.array([at for at, drum, _ in hits if drum == "kick"])
    assert all(np.abs(kicks - at).min() < 0.05 for at in known["downbeats"][:3])


def test_the_songs_of_a_seed_stay_the_same() -> None:
    """The weights of the separator were trained on songs from before there were waltzes: these figures are theirs."""
    rng = np.random.default_rng([7, 0])
    song = Song(rng, 24.0)
    bass, harmony, hits, melody = song.bass(), song.harmony(), pattern(song, rng), song.melody(4)
    assert (song.key, song.bars, len(bass), len(harmony), len(hits), len(melody)) == (9, 14, 107, 42, 272, 51)
    notes = bass + harmony + melody
    assert sum(pitch for _, _, pitch, _ in notes) == 11_730
    assert sum(start for start, *_ in notes) + sum(at for at, *_ in hits) == pytest.approx(5714.201, abs=0.01)


@pytest.mark.parametrize("meter", [4, 3])
def test_a_plain_song_has_a_reading_that_is_right(meter: int) -> None:
    song, stems = plain.stems(0, 16.0, meter)
    assert set(stems) == {"drums", "bass", "other"}
    assert all(np.isfinite(sound).all() and len(sound) == 16 * plain.RATE for sound in stems.values())
    assert song.meter == meter


def test_the_worth_of_each_reading_is_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "SECONDS", 16.0)
    song = measuring.cues(0, 3)
    (four, three), right = measuring.bar_example(song)
    assert right.sum() == pytest.approx(1)
    assert len(right) == len(four) + len(three) == len(song["worth"])
    assert int(np.argmax(right)) >= len(four)  # a waltz
    assert song["worth"].max() > 1.9


def test_the_times_of_two_rows_are_matched_one_to_one() -> None:
    assert measuring.near([1.0, 2.0, 3.0], np.array([1.05, 2.0, 3.2])) == pytest.approx(2 / 3)
    assert measuring.near([], np.zeros(0)) == 0


def test_the_fit_finds_the_cue_that_tells_the_right_reading() -> None:
    rng = np.random.default_rng(0)
    examples: list[Any] = []
    for _ in range(40):
        cues = [np.concatenate((rng.normal(size=(n, 3)), np.ones((n, 1))), 1) for n in (6, 4)]
        right = np.zeros(10)
        right[int(np.argmax(np.concatenate((cues[0][:, 1], cues[1][:, 1]))))] = 1
        examples.append((cues, right))
    said: list[str] = []
    for weights in measuring.best_fit(examples, "toy", said.append):
        assert weights[1] > 3 * np.abs(weights[[0, 2]]).max()
    assert len(said) == 2
    likely, share, _ = measuring.left_out(examples, 0.01)
    assert share > 0.8
    assert likely < 0
