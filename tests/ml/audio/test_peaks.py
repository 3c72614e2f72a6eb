"""Peaks: waveform-data's form, both channels, the last stretch included."""

import numpy as np

from ml.audio.checksum import sha256
from ml.audio.peaks import SAMPLES_PER_PEAK, PeakTaker, document


def taken(samples, step):
    taker = PeakTaker()
    for start in range(0, len(samples), step):
        taker.feed(samples[start : start + step])
    return taker.finish()


def test_pairs_are_min_and_max_of_both_channels_in_8_bits():
    samples = np.zeros((SAMPLES_PER_PEAK * 2 + 1, 2), np.int16)
    samples[3, 0], samples[9, 1] = 32_767, -32_768
    samples[-1, 1] = 256
    assert taken(samples, 10_000) == [-128, 127, 0, 0, 0, 1]


def test_how_it_is_fed_changes_nothing():
    samples = np.random.default_rng(0).integers(-30_000, 30_000, (10_000, 2)).astype(np.int16)
    whole = taken(samples, 10_000)
    assert len(whole) == 2 * 10
    assert all(taken(samples, step) == whole for step in (1000, 1024, 4097))


def test_one_bit_of_noise_is_silence_and_nothing_is_nothing():
    assert taken(np.full((10, 2), -1, np.int16), 10) == [0, 0]
    assert taken(np.zeros((0, 2), np.int16), 10) == []


def test_the_document():
    made = document({"bass": [0, 1]})
    assert made == {
        "version": 1,
        "sampleRate": 44_100,
        "samplesPerPeak": SAMPLES_PER_PEAK,
        "stems": {"bass": [0, 1]},
    }


def test_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
