"""The embedded model: its weights are proved, its stems are the mix, and it does separate."""

import csv
import json
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import ml
from ml.separation import ModelUnavailable, embedded, separate_file
from ml.separation.embedded import STEMS
from tests.ml.separation.filters import Song, estimate
from tests.ml.signals import noise, song, write_wav

DEMO = Path(__file__).parents[3] / "local/demo/song.mp3"


@pytest.fixture(scope="module")
def network() -> Any:
    loaded = embedded.load("f32").members[0].open()
    yield loaded
    loaded.close()


def run(network: Any, samples: Any) -> Any:
    """(frames, 2) → (4, 2, frames), of one segment filled up with silence."""
    heard = np.zeros((2, embedded.HEARD), np.float32)
    place = slice(first := (embedded.HEARD - embedded.SEGMENT) // 2, first + len(samples))
    heard[:, place] = samples.T
    return network.run(heard, threading.Event())[..., place]


def sdr(truth: Any, made: Any) -> float:
    return float(10 * np.log10(np.sum(truth**2) / np.sum((truth - made) ** 2)))


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(embedded.WEIGHTS, tmp_path / "weights"))


def test_the_weights_are_small_and_match_their_facts() -> None:
    separator = embedded.load("f32")
    assert separator.model == "preview" and separator.remainder == "other" and len(separator.sha256) == 64
    assert sum(path.stat().st_size for path in embedded.WEIGHTS.iterdir()) < 27_000_000


@pytest.mark.parametrize("name", ["embedded.xml", "embedded.bin", "spleeter.xml", "spleeter.bin"])
def test_weights_with_one_other_byte_are_refused(copied: Path, name: str) -> None:
    content = bytearray((copied / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / name).write_bytes(content)
    with pytest.raises(ModelUnavailable, match=f"{name} is damaged"):
        embedded.load("f32", copied, copied)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 1}', '{"version": 1, "sha256": {"embedded.xml": "0"}}']
)
def test_bad_facts_are_refused_in_a_sentence(copied: Path, text: str) -> None:
    (copied / embedded.FACTS).write_text(text)
    with pytest.raises(ModelUnavailable, match="Unplugd again"):
        embedded.load("f32", copied)


def test_missing_weights_are_refused_in_a_sentence(copied: Path) -> None:
    (copied / "embedded.bin").unlink()
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        embedded.load("f32", copied)


def test_another_precision_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match="f32 only"):
        embedded.load("bf16")


def test_the_same_samples_give_the_same_bits_after_any_run(network: Any) -> None:
    first = run(network, song(4.0))
    run(network, noise(200_000))
    np.testing.assert_array_equal(first, run(network, song(4.0)))


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(song(11.0), id="song"),
        pytest.param(noise(embedded.SEGMENT), id="a full segment"),
        pytest.param(song(3.0) * np.float32(1e-3), id="quiet"),
        pytest.param(np.sign(noise(50_000)), id="clipped"),
        pytest.param(np.full((50_000, 2), 0.5, np.float32), id="dc"),
        pytest.param(noise(1), id="1 sample"),
        pytest.param(song(2.0) * np.float32([0, 1]), id="one ear"),
    ],
)
def test_the_stems_are_the_mix(network: Any, samples: Any) -> None:
    stems = run(network, samples)
    assert np.isfinite(stems).all()
    np.testing.assert_allclose(stems.sum(axis=0), samples.T, atol=2e-6)


def test_silence_stays_silent(network: Any) -> None:
    assert not run(network, np.zeros((100_000, 2), np.float32)).any()


def test_a_stop_ends_it(network: Any) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(ml.Stopped):
        network.run(np.ones((2, embedded.HEARD), np.float32), stop)


def test_a_soft_song_is_separated_as_the_loud_one(tmp_path: Path) -> None:
    """At -40 dB too: networks hear a song at one level."""
    samples = song(4.0)
    preview = embedded.load("f32")
    loud = estimate(preview, Song(samples), tmp_path / "loud")
    soft = estimate(preview, Song(samples * np.float32(0.01)), tmp_path / "soft")
    np.testing.assert_allclose(soft * 100, loud, atol=1e-3)


def test_an_inverted_channel_changes_no_stem(tmp_path: Path) -> None:
    """L = -R is in mono nothing at all, but it is the song all the same."""
    samples = song(4.0)[:, :1].repeat(2, axis=1)
    preview, flip = embedded.load("f32"), np.float32([1, -1])
    upright = estimate(preview, Song(samples), tmp_path / "upright")
    inverted = estimate(preview, Song(samples * flip), tmp_path / "inverted")
    np.testing.assert_allclose(inverted * flip, upright, atol=1e-5)


