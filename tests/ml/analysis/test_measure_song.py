"""Every measure on a song that is known, on songs that are odd, and when one of them fails."""

import itertools
import json
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from ml import Stopped
from ml.analysis import MEASURES, VERSION, measure_song
from tests.ml.analysis.songs import A_MINOR, D_MINOR, C, Chord, E, F, G, beat_times, play
from tests.ml.signals import RATE, noise, write_encoded, write_wav

BPM = 112.0
BARS = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return play(tmp_path_factory.mktemp("song") / "s", beat_times(BPM, BARS))


@pytest.fixture(scope="module")
def measured(folder: Path) -> dict[str, Any]:
    return measure_song(folder, folder / "mix.wav")


def test_all_measures_are_there_and_are_json(measured: dict[str, Any]) -> None:
    assert measured["version"] == VERSION
    assert set(measured) == {"version", *MEASURES}
    assert json.loads(json.dumps(measured, allow_nan=False)) == measured


def test_the_tempo_and_the_beats_are_right(measured: dict[str, Any]) -> None:
    beats = measured["beats"]
    (anchor,) = beats["anchors"]
    assert anchor["bpm"] == pytest.approx(BPM, rel=0.002)
    truth = np.array(beat_times(BPM, BARS))
    assert np.abs(truth - anchor["t"]).min() < 0.015
    assert beats["candidates"] == [pytest.approx(BPM * f, rel=0.002) for f in (0.5, 1, 2)]
    assert beats["meter"] == 4
    assert beats["confidence"] > 0.5


def test_bars_begin_where_harmony_changes(measured: dict[str, Any]) -> None:
    downbeats = np.array(measured["beats"]["downbeats"])
    for bar in beat_times(BPM, BARS)[::4]:
        assert np.abs(downbeats - bar).min() < 0.03


def test_the_key_has_a_name_and_a_camelot_place(measured: dict[str, Any]) -> None:
    key = measured["key"]
    assert (key["tonic"], key["mode"], key["camelot"]) == ("A", "minor", "8A")
    assert key["second"] in {"C major", "F major", "D minor"}
    assert 0 < key["confidence"] <= 1


@pytest.mark.parametrize(
    ("chords", "name"),
    [
        ((C, A_MINOR, F, G), "C major"),
        ((A_MINOR, D_MINOR, E, A_MINOR), "A minor"),
        ((C, G, F, C), "C major"),
    ],
)
def test_relative_keys_are_told_apart(chords: tuple[Chord, ...], name: str, tmp_path: Path) -> None:
    key = measure_song(play(tmp_path / "s", beat_times(BPM, 8), chords), measures=["key"])["key"]
    assert f"{key['tonic']} {key['mode']}" == name


def test_a_waltz_has_three_beats_a_bar(tmp_path: Path) -> None:
    times = beat_times(BPM, 15)
    got = measure_song(play(tmp_path / "s", times, meter=3), measures=["beats"])["beats"]
    assert got["meter"] == 3
    assert got["candidates"][1] == pytest.approx(BPM, rel=0.002)
    downbeats = np.array(got["downbeats"])
    for bar in times[::3]:
        assert np.abs(downbeats - bar).min() < 0.03


def test_the_chords_change_with_the_bars(measured: dict[str, Any]) -> None:
    labels = [chord["label"] for chord in measured["chords"] if chord["end"] - chord["start"] > 1]
    assert labels[:8] == ["A:min", "F:maj", "C:maj", "G:maj"] * 2
    ends = [chord["end"] for chord in measured["chords"]]
    assert [chord["start"] for chord in measured["chords"]] == [0.0, *ends[:-1]]


def test_sections_cover_the_song(measured: dict[str, Any]) -> None:
    sections = measured["sections"]
    assert sections[0]["start"] == 0.0
    assert sections[-1]["end"] == pytest.approx(beat_times(BPM, BARS)[-1] + 1.5, abs=0.1)
    assert all(a["end"] == b["start"] for a, b in itertools.pairwise(sections))


