"""The pitch of a voice: the network in NumPy hears what OpenVINO hears, and the curve is what was sung."""

from __future__ import annotations

import numpy as np
import pytest

from ml.analysis import melody
from singing import network, tracking

SECONDS = 12


def voice(midi: np.ndarray, *, seed: int = 0) -> network.Floats:
    """A harmonic sound at this pitch of each sample, with a little noise; NaN is a rest."""
    rest = np.isnan(midi)
    hz = 440 * 2 ** ((np.where(rest, 60, midi) - 69) / 12)
    phase = 2 * np.pi * np.cumsum(hz) / network.RATE
    made = sum(np.sin(part * phase) / part for part in range(1, 8))
    noise = np.random.default_rng(seed).normal(0, 0.002, len(midi))
    return (0.15 * np.where(rest, 0, made) + noise).astype(np.float32)


@pytest.fixture(scope="module")
def line() -> np.ndarray:
    """Notes of a second with vibrato, from G2 to C6, and a rest after each third."""
    at = np.arange(SECONDS * network.RATE) / network.RATE
    notes = np.array([43, 55, np.nan, 60, 64, np.nan, 67, 72, np.nan, 76, 84, np.nan])
    return notes[at.astype(int)] + 0.3 * np.sin(2 * np.pi * 5 * at)


@pytest.fixture(scope="module")
def sound(line: np.ndarray) -> network.Floats:
    return voice(line)


def test_numpy_hears_what_openvino_hears(sound: network.Floats) -> None:
    hz, sure = network.pitch(sound)
    expected_hz, expected_sure = melody._hear(sound)
    assert np.abs(1200 * np.log2(hz / expected_hz)).max() < 0.1
    assert np.abs(sure - expected_sure).max() < 1e-4


def test_the_curve_is_what_was_sung(line: np.ndarray, sound: network.Floats) -> None:
    midi, sung = tracking.track(sound)
    centres = np.arange(len(midi)) * network.HOP
    true = line[centres]
    inside = np.abs(centres % network.RATE - network.RATE / 2) < network.RATE * 0.4  # not where notes change
    assert np.array_equal(sung[inside], ~np.isnan(true[inside]))
    assert np.abs(midi - true)[inside & sung].max() < 0.3


def test_windows_do_not_change_what_is_heard(sound: network.Floats) -> None:
    whole, sung = tracking.track(sound, window=10_000)
    pieces, sung_in_pieces = tracking.track(sound, window=97)
    assert np.array_equal(sung, sung_in_pieces)
    assert np.abs(whole - pieces)[sung].max() < 1e-3


@pytest.mark.parametrize("samples", [0, 1, 255, 256, 700])
def test_the_shortest_sounds_have_a_curve(samples: int) -> None:
    midi, sung = tracking.track(np.zeros(samples, np.float32))
    assert len(midi) == samples // network.HOP
    assert not sung.any()
    assert tracking.curve(midi, sung) == [None] * len(midi)


def test_silence_is_no_singing() -> None:
    _, sung = tracking.track(np.full(network.RATE, 5e-4, np.float32))
    assert not sung.any()