def level_db(part: Any, whole: Any) -> float:
    return float(10 * np.log10(np.sum(part.astype(float) ** 2) / np.sum(whole.astype(float) ** 2)))


def test_the_voice_is_taken_where_it_sings_and_only_there(tmp_path: Path) -> None:
    mix = soundfile.read(DEMO, dtype="float32", always_2d=True)[0]
    vocals = estimate(embedded.load("f32"), Song(mix), tmp_path)[3]
    seconds = np.arange(len(mix)) / 44_100
    sung, near = np.zeros(len(mix), bool), np.zeros(len(mix), bool)
    for word in csv.DictReader((DEMO.parent / "words.csv").open()):
        start, end = float(word["start"]) + 0.025, float(word["end"]) + 0.025  # the MP3 encoder's delay
        sung |= (seconds > start) & (seconds < end)
        near |= (seconds > start - 0.3) & (seconds < end + 0.8)  # with its echo
    assert level_db(vocals[sung], mix[sung]) > -4
    assert level_db(vocals[~near], mix[~near]) < -30


def test_shares_of_all_ones_give_the_mix_back() -> None:
    samples = np.zeros((2, embedded.HEARD), np.float32)
    samples[:] = noise(embedded.HEARD).T
    spectra = embedded.forward(samples)
    share = embedded.spread(np.ones((embedded.FRAMES, 756), np.float32))
    np.testing.assert_allclose(embedded.inverse(share * spectra[0]), samples[0], atol=1e-6)


def groove() -> Any:
    """(3, frames, 2): noise bursts on the beat, a saw bass, plucked chords with harmonics."""
    rate, seconds = 44_100, 8
    t = np.arange(rate * seconds) / rate
    rng = np.random.default_rng(3)
    beat = t % 0.5
    kick = np.sin(2 * np.pi * (50 * beat + 6 * (1 - np.exp(-beat * 30)))) * np.exp(-beat * 12)
    snare = rng.standard_normal(len(t)) * np.exp(-((t + 0.5) % 1.0) * 18)
    hat = np.diff(rng.standard_normal(len(t) + 2), 2) * np.exp(-(t % 0.25) * 60) * 0.3
    root = np.array([41.2, 55.0, 49.0, 36.7])[(t // 2).astype(int) % 4]
    phase = 2 * np.pi * np.cumsum(root) / rate
    bass = sum(np.sin(k * phase) / k**1.5 for k in range(1, 8)) * np.exp(-(t % 0.5) * 2)
    chord = sum(np.sin(4 * ratio * k * phase) / k for ratio in (1, 1.25, 1.5) for k in range(1, 7)) * np.exp(
        -(t % 1.0) * 1.5
    )
    parts = [0.5 * kick + 0.12 * snare + 0.1 * hat, 0.2 * bass, 0.06 * chord]
    return np.stack([np.stack((part, part), 1) for part in parts]).astype(np.float32)


def test_it_separates_what_an_untrained_network_would_not(network: Any) -> None:
    truth = groove()
    stems = run(network, truth.sum(axis=0)).transpose(0, 2, 1)
    before = [sdr(part, truth.sum(axis=0) / 4) for part in truth]  # an untrained network's equal shares
    after = [sdr(part, stems[i]) for i, part in enumerate(truth)]
    gained = np.subtract(after, before)
    assert min(gained) > 0.5
    assert sum(gained) > 5
    assert np.sum(stems[3] ** 2) < 0.003 * np.sum(truth**2)  # no singing


@pytest.mark.parametrize("frames", [1, 2, 1000, 44_100])
def test_a_short_song_goes_through(tmp_path: Path, frames: int) -> None:
    source = write_wav(tmp_path / "song.wav", noise(frames))
    assert separate_file(source, tmp_path / "out", model="preview").frames == frames


def test_the_demo_song_goes_through_and_the_stems_are_its_mix(tmp_path: Path) -> None:
    result = separate_file(DEMO, tmp_path, model="preview")
    stems = [soundfile.read(tmp_path / f"{stem}.wav", dtype="int16")[0].astype(int) for stem in STEMS]
    mix = soundfile.read(DEMO, dtype="float32", always_2d=True)[0]
    frames = min(len(mix), result.frames)
    expected = mix[:frames] * result.gain * 32_768
    assert np.abs(sum(stems)[:frames] - expected).max() <= 2
    assert result.engine == "embedded" and json.loads((tmp_path / "peaks.json").read_text())