def test_the_melody_has_the_sung_notes(measured: dict[str, Any]) -> None:
    melody = measured["melody"]
    long = [note["midi"] for note in melody["notes"] if note["end"] - note["start"] > 0.5]
    assert long == [69, 72] * (BARS // 2)
    assert all(abs(note["cents"]) < 30 for note in melody["notes"])
    assert len(melody["curve"]["midi"]) * melody["curve"]["step"] == pytest.approx(27, abs=1.5)


@pytest.mark.parametrize("name", MEASURES)
def test_each_measure_can_be_asked_alone(name: str, folder: Path, measured: dict[str, Any]) -> None:
    assert measure_song(folder, folder / "mix.wav", measures=[name]) == {
        "version": VERSION, name: measured[name],
    }  # fmt: skip


def test_one_that_fails_leaves_the_rest(folder: Path, tmp_path: Path, measured: dict[str, Any]) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF no sound")
    stems = {name: folder / f"{name}.wav" for name in ("drums", "bass", "other")}
    warned: list[str] = []
    got = measure_song({**stems, "vocals": tmp_path / "bad.wav"}, folder / "mix.wav", warn=warned.append)
    assert set(got["melody"]) == {"error"}
    assert len(warned) == 1
    assert warned[0].startswith("melody")
    for name in set(MEASURES) - {"melody"}:
        assert got[name] == measured[name]


def test_a_song_without_stems_is_measured_from_its_mix(folder: Path) -> None:
    got = measure_song({}, folder / "mix.wav")
    assert got["beats"]["anchors"][0]["bpm"] == pytest.approx(BPM, rel=0.01)
    assert set(got["melody"]) == {"error"}


def test_flac_and_mp3_stems_give_the_same(folder: Path, tmp_path: Path) -> None:
    import soundfile

    for name, codec in (("drums", "flac"), ("bass", "libmp3lame"), ("other", "libmp3lame")):
        sound = soundfile.read(folder / f"{name}.wav", dtype="float32", always_2d=True)[0]
        path = tmp_path / f"{name}.{'flac' if codec == 'flac' else 'mp3'}"
        if codec == "flac":
            soundfile.write(path, sound, RATE)
        else:
            write_encoded(path, sound, codec)
    got = measure_song(tmp_path, measures=["beats", "key"])
    assert got["beats"]["anchors"][0]["bpm"] == pytest.approx(BPM, rel=0.003)
    assert got["key"]["tonic"] in ("A", "C")


ODD = {
    "silence": np.zeros((10 * RATE, 2), np.float32),
    "two seconds": noise(2 * RATE),
    "a tenth of a second": noise(RATE // 10),
    "noise": noise(12 * RATE),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_sound_has_low_confidence_and_no_error(name: str, tmp_path: Path) -> None:
    mono = ODD[name][:, :1]
    stems = {s: write_wav(tmp_path / f"{s}.wav", mono) for s in ("drums", "bass", "other", "vocals")}
    got = measure_song(stems, write_wav(tmp_path / "mix.wav", mono))
    assert not [m for m in MEASURES if "error" in got[m]], got
    assert got["beats"]["confidence"] <= 0.35
    assert got["key"]["confidence"] <= 0.35
    json.dumps(got, allow_nan=False)


def test_silence_has_neither_beats_nor_loudness(tmp_path: Path) -> None:
    got = measure_song({}, write_wav(tmp_path / "mix.wav", ODD["silence"]))
    assert got["beats"]["anchors"] == []
    assert got["key"]["tonic"] is None
    assert got["loudness"] == {"integrated": None, "range": 0.0, "truePeak": None}


def test_a_tempo_that_drifts_gets_several_anchors(tmp_path: Path) -> None:
    times = [0.5]
    for beat in range(4 * 16):
        times.append(times[-1] + 60 / (100 + 0.4 * beat))
    got = measure_song(play(tmp_path / "s", times), measures=["beats"])["beats"]
    assert len(got["anchors"]) > 1
    assert got["anchors"][-1]["bpm"] > got["anchors"][0]["bpm"] + 10


def test_the_loudness_is_that_of_a_known_tone(tmp_path: Path) -> None:
    t = np.arange(20 * RATE) / RATE
    tone = (10 ** (-23 / 20) * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)  # EBU 3341, case 1
    path = write_wav(tmp_path / "mix.wav", np.stack((tone, tone), 1))
    got = measure_song({}, path, measures=["loudness"])["loudness"]
    assert got["integrated"] == pytest.approx(-23.0, abs=0.1)
    assert got["range"] == pytest.approx(0, abs=0.1)
    assert got["truePeak"] == pytest.approx(-23.0, abs=0.1)


def test_stopping_and_wrong_questions_raise(folder: Path, tmp_path: Path) -> None:
    stop = Event()
    stop.set()
    with pytest.raises(Stopped):
        measure_song(folder, stop=stop)
    with pytest.raises(ValueError, match="unknown measure: mood"):
        measure_song(folder, measures=["mood"])
    with pytest.raises(ValueError, match="neither stems nor a mix"):
        measure_song(tmp_path)
