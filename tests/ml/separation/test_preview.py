"""The preview engine's signal path: no joins, no dependence on chunks or threads, medians as scipy's."""

import numpy as np
import pytest
from scipy.ndimage import median_filter

from ml.separation.preview import Preview
from ml.separation.sorting import median_over_bins, median_over_frames
from tests.ml.signals import noise, song


class InMemory:
    """A `Mix` over an array, which it guards against change."""

    def __init__(self, samples):
        self._samples = samples
        samples.setflags(write=False)
        self.frames = len(samples)

    def read(self, start, frames):
        assert start >= 0
        assert start + frames <= self.frames
        return self._samples[start : start + frames]


def stems(samples, **options):
    return np.concatenate(list(Preview(**options).separate(InMemory(samples))), axis=1)


@pytest.mark.parametrize("frames_a_chunk", [1, 17, 100])
def test_the_chunk_length_changes_no_bit(frames_a_chunk):
    samples = song(3.0) if frames_a_chunk > 1 else song(0.4)
    np.testing.assert_array_equal(
        stems(samples, frames_a_chunk=frames_a_chunk), stems(samples, frames_a_chunk=10_000)
    )


def test_threads_change_no_bit_and_keep_the_order():
    samples = song(4.0)
    one = stems(samples, frames_a_chunk=20, workers=1)
    np.testing.assert_array_equal(one, stems(samples, frames_a_chunk=20, workers=4))


def test_the_stems_are_the_mix():
    samples = song(3.0)
    np.testing.assert_allclose(stems(samples).sum(axis=0), samples, atol=1e-6)


def test_scaling_the_mix_scales_the_stems():
    samples = song(2.0)
    np.testing.assert_allclose(stems(samples * np.float32(0.01)) * 100, stems(samples), atol=2e-3)


@pytest.mark.parametrize("frames", [1, 2, 1023, 1024, 1025, 4096, 4097])
def test_any_length(frames):
    made = stems(noise(frames))
    assert made.shape == (4, frames, 2)
    assert np.isfinite(made).all()


def test_dc_goes_to_the_bass():
    made = stems(np.full((100_000, 2), 0.5, np.float32))
    middle = np.abs(made[:, 40_000:60_000]).mean(axis=(1, 2))
    assert middle[1] > 0.49
    assert middle[[0, 2, 3]].max() < 0.01


def test_what_is_silent_stays_silent():
    samples = np.concatenate(
        (np.zeros((50_000, 2), np.float32), noise(20_000), np.zeros((200_000, 2), np.float32))
    )
    made = stems(samples, frames_a_chunk=16)
    assert np.abs(made[:, :40_000]).max() == 0
    assert np.abs(made[:, 100_000:]).max() < 1e-6


def test_a_voice_in_the_middle_is_taken_and_one_at_the_side_is_not():
    t = np.arange(4 * 44_100) / 44_100
    voice = (0.2 * np.sin(2 * np.pi * 400 * t + 30 * np.sin(2 * np.pi * 1.3 * t))).astype(np.float32)
    middle = stems(np.stack((voice, voice), axis=1))[3]
    side = stems(np.stack((voice, 0 * voice), axis=1))[3]
    assert np.sum(middle**2) > 0.5 * 2 * np.sum(voice**2)
    assert np.sum(side**2) < 0.01 * np.sum(voice**2)


@pytest.mark.parametrize("taps", [3, 9, 17, 31])
def test_medians_are_scipys(taps):
    rng = np.random.default_rng(taps)
    magnitudes = rng.random((60, 70)).astype(np.float32)
    np.testing.assert_array_equal(
        median_over_bins(magnitudes, taps), median_filter(magnitudes, (1, taps), mode="mirror")
    )
    expected = median_filter(magnitudes, (taps, 1))[taps // 2 : 60 - taps // 2]
    np.testing.assert_array_equal(median_over_frames(magnitudes, taps), expected)


def test_a_stepped_median_looks_at_every_nth_frame():
    magnitudes = np.random.default_rng(0).random((30, 5)).astype(np.float32)
    made = median_over_frames(magnitudes, 3, step=4)
    assert made.shape == (22, 5)
    np.testing.assert_array_equal(made[2], np.median(magnitudes[[2, 6, 10]], axis=0))
